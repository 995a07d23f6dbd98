using System.Buffers;
using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// HopSkipJump (Chen, Jordan, Wainwright: "HopSkipJumpAttack: A Query-Efficient Decision-Based Attack", IEEE S&amp;P 2020), ℓ2 or ℓ∞, labels only, from the start of
/// <see cref="LabelMethod"/>. In iteration t it estimates the direction of the boundary's normal from 100√t labels around a boundary point, steps along it as far as the class stays another one, and
/// returns to the boundary by bisection towards the original.
/// </summary>
/// <remarks>
/// Every label is a query: those of random images, of bisections, of estimates and of step sizes. Settings as published (γ = 1, 100 labels at first, at most 10,000), but a bisection ends at the resolution of floats, 2⁻²⁴.
/// State: scalars; the sum of signed directions, later the direction of the step; the sum of directions, later the point that is bisected. θ is the point on the boundary.
/// </remarks>
internal sealed class HopSkipJumpAttack() : LabelMethod("hopskipjump", (int)Scalar.Count, 2, MostPoints)
{
    // Estimates take several steps, so that the points of all images fit in memory.
    private const int MostPoints = 25;
    private const double Gamma = 1;
    private const int FirstLabels = 100;
    private const int MostLabels = 10_000;
    private const double Resolution = 1.0 / (1 << 24);
    private const int MostHalvings = 60;

    private enum Phase
    {
        Bisect = FirstPhase,
        Estimate,
        Step,
    }

