using System.Buffers;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Bandits-TD (Ilyas, Engstrom, Madry: "Prior Convictions: Black-box Adversarial Attacks with Bandits and Priors", ICLR 2019), in an ℓ∞ or ℓ2 ball. It keeps a prior, a guess of the gradient on
/// at most 50 × 50 tiles. A step asks θ moved along the prior plus and minus exploration noise, corrects the prior by the difference (exponentiated gradients in ℓ∞), and moves θ along it (by its sign in ℓ∞).
/// </summary>
/// <remarks>
/// Two queries a step. As in the published accounting, θ itself is not asked: a success is an asked point. Published settings: image rate 0.01, prior rate 100, exploration 1, difference 0.1 in ℓ∞;
/// 0.5, 0.1, 0.01, 0.01 in ℓ2. State: the lowest loss, and the prior.
/// </remarks>
internal sealed class BanditsAttack() : AttackMethod("bandits", 2)
{
    private const int MostTiles = 50;

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: false, Pixels: null, Epsilon: not null, Norm: DistortionNorm.LInfinity or DistortionNorm.L2 };

    // A prior is at most as large as the image, whose shape is not known here.
    /// <inheritdoc/>
    public override int StateLength(int dimension) => checked(LossLength + dimension);

    /// <inheritdoc/>
    public override void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        AttackObjective attacked = Attacked(step);
        Settings settings = Of(attacked.Settings.Norm);
        Span<float> prior = Prior(attacked.Shape, state);
        int d = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(prior.Length);
        Span<float> noise = rented.AsSpan(0, prior.Length);
        Explore(step.Key, settings, noise);
        for (int row = 0; row < directions.Length / d; row++)
        {
            Span<float> point = directions.Slice(row * d, d);
            for (int i = 0; i < d; i++)
            {
                int tile = Tile(attacked.Shape, i);
                point[i] = prior[tile] + (row == 0 ? noise[tile] : -noise[tile]);
            }

            double length = Math.Sqrt(SimdKernels.SumOfSquares(point));
            SimdKernels.ScaledAdd(theta, length > 0 ? (float)(settings.Difference / length) : 0, point, point);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    public override void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        if (answers.Length < 2)
        {
            return;
        }

        AttackObjective attacked = Attacked(step);
        Settings settings = Of(attacked.Settings.Norm);
        bool isBox = attacked.Settings.Norm == DistortionNorm.LInfinity;
        Span<float> prior = Prior(attacked.Shape, state);
        float[] rented = ArrayPool<float>.Shared.Rent(Math.Max(prior.Length, theta.Length));
        Span<float> noise = rented.AsSpan(0, prior.Length);
        Explore(step.Key, settings, noise);

        // The prior points to where the margin falls.
        double slope = (answers[1].Loss - answers[0].Loss) / (settings.Difference * settings.Exploration);
        for (int i = 0; i < prior.Length; i++)
        {
            double estimate = settings.PriorRate * slope * noise[i];
            prior[i] = (float)(isBox ? Exponentiated(prior[i], estimate) : prior[i] + estimate);
        }

        Span<float> move = rented.AsSpan(0, theta.Length);
        for (int i = 0; i < move.Length; i++)
        {
            float along = prior[Tile(attacked.Shape, i)];
            move[i] = isBox ? Math.Sign(along) : along;
        }

        double length = isBox ? 1 : Math.Sqrt(SimdKernels.SumOfSquares(move));
        SimdKernels.Axpy(length > 0 ? (float)(settings.ImageRate / length) : 0, move, theta);
        ArrayPool<float>.Shared.Return(rented);
    }

    // p ← p e^g / (p e^g + (1 − p) e^−g) for p = (1 + x)/2, in a form that does not overflow.
    private static double Exponentiated(double x, double g) => Math.Tanh(Math.Atanh(Math.Clamp(x, -1 + 1e-7, 1 - 1e-7)) + g);

    private static void Explore(RandomKey key, Settings settings, Span<float> noise)
    {
        CounterRandom.Normals(key, noise);
        float scale = (float)(settings.Exploration / Math.Sqrt(noise.Length));
        for (int i = 0; i < noise.Length; i++)
        {
            noise[i] *= scale;
        }
    }

    private static Span<float> Prior(ImageShape shape, Span<float> state) =>
        state.Slice(LossLength, shape.Channels * Math.Min(MostTiles, shape.Height) * Math.Min(MostTiles, shape.Width));

    private static int Tile(ImageShape shape, int at)
    {
        int rows = Math.Min(MostTiles, shape.Height), columns = Math.Min(MostTiles, shape.Width);
        int row = at / shape.Width % shape.Height * rows / shape.Height, column = at % shape.Width * columns / shape.Width;
        return (((at / (shape.Height * shape.Width) * rows) + row) * columns) + column;
    }

    private static Settings Of(DistortionNorm norm) => norm == DistortionNorm.LInfinity ? new Settings(0.01, 100, 1, 0.1) : new Settings(0.5, 0.1, 0.01, 0.01);

    private readonly record struct Settings(double ImageRate, double PriorRate, double Exploration, double Difference);
}
