using System.Buffers;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Sparse-RS (Croce, Andriushchenko, Singh, Flammarion, Hein: "Sparse-RS: a versatile framework for query-efficient sparse black-box adversarial attacks", AAAI 2022), ℓ0. k random pixels get a
/// random corner of the color cube. A step gives some of them back and takes as many others, with new colors, and keeps what lowers the margin. The share of exchanged pixels starts at 0.3
/// and falls by the published schedule, scaled to the number of steps.
/// </summary>
/// <remarks>One query a step, the first for the start. State: the loss of θ, and all pixels, the k changed ones first.</remarks>
internal sealed class SparseRsAttack() : AttackMethod("sparse-rs")
{
    private const double FirstShare = 0.3;
    private const int MostDraws = 100;

    // Streams of a step.
    private const ulong Out = 1;
    private const ulong In = 2;
    private const ulong Colors = 3;

    // From which of 10,000 steps the first share is divided by what.
    private static readonly (int After, int Divisor)[] Schedule = [(0, 2), (50, 4), (200, 5), (500, 6), (1000, 8), (2000, 10), (4000, 12), (6000, 15), (8000, 20)];

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: not null };

    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(LossLength + dimension);

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        AttackObjective attacked = Attacked(step);
        int changed = attacked.Settings.Pixels!.Value;
        Span<int> pixels = Pixels(attacked.Shape, state);
        theta.CopyTo(directions);
        if (step.Number == 1)
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = i;
            }

            CounterRandom.Shuffle(step.Key.Derive(Out), pixels);
            for (int i = 0; i < changed; i++)
            {
                Paint(step.Key.Derive(Colors).Derive((ulong)i), attacked, pixels[i], directions, mustDiffer: false);
            }

            return;
        }

        int[] rented = Exchange(step, changed, pixels.Length, out int count);
        for (int i = 0; i < count; i++)
        {
            for (int at = pixels[rented[i]]; at < directions.Length; at += pixels.Length)
            {
                directions[at] = 0;
            }
        }

        for (int i = 0; i < count; i++)
        {
            Paint(step.Key.Derive(Colors).Derive((ulong)i), attacked, pixels[rented[count + i]], directions, mustDiffer: count == 1);
        }

        ArrayPool<int>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        if (!TakeIfBetter(step, directions, answers[0].Loss, theta, state) || step.Number == 1)
        {
            return;
        }

        AttackObjective attacked = Attacked(step);
        Span<int> pixels = Pixels(attacked.Shape, state);
        int[] rented = Exchange(step, attacked.Settings.Pixels!.Value, pixels.Length, out int count);
        for (int i = 0; i < count; i++)
        {
            (pixels[rented[i]], pixels[rented[count + i]]) = (pixels[rented[count + i]], pixels[rented[i]]);
        }

        ArrayPool<int>.Shared.Return(rented);
    }

    /// <summary>The pixels that a step exchanges, from the number of steps before and that of all steps.</summary>
    internal static int Exchanged(int changed, int done, int steps)
    {
        int scaled = (int)((double)done / steps * 10_000), divisor = 1;
        foreach ((int after, int by) in Schedule)
        {
            divisor = scaled > after ? by : divisor;
        }

        return Math.Max((int)(FirstShare / divisor * changed), 1);
    }

    // The places in the list of pixels that are given back, then those that are taken. The array is rented.
    private static int[] Exchange(in OptimizerStep step, int changed, int pixels, out int count)
    {
        count = Math.Min(Exchanged(changed, step.Number - 1, step.Horizon), pixels - changed);
        int[] places = ArrayPool<int>.Shared.Rent(Math.Max(1, 2 * count));
        CounterRandom.Sample(step.Key.Derive(Out), changed, places.AsSpan(0, count));
        CounterRandom.Sample(step.Key.Derive(In), pixels - changed, places.AsSpan(count, count));
        for (int i = count; i < 2 * count; i++)
        {
            places[i] += changed;
        }

        return places;
    }

    private static void Paint(RandomKey key, AttackObjective attacked, int pixel, Span<float> change, bool mustDiffer)
    {
        int positions = change.Length / attacked.Shape.Channels;
        bool differs = false;
        for (int draw = 0; draw < MostDraws && !differs; draw++)
        {
            for (int c = 0; c < attacked.Shape.Channels; c++)
            {
                int at = (c * positions) + pixel;
                float color = Sign(key.Derive((ulong)((draw * attacked.Shape.Channels) + c))) > 0 ? 1 : 0;
                change[at] = color - attacked.Image[at];
                differs |= !mustDiffer || change[at] != 0;
            }
        }
    }

    private static Span<int> Pixels(ImageShape shape, Span<float> state) => MemoryMarshal.Cast<float, int>(state.Slice(LossLength, shape.Height * shape.Width));
}
