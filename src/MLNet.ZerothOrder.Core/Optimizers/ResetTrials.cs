using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Points that an attack in ℓ1 asks besides its directions once it has succeeded: some changed pixels go back to x0, and a proximal step (<see cref="ProximalStep"/>)
/// of the others makes up for them. A linear model cannot tell whether that pays, one query can. They are written as directions (x − θ)/μ.
/// </summary>
internal static class ResetTrials
{
    /// <summary>The first step with trials. Before, directions are worth more.</summary>
    public const int FirstStep = 9;

    private const int DirectionsPerTrial = 4;
    private const int Tile = 256;
    private const ulong Stream = 0x7265736574;

    // A point is rounded when it becomes a direction. Changes below this share of the box's width are none.
    private const float Rounding = 1e-6f;

    // The share of the changed pixels that a trial resets, in turn; 0 for one pixel.
    private static ReadOnlySpan<float> Shares => [0, 0, 0.1f, 0.2f, 0.4f];

    /// <summary>Whether an attack minimizes the ℓ1 norm, so that the number of changed pixels counts.</summary>
    public static bool Applies(in OptimizerStep step) => step.Objective.Known is { Norm: DistortionNorm.L1, Weight: > 0, Floor: > double.NegativeInfinity };

    /// <summary>The number of trials, the last rows of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="directions">q.</param>
    /// <param name="wasSolved">Whether some query has solved the problem.</param>
    public static int Count(in OptimizerStep step, int directions, bool wasSolved) =>
        wasSolved && step.Number >= FirstStep && Applies(step) ? directions / DirectionsPerTrial : 0;

    /// <summary>Writes the trials.</summary>
    /// <param name="step">The step.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="queried">The expected m at θ.</param>
    /// <param name="margin">How far below the floor the steps aim.</param>
    /// <param name="gradient">The estimate of m's gradient, d floats.</param>
    /// <param name="rate">η of every coordinate.</param>
    /// <param name="rows">Receives the trials, rows of d floats.</param>
    public static void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, double queried, double margin, ReadOnlySpan<float> gradient, float rate, Span<float> rows)
    {
        int d = theta.Length;
        KnownTerm known = step.Objective.Known!;
        float[] rented = ArrayPool<float>.Shared.Rent(3 * d);
        Span<float> point = rented.AsSpan(0, d), rates = rented.AsSpan(d, d), drawn = rented.AsSpan(2 * d, d);
        for (int trial = 0; trial * d < rows.Length; trial++)
        {
            RandomKey key = step.Key.Derive(Stream).Derive((ulong)trial);
            theta.CopyTo(point);
            rates.Fill(rate);
            float share = Shares[trial % Shares.Length];
            if (share > 0)
            {
                CounterRandom.Uniforms(key, drawn);
                Reset(drawn, share, known.Center.Span, point, rates);
            }
            else
            {
                ResetOne(key, known.Center.Span, point, rates);
            }

            // What the model says of the pixels' return.
            TensorPrimitives.Subtract(point, theta, drawn);
            double moved = queried + SimdKernels.Dot(gradient, drawn);
            ProximalStep.Apply(known, moved + margin, gradient, rates, point);
            Span<float> row = rows.Slice(trial * d, d);
            TensorPrimitives.Subtract(point, theta, row);
            TensorPrimitives.Multiply(row, 1 / step.Smoothing, row);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Moves θ to the best trial if its loss is lower than that of θ.</summary>
    /// <param name="step">The step.</param>
    /// <param name="rows">The trials.</param>
    /// <param name="answers">θ's answer, then those of the directions and of the trials.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <returns>m at the new θ.</returns>
    public static double Accept(in OptimizerStep step, ReadOnlySpan<float> rows, ReadOnlySpan<Evaluation> answers, Span<float> theta)
    {
        int d = theta.Length;
        int first = answers.Length - (rows.Length / d);
        int best = 0;
        for (int i = first; i < answers.Length; i++)
        {
            best = answers[i].Loss < answers[best].Loss ? i : best;
        }

        if (best > 0)
        {
            KnownTerm known = step.Objective.Known!;
            ReadOnlySpan<float> center = known.Center.Span;
            SimdKernels.ScaledAdd(theta, step.Smoothing, rows.Slice((best - first) * d, d), theta);
            SimdKernels.Clip(theta, known.Lower.Span, known.Upper.Span, theta);
            for (int i = 0; i < d; i++)
            {
                theta[i] = Math.Abs(theta[i] - center[i]) <= Rounding * (known.Upper.Span[i] - known.Lower.Span[i]) ? center[i] : theta[i];
            }
        }

        return answers[best].Queried;
    }

    /// <summary>Returns the changed pixels whose number is below a share to x0.</summary>
    /// <param name="drawn">A number in [0, 1) for each pixel, d floats.</param>
    /// <param name="share">The share.</param>
    /// <param name="center">x0, d floats.</param>
    /// <param name="point">The pixels, d floats.</param>
    /// <param name="rates">η, d floats; set to 0 where a pixel returned, so that it stays.</param>
    public static void Reset(ReadOnlySpan<float> drawn, float share, ReadOnlySpan<float> center, Span<float> point, Span<float> rates)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= point.Length; i += Vector<float>.Count)
        {
            Vector<float> here = new(point[i..]), original = new(center[i..]);
            Vector<int> returns = Vector.AndNot(Vector.LessThan(new Vector<float>(drawn[i..]), new Vector<float>(share)), Vector.Equals(here, original));
            Vector.ConditionalSelect(returns, original, here).CopyTo(point[i..]);
            Vector.ConditionalSelect(returns, Vector<float>.Zero, new Vector<float>(rates[i..])).CopyTo(rates[i..]);
        }

        for (; i < point.Length; i++)
        {
            if (drawn[i] < share && point[i] != center[i])
            {
                Reset(i, center, point, rates);
            }
        }
    }

    private static void Reset(int i, ReadOnlySpan<float> center, Span<float> point, Span<float> rates)
    {
        point[i] = center[i];
        rates[i] = 0;
    }

    private static void ResetOne(RandomKey key, ReadOnlySpan<float> center, Span<float> point, Span<float> rates)
    {
        int changed = Changed(center, point);
        if (changed == 0)
        {
            return;
        }

        // The place of the drawn one among the changed pixels, from the tile with it on.
        int left = CounterRandom.Index(key, changed);
        int i = 0;
        for (int here; i + Tile < point.Length && left >= (here = Changed(center.Slice(i, Tile), point.Slice(i, Tile))); i += Tile)
        {
            left -= here;
        }

        while (point[i] == center[i] || left-- > 0)
        {
            i++;
        }

        Reset(i, center, point, rates);
    }

    private static int Changed(ReadOnlySpan<float> center, ReadOnlySpan<float> point)
    {
        Vector<int> equal = Vector<int>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= point.Length; i += Vector<float>.Count)
        {
            equal -= Vector.Equals(new Vector<float>(point[i..]), new Vector<float>(center[i..]));
        }

        int changed = i - Vector.Sum(equal);
        for (; i < point.Length; i++)
        {
            changed += point[i] != center[i] ? 1 : 0;
        }

        return changed;
    }
}