    private enum Scalar
    {
        Phase = PhaseAt,
        Low = LowAt,
        High = HighAt,
        Iteration = FirstScalar,
        Labels,
        SumOfSigns,
        Radius,
        Step,
        Halvings,
        Count,
    }

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: true, Pixels: null, Norm: DistortionNorm.L2 or DistortionNorm.LInfinity };

    /// <inheritdoc/>
    public override int FewestPoints => 1;

    /// <inheritdoc/>
    public override int Candidates(in OptimizerStep step, ReadOnlySpan<float> state)
    {
        ReadOnlySpan<double> scalars = MemoryMarshal.Cast<float, double>(state[..ScalarLength]);
        return (Phase)scalars[(int)Scalar.Phase] != Phase.Estimate ? 1
            : (int)Math.Min(MostPoints, Wanted(scalars[(int)Scalar.Iteration]) - scalars[(int)Scalar.Labels]);
    }

    /// <inheritdoc/>
    protected override void AskNext(in OptimizerStep step, AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        Position at = Parts(state, theta.Length);
        ReadOnlySpan<float> image = attacked.Image;
        switch (at.Phase)
        {
            case Phase.Bisect:
                Toward(attacked.Settings.Norm, at.Second, (at[Scalar.Low] + at[Scalar.High]) / 2, directions);
                break;
            case Phase.Estimate:
                Around(attacked, step.Key, theta, at[Scalar.Radius], directions);
                break;
            default:
                SimdKernels.ScaledAdd(theta, (float)at[Scalar.Step], at.First, directions);
                Clip(image, directions);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Begin(AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state)
    {
        Position at = Parts(state, theta.Length);
        theta.CopyTo(at.Second);
        at.Start(Phase.Bisect, attacked.Settings.Norm == DistortionNorm.L2 ? 1 : Length(attacked.Settings.Norm, theta));
        at[Scalar.Iteration] = 1;
    }

    /// <inheritdoc/>
    protected override void TellNext(AttackObjective attacked, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        DistortionNorm norm = attacked.Settings.Norm;
        Position at = Parts(state, theta.Length);
        bool isAdversarial = answers[0].Queried < 0;
        switch (at.Phase)
        {
            case Phase.Bisect:
                at[isAdversarial ? Scalar.High : Scalar.Low] = (at[Scalar.Low] + at[Scalar.High]) / 2;
                double before = Length(norm, at.Second), tolerance = Theta(norm, theta.Length);
                if (at[Scalar.High] - at[Scalar.Low] <= Math.Max(Resolution, norm == DistortionNorm.L2 ? tolerance : Math.Min(before * tolerance, tolerance)))
                {
                    Toward(norm, at.Second, at[Scalar.High], theta);
                    at.Estimate(at[Scalar.Iteration] == 1 ? 0.1 : tolerance * before * (norm == DistortionNorm.L2 ? Math.Sqrt(theta.Length) : theta.Length));
                }

                break;
            case Phase.Estimate:
                Add(directions, answers, theta, at);
                if (at[Scalar.Labels] >= Wanted(at[Scalar.Iteration]))
                {
                    Finish(norm, at);
                    at[Scalar.Step] = Length(norm, theta) / Math.Sqrt(at[Scalar.Iteration]);
                    at[Scalar.Halvings] = 0;
                    at[Scalar.Phase] = (double)Phase.Step;
                }

                break;
            case Phase.Step:
                at[Scalar.Step] /= 2;
                if (isAdversarial || ++at[Scalar.Halvings] == MostHalvings)
                {
                    (isAdversarial ? directions : theta).CopyTo(at.Second);
                    at[Scalar.Iteration]++;
                    at.Start(Phase.Bisect, norm == DistortionNorm.L2 ? 1 : Length(norm, at.Second));
                }

                break;
        }
    }

    private Position Parts(Span<float> state, int dimension) => new(Scalars(state), Vector(state, dimension, 0), Vector(state, dimension, 1));

    private static double Wanted(double iteration) => Math.Min(MostLabels, Math.Floor(FirstLabels * Math.Sqrt(Math.Max(1, iteration))));

    private static double Theta(DistortionNorm norm, int dimension) => Gamma / (norm == DistortionNorm.L2 ? Math.Sqrt(dimension) * dimension : (double)dimension * dimension);

    // In ℓ2 the share of a change, in ℓ∞ the change cut off at a size.
    private static void Toward(DistortionNorm norm, ReadOnlySpan<float> change, double share, Span<float> destination)
    {
        float size = (float)share;
        for (int i = 0; i < change.Length; i++)
        {
            destination[i] = norm == DistortionNorm.L2 ? change[i] * size : Math.Clamp(change[i], -size, size);
        }
    }

    private static double Length(DistortionNorm norm, ReadOnlySpan<float> change) => norm == DistortionNorm.L2
        ? Length(change) : Math.Abs((double)System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(change));

    // Points at a radius from θ in directions uniform on the sphere in ℓ2 and along points of the cube in ℓ∞, moved into the box.
    private static void Around(AttackObjective attacked, RandomKey key, ReadOnlySpan<float> theta, double radius, Span<float> points)
    {
        int d = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(2 * d);
        Span<float> lower = rented.AsSpan(0, d), upper = rented.AsSpan(d, d);
        Box(attacked.Image, lower, upper);
        for (int row = 0; row < points.Length / d; row++)
        {
            Span<float> point = points.Slice(row * d, d);
            if (attacked.Settings.Norm == DistortionNorm.L2)
            {
                CounterRandom.Normals(key.Derive((ulong)row), point);
            }
            else
            {
                CounterRandom.Uniforms(key.Derive((ulong)row), point);
                for (int i = 0; i < d; i++)
                {
                    point[i] = (2 * point[i]) - 1;
                }
            }

            SimdKernels.ScaledAdd(theta, (float)(radius / Math.Max(Length(point), double.Epsilon)), point, point);
            SimdKernels.Clip(point, lower, upper, point);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // Adds the realized directions, which were clipped to the box.
    private static void Add(ReadOnlySpan<float> points, ReadOnlySpan<Evaluation> answers, ReadOnlySpan<float> theta, Position at)
    {
        int d = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> direction = rented.AsSpan(0, d);
        float perRadius = (float)(1 / at[Scalar.Radius]);
        for (int row = 0; row < answers.Length; row++)
        {
            SimdKernels.ScaledAdd(points.Slice(row * d, d), -1, theta, direction);
            int sign = answers[row].Queried < 0 ? 1 : -1;
            SimdKernels.Axpy(sign * perRadius, direction, at.First);
            SimdKernels.Axpy(perRadius, direction, at.Second);
            at[Scalar.SumOfSigns] += sign;
        }

        ArrayPool<float>.Shared.Return(rented);
        at[Scalar.Labels] += answers.Length;
    }

    // First ← Σ (sign − mean sign) direction, or ± Σ direction where all signs are equal; then a unit vector or its signs.
    private static void Finish(DistortionNorm norm, Position at)
    {
        double mean = at[Scalar.SumOfSigns] / at[Scalar.Labels];
        if (Math.Abs(mean) < 1)
        {
            SimdKernels.Axpy((float)-mean, at.Second, at.First);
        }

        Normalize(at.First);
        for (int i = 0; norm != DistortionNorm.L2 && i < at.First.Length; i++)
        {
            at.First[i] = Math.Sign(at.First[i]);
        }
    }

    /// <summary>The state by its parts.</summary>
    private readonly ref struct Position(Span<double> scalars, Span<float> first, Span<float> second)
    {
        private readonly Span<double> _scalars = scalars;

        public Span<float> First { get; } = first;

        public Span<float> Second { get; } = second;

        public Phase Phase => (Phase)this[Scalar.Phase];

        public ref double this[Scalar scalar] => ref _scalars[(int)scalar];

        public void Start(Phase phase, double high) => (this[Scalar.Phase], this[Scalar.Low], this[Scalar.High]) = ((double)phase, 0, high);

        public void Estimate(double radius)
        {
            (this[Scalar.Phase], this[Scalar.Radius], this[Scalar.Labels], this[Scalar.SumOfSigns]) = ((double)Phase.Estimate, radius, 0, 0);
            First.Clear();
            Second.Clear();
        }
    }
}
