using System.Buffers;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// SimBA (Guo, Gardner, You, Wilson, Weinberger: "Simple Black-box Adversarial Attacks", ICML 2019), in an ℓ2 ball. It tries −0.2 and then +0.2 along one
/// direction of an orthonormal basis after the other, in random order, and keeps the first that lowers the margin. The basis are the pixels, or the image's cosines
/// (SimBA-DCT): first those below an eighth of the frequencies, then the others in bands of a thirty-second.
/// </summary>
/// <remarks>
/// One query for the image itself, then one or two for a direction, each in a step of its own. The published code has no ball: it ends when the budget does.
/// State: the loss of θ, the next direction, whether its second sign is next, and the order of the directions.
/// </remarks>
internal sealed class SimbaAttack(string name, bool usesCosines) : AttackMethod(name)
{
    private const float StepLength = 0.2f;
    private const int Bands = 32;
    private const int LowBands = 4;
    private const int Scalars = LossLength + 2;

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: null, Epsilon: not null, Norm: DistortionNorm.L2 };

    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(Scalars + dimension);

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        ImageShape shape = Attacked(step).Shape;
        Span<int> order = Order(state);
        ref float next = ref state[LossLength];
        theta.CopyTo(directions);
        if (step.Number == 1 || next == order.Length)
        {
            next = 0;
            Shuffle(step.Key, shape, order);
        }

        if (step.Number > 1)
        {
            int direction = order[(int)next];
            float length = state[LossLength + 1] == 0 ? -StepLength : StepLength;
            if (usesCosines)
            {
                AddCosine(shape, direction, length, directions);
            }
            else
            {
                directions[direction] += length;
            }
        }
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        bool isTaken = TakeIfBetter(step, directions, answers[0].Loss, theta, state);
        ref float isSecond = ref state[LossLength + 1];
        if (step.Number > 1)
        {
            bool isDone = isTaken || isSecond > 0;
            state[LossLength] += isDone ? 1 : 0;
            isSecond = isDone ? 0 : 1;
        }
    }

    /// <summary>Adds a multiple of a cosine of the image's orthonormal basis to its channel.</summary>
    internal static void AddCosine(ImageShape shape, int frequency, float length, Span<float> change)
    {
        (_, int height, int width) = shape;
        (int v, int u) = (frequency / width % height, frequency % width);
        Span<float> channel = change.Slice(frequency / (height * width) * height * width, height * width);
        float[] columns = ArrayPool<float>.Shared.Rent(width);
        for (int x = 0; x < width; x++)
        {
            columns[x] = (float)Cosine(x, u, width);
        }

        for (int y = 0; y < height; y++)
        {
            SimdKernels.Axpy((float)(length * Cosine(y, v, height)), columns.AsSpan(0, width), channel.Slice(y * width, width));
        }

        ArrayPool<float>.Shared.Return(columns);
    }

    /// <summary>A value of a cosine of the orthonormal basis.</summary>
    internal static double Cosine(int at, int frequency, int length) => Math.Sqrt((frequency == 0 ? 1.0 : 2.0) / length) * Math.Cos(Math.PI * ((2 * at) + 1) * frequency / (2.0 * length));

    private static Span<int> Order(Span<float> state) => MemoryMarshal.Cast<float, int>(state[Scalars..]);

    private void Shuffle(RandomKey key, ImageShape shape, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        CounterRandom.Shuffle(key, order);
        if (!usesCosines)
        {
            return;
        }

        int[] shuffled = ArrayPool<int>.Shared.Rent(order.Length);
        order.CopyTo(shuffled);
        int at = 0;
        for (int band = 0; band < Bands; band++)
        {
            foreach (int frequency in shuffled.AsSpan(0, order.Length))
            {
                if (Band(shape, frequency) == band)
                {
                    order[at++] = frequency;
                }
            }
        }

        ArrayPool<int>.Shared.Return(shuffled);
    }

    // The lowest eighth is one band.
    private static int Band(ImageShape shape, int frequency) =>
        Math.Max(frequency / shape.Width % shape.Height * Bands / shape.Height, frequency % shape.Width * Bands / shape.Width) is var band && band < LowBands ? 0 : band;
}
