using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// An optimizer made of an estimator and an update rule: θ_t = θ_{t−1} + rule(ĝ_t) with step size δ/d.
/// State: ĝ and Δθ of the last step (used by guided sampling), then the state of the rule.
/// </summary>
public sealed class HandDesignedOptimizer : IEstimateOptimizer
{
    private readonly GradientEstimator _estimator;
    private readonly UpdateRule _rule;
    private readonly int _ruleState;
    private readonly double _stepSize;

    /// <param name="name">The optimizer's name.</param>
    /// <param name="sampler">The distribution of the directions.</param>
    /// <param name="rule">Maps the estimate to the update.</param>
    /// <param name="ruleState">The floats of state per coordinate that the rule needs.</param>
    /// <param name="settings">q, δ, μ and the kind of estimate.</param>
    public HandDesignedOptimizer(string name, IDirectionSampler sampler, UpdateRule rule, int ruleState, OptimizerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Name = name;
        Directions = settings.Directions;
        Smoothing = (float?)settings.Smoothing;
        _estimator = new GradientEstimator(sampler, settings.Estimate);
        _rule = rule;
        _ruleState = ruleState;
        _stepSize = settings.StepSize;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Directions { get; }

    /// <inheritdoc/>
    public float? Smoothing { get; }

    /// <inheritdoc/>
    public StepShape? Shape => _estimator.Shape(Directions, corrects: false);

    /// <inheritdoc/>
    public int StateLength(int dimension) => (2 + _ruleState) * dimension;

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        int d = theta.Length;
        _estimator.Perturb(step.Key, state[..d], state.Slice(d, d), directions);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        _estimator.Combine(directions, answers, step.Smoothing, state[..theta.Length]);
        Update(step, theta, state);
    }

    /// <inheritdoc/>
    public void Deviation(in OptimizerStep step, Span<float> state, Span<float> deviation) => _estimator.Deviation(state[..deviation.Length], deviation);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Memory(Span<float> state, int dimension) => default;

    /// <inheritdoc/>
    public void TellEstimate(in OptimizerStep step, ReadOnlySpan<float> estimate, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        estimate.CopyTo(state);
        Update(step, theta, state);
    }

    private void Update(in OptimizerStep step, Span<float> theta, Span<float> state)
    {
        int d = theta.Length;
        Span<float> gradient = state[..d];
        Span<float> update = state.Slice(d, d);
        _rule(gradient, step.Number, (float)(_stepSize / d), state[(2 * d)..], update);
        SimdKernels.Axpy(1, update, theta);
    }
}
