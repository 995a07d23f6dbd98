using System.Buffers;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// SurFree (Maho, Furon, Le Merrer: "SurFree: a fast surrogate-free black-box attack", CVPR 2021), ℓ2, labels only, from the start of <see cref="LabelMethod"/>. With u the direction of the adversarial image at
/// distance d, it draws a direction v orthogonal to u and to the last ones, from the lower half of the image's cosines, and asks points d cos α (u cos α + v sin α), which are nearer the larger |α| is. If the
/// largest angle succeeds to either side, it looks for the largest angle that does.
/// </summary>
/// <remarks>
/// One query a step. The settings of the published configuration: one angle to each side, 30° at first, times 0.98 after a failure and divided by it after a success; bisections end at a difference of 0.01
/// in cos α, or after 10 angles; 10 directions are orthogonal. State: scalars; the directions, in turn. θ is the last point that was kept.
/// </remarks>
internal sealed class SurFreeAttack() : LabelMethod("surfree", (int)Scalar.Count, Directed)
{
    private const int Directed = 10;
    private const double FirstAngle = 30;
    private const double Decay = 0.98;
    private const double Tolerance = 0.01;
    private const int MostBisections = 10;
    private const double RightAngle = 90;

    private enum Phase
    {
        Plus = FirstPhase,
        Minus,
        Extend,
        Bisect,
    }

