using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Boundary Attack (Brendel, Rauber, Bethge: "Decision-Based Adversarial Attacks", ICLR 2018), ℓ2, labels only, from the start of <see cref="LabelMethod"/>. It walks along the boundary: a random step on the
/// sphere around the original, then a step towards it, kept if the image is still adversarial. The two sizes follow the shares of steps that succeed.
/// </summary>
/// <remarks>
/// One query a step. The authors' settings: both sizes are 0.01 of the distance at first; every tenth point, the one on the sphere is asked as well; of 100 such points a share above 0.5 enlarges both
/// sizes by 1.5 and one below 0.2 divides them; of 30 points after them, 0.25 and 0.1 change the size of the step towards the original. State: scalars; the point on the sphere. θ is the last point that was kept.
/// </remarks>
internal sealed class BoundaryAttack() : LabelMethod("boundary", (int)Scalar.Count, 1)
{
    private const double FirstSize = 0.01;
    private const double Adaptation = 1.5;
    private const int CheckEvery = 10;
    private const int SphereWindow = 100;
    private const int StepWindow = 30;

    private enum Phase
    {
        Walk = FirstPhase,
        Sphere,
        Step,
    }

    private enum Scalar
    {
        Phase = PhaseAt,
        SphereSize = FirstScalar,
        StepSize,
        Points,
        SphereTried,
        SphereHit,
        StepTried,
        StepHit,
        Count,
    }

    /// <inheritdoc/>
    public override bool Fits(AttackLoss loss) => loss is { LabelsOnly: true, Pixels: null, Norm: DistortionNorm.L2 };

    /// <inheritdoc/>
    protected override void Begin(AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state)
    {
        Span<double> values = Scalars(state);
        values[(int)Scalar.Phase] = (double)Phase.Walk;
        values[(int)Scalar.SphereSize] = values[(int)Scalar.StepSize] = FirstSize;
    }

    /// <inheritdoc/>
    protected override void AskNext(in OptimizerStep step, AttackObjective attacked, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        Span<double> values = Scalars(state);
        Span<float> sphere = Vector(state, theta.Length, 0);
        ref double phase = ref values[(int)Scalar.Phase];
        double distance = Length(theta);
        if (phase == (double)Phase.Walk)
        {
            Draw(step.Key, attacked.Image, theta, distance, values[(int)Scalar.SphereSize], sphere);
            phase = (double)(values[(int)Scalar.Points] % CheckEvery == 0 ? Phase.Sphere : Phase.Walk);
        }

        double length = Length(sphere);
        Scale(sphere, phase == (double)Phase.Sphere || length == 0 ? 1 : Math.Min(1, (1 - values[(int)Scalar.StepSize]) * distance / length), directions);
    }

    /// <inheritdoc/>
    protected override void TellNext(AttackObjective attacked, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        Span<double> values = Scalars(state);
        ref double phase = ref values[(int)Scalar.Phase];
        double hit = answers[0].Queried < 0 ? 1 : 0;
        if (phase == (double)Phase.Sphere)
        {
            values[(int)Scalar.SphereTried]++;
            values[(int)Scalar.SphereHit] += hit;
            phase = (double)Phase.Step;
            return;
        }

        if (phase == (double)Phase.Step)
        {
            values[(int)Scalar.StepTried]++;
            values[(int)Scalar.StepHit] += hit;
        }

        if (hit > 0)
        {
            directions.CopyTo(theta);
        }

        if (values[(int)Scalar.SphereTried] == SphereWindow)
        {
            double factor = Factor(values, Scalar.SphereTried, Scalar.SphereHit, 0.2, 0.5);
            values[(int)Scalar.SphereSize] *= factor;
            values[(int)Scalar.StepSize] *= factor;
        }

        if (values[(int)Scalar.StepTried] == StepWindow)
        {
            values[(int)Scalar.StepSize] *= Factor(values, Scalar.StepTried, Scalar.StepHit, 0.1, 0.25);
        }

        values[(int)Scalar.Points]++;
        phase = (double)Phase.Walk;
    }

    // A step orthogonal to the change, then back to the sphere of its length.
    private static void Draw(RandomKey key, ReadOnlySpan<float> image, ReadOnlySpan<float> theta, double distance, double size, Span<float> sphere)
    {
        CounterRandom.Normals(key, sphere);
        SimdKernels.Axpy((float)(-SimdKernels.Dot(sphere, theta) / (distance * distance)), theta, sphere);
        Normalize(sphere);
        SimdKernels.ScaledAdd(theta, (float)(size * distance), sphere, sphere);
        Scale(sphere, 1 / Math.Sqrt(1 + (size * size)), sphere);
        Clip(image, sphere);
    }

    // Of a full window, which starts again.
    private static double Factor(Span<double> values, Scalar tried, Scalar hit, double low, double high)
    {
        double share = values[(int)hit] / values[(int)tried];
        values[(int)tried] = values[(int)hit] = 0;
        return share > high ? Adaptation : share < low ? 1 / Adaptation : 1;
    }
}
