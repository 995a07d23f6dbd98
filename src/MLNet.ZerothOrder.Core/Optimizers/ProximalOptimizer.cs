using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// zo-prox, our strongest hand-designed optimizer. It keeps a running gradient estimate (<see cref="GradientEstimator.Correct"/>) of the
/// queried part, draws directions by its magnitudes (<see cref="MagnitudeSampler"/>), and takes an exact proximal step on the known part
/// and the hinge. The rate is η = δ/(d r), where r is the largest root mean square of the estimate so far; it therefore does not depend on
/// the scale of the loss. If no part is known, x = θ − ηG. Until a slope has been measured, θ stays.
/// </summary>
/// <remarks>State: G, d floats; r.</remarks>
public sealed class ProximalOptimizer : IEstimateOptimizer
{
    private readonly GradientEstimator _estimator;
    private readonly double _stepSize;

    /// <param name="settings">q, δ, μ and the kind of estimate.</param>
    public ProximalOptimizer(OptimizerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Directions = settings.Directions;
        Smoothing = (float?)settings.Smoothing;
        _estimator = new GradientEstimator(new MagnitudeSampler(), settings.Estimate);
        _stepSize = settings.StepSize;
    }

    /// <inheritdoc/>
    public string Name => "zo-prox";

    /// <inheritdoc/>
    public int Directions { get; }

    /// <inheritdoc/>
    public float? Smoothing { get; }

    /// <inheritdoc/>
    public StepShape? Shape => _estimator.Shape(Directions, corrects: true);

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(dimension + 1);

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        // The sampler does not use the last update, so none is kept.
        _estimator.Perturb(step.Key, state[..theta.Length], [], directions);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        _estimator.Correct(directions, answers, step.Smoothing, theta, step.Objective.Known, state[..theta.Length]);
        Update(step, answers, theta, state);
    }

    /// <inheritdoc/>
    public void Deviation(in OptimizerStep step, Span<float> state, Span<float> deviation) => _estimator.Deviation(state[..deviation.Length], deviation);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Memory(Span<float> state, int dimension) => state[..dimension];

    /// <inheritdoc/>
    public void TellEstimate(in OptimizerStep step, ReadOnlySpan<float> estimate, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        estimate.CopyTo(state);
        Update(step, answers, theta, state);
    }

    // Uses the corrected estimate in the state.
    private void Update(in OptimizerStep step, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        int d = theta.Length;
        Span<float> memory = state[..d];
        ref float largest = ref state[d];
        KnownTerm? known = step.Objective.Known;
        largest = Math.Max(largest, (float)Math.Sqrt(SimdKernels.SumOfSquares(memory) / d));
        float eta = (float)(_stepSize / d / largest);
        if (!float.IsNormal(eta))
        {
            // No slope yet, or slopes outside the range of floats.
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> rate = rented.AsSpan(0, d);
        rate.Fill(eta);
        ProximalStep.Apply(known, answers[0].Queried, memory, rate, theta);
        ArrayPool<float>.Shared.Return(rented);
    }
}
