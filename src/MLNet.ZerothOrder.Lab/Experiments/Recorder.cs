namespace MLNet.ZerothOrder.Lab;

/// <summary>An optimizer that records its steps on one problem.</summary>
internal sealed class Recorder(IZerothOrderOptimizer inner) : IZerothOrderOptimizer
{
    private readonly GradientEstimator _estimator = new(new GaussianSampler());

    /// <summary>θ at the start and after each step.</summary>
    public List<float[]> Thetas { get; } = [];

    /// <summary>The gradient estimate of each step (Eq. 1).</summary>
    public List<float[]> Estimates { get; } = [];

    /// <summary>The deviations that QueryRNN predicts after each step for the next one; empty for a hand-designed optimizer.</summary>
    public List<float[]> Deviations { get; } = [];

    public string Name => inner.Name;

    public int Directions => inner.Directions;

    public float? Smoothing => inner.Smoothing;

    public int StateLength(int dimension) => inner.StateLength(dimension);

    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions) => inner.Ask(step, theta, state, directions);

    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        if (step.Number == 1)
        {
            Thetas.Add(theta.ToArray());
        }

        var estimate = new float[theta.Length];
        _estimator.Combine(directions, answers, step.Smoothing, estimate);
        inner.Tell(step, directions, answers, theta, state);
        Thetas.Add(theta.ToArray());
        Estimates.Add(estimate);
        if (inner is LearnedOptimizer)
        {
            Deviations.Add(LearnedOptimizer.NextDeviation(state, theta.Length).ToArray());
        }
    }
}
