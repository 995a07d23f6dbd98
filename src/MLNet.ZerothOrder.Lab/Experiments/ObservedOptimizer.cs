namespace MLNet.ZerothOrder.Lab;

/// <summary>An optimizer whose steps are observed.</summary>
internal sealed class ObservedOptimizer(IZerothOrderOptimizer inner, Action<ObservedStep> observe) : IZerothOrderOptimizer
{
    private readonly GradientEstimator _estimator = new(new GaussianSampler());

    public string Name => inner.Name;

    public int Directions => inner.Directions;

    public float? Smoothing => inner.Smoothing;

    public int StateLength(int dimension) => inner.StateLength(dimension);

    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions) => inner.Ask(step, theta, state, directions);

    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        float[] before = theta.ToArray();
        var estimate = new float[before.Length];
        _estimator.Combine(directions, answers, step.Smoothing, estimate);
        inner.Tell(step, directions, answers, theta, state);
        observe(new ObservedStep(step.Number, before, theta, estimate, state));
    }
}
