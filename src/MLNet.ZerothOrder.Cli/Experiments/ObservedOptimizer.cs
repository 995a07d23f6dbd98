namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>An optimizer that lets somebody watch its steps.</summary>
internal sealed class ObservedOptimizer(IZerothOrderOptimizer inner, Observer observe) : IZerothOrderOptimizer
{
    public string Name => inner.Name;

    public int Directions => inner.Directions;

    public float? Smoothing => inner.Smoothing;

    public int StateLength(int dimension) => inner.StateLength(dimension);

    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions) => inner.Ask(step, theta, state, directions);

    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        float[] before = theta.ToArray();
        inner.Tell(step, directions, answers, theta, state);
        observe(step, before, directions, answers, theta, state);
    }
}