    // Outer is an angle without success, Inner one with.
    private enum Scalar
    {
        Phase = PhaseAt,
        Outer = LowAt,
        Inner = HighAt,
        Largest = FirstScalar,
        Drawn,
        Bisections,
        Count,
    }

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: true, Pixels: null, Norm: DistortionNorm.L2 };

    /// <inheritdoc/>
    protected override void Begin(AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state)
    {
        Span<double> values = Scalars(state);
        values[(int)Scalar.Phase] = (double)Phase.Plus;
        values[(int)Scalar.Largest] = FirstAngle;
    }

    /// <inheritdoc/>
    protected override void AskNext(in OptimizerStep step, AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        Span<double> values = Scalars(state);
        var phase = (Phase)values[(int)Scalar.Phase];
        if (phase == Phase.Plus)
        {
            Draw(step.Key, attacked.Shape, theta, state);
        }

        double largest = values[(int)Scalar.Largest];
        Turn(attacked.Image, theta, state, phase switch
        {
            Phase.Plus => largest,
            Phase.Minus => -largest,
            Phase.Extend => values[(int)Scalar.Outer],
            _ => (values[(int)Scalar.Outer] + values[(int)Scalar.Inner]) / 2,
        }, directions);
    }

    /// <inheritdoc/>
    protected override void TellNext(AttackObjective attacked, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        Span<double> values = Scalars(state);
        ref double outer = ref values[(int)Scalar.Outer], inner = ref values[(int)Scalar.Inner], largest = ref values[(int)Scalar.Largest];
        var phase = (Phase)values[(int)Scalar.Phase];
        bool isAdversarial = answers[0].Queried < 0;
        if (phase == Phase.Bisect)
        {
            (isAdversarial ? ref inner : ref outer) = (outer + inner) / 2;
            values[(int)Scalar.Bisections]++;
        }
        else if (isAdversarial)
        {
            inner = phase == Phase.Plus ? largest : phase == Phase.Minus ? -largest : outer;
            outer = Math.Clamp(inner + Math.CopySign(largest, inner), -RightAngle, RightAngle);
            phase = Math.Abs(outer) < RightAngle ? Phase.Extend : Phase.Bisect;
            values[(int)Scalar.Bisections] = 0;
        }
        else if (phase == Phase.Minus)
        {
            phase = Phase.Plus;
            largest *= Decay;
        }
        else
        {
            phase = phase == Phase.Plus ? Phase.Minus : Phase.Bisect;
        }

        if (phase == Phase.Bisect && (values[(int)Scalar.Bisections] == MostBisections || Math.Abs(Cosine(outer) - Cosine(inner)) <= Tolerance))
        {
            float[] taken = ArrayPool<float>.Shared.Rent(theta.Length);
            Turn(attacked.Image, theta, state, inner, taken.AsSpan(0, theta.Length));
            taken.AsSpan(0, theta.Length).CopyTo(theta);
            ArrayPool<float>.Shared.Return(taken);
            largest /= Decay;
            phase = Phase.Plus;
        }

        values[(int)Scalar.Phase] = (double)phase;
    }

    private static double Cosine(double degrees) => Math.Cos(degrees * Math.PI / 180);

    // The change at an angle from θ towards the last direction.
    private void Turn(ReadOnlySpan<float> image, ReadOnlySpan<float> theta, Span<float> state, double degrees, Span<float> change)
    {
        double cosine = Cosine(degrees), sine = Math.Sin(degrees * Math.PI / 180);
        Scale(theta, cosine * cosine, change);
        SimdKernels.Axpy((float)(Length(theta) * cosine * sine), Direction(state, theta.Length, 0), change);
        Clip(image, change);
    }

    // The direction that was drawn so many draws ago.
    private Span<float> Direction(Span<float> state, int dimension, int ago) =>
        Vector(state, dimension, ((int)Scalars(state)[(int)Scalar.Drawn] - 1 - ago) % Directed);

    private void Draw(RandomKey key, ImageShape shape, ReadOnlySpan<float> theta, Span<float> state)
    {
        int drawn = (int)++Scalars(state)[(int)Scalar.Drawn];
        Span<float> direction = Direction(state, theta.Length, 0);
        Combine(key, shape, direction);

        // The earlier directions are orthogonal to each other, but not to θ, which has moved since. Few of them are used where they would leave nothing of the lower half of the cosines.
        float[] rented = ArrayPool<float>.Shared.Rent(theta.Length);
        Span<float> rest = rented.AsSpan(0, theta.Length);
        theta.CopyTo(rest);
        for (int ago = 1; ago < Math.Min(drawn, Math.Min(Directed, theta.Length / 4)); ago++)
        {
            Remove(Direction(state, theta.Length, ago), direction);
            Remove(Direction(state, theta.Length, ago), rest);
        }

        Normalize(rest);
        Remove(rest, direction);
        Normalize(direction);
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void Remove(ReadOnlySpan<float> unit, Span<float> vector) => SimdKernels.Axpy((float)-SimdKernels.Dot(vector, unit), unit, vector);

    // Each cosine of the lower half of the frequencies with a factor of −1, 0 or 1.
    private static void Combine(RandomKey key, ImageShape shape, Span<float> direction)
    {
        (int channels, int height, int width) = shape;
        float[] rented = ArrayPool<float>.Shared.Rent(direction.Length + (width * width) + width);
        Span<float> factors = rented.AsSpan(0, direction.Length), table = rented.AsSpan(direction.Length, width * width), line = rented.AsSpan(direction.Length + (width * width), width);
        CounterRandom.Uniforms(key, factors);
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (float)SimbaAttack.Cosine(i % width, i / width, width);
        }

        direction.Clear();
        for (int v = 0; v < height; v++)
        {
            for (int c = 0; c < channels; c++)
            {
                // The frequencies of a row as a line of values. Each row of the image then gets its share of the line.
                line.Clear();
                for (int u = 0; u < width && ((v + 0.5) / height) + ((u + 0.5) / width) <= 1; u++)
                {
                    SimdKernels.Axpy(MathF.Floor(factors[(((c * height) + v) * width) + u] * 3) - 1, table.Slice(u * width, width), line);
                }

                for (int y = 0; y < height; y++)
                {
                    SimdKernels.Axpy((float)SimbaAttack.Cosine(y, v, height), line, direction.Slice(((c * height) + y) * width, width));
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}
