using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// zo-prox, our strongest hand-designed optimizer. It keeps a running gradient estimate (<see cref="GradientEstimator.Correct"/>) of the
/// queried part, draws directions by its magnitudes (<see cref="MagnitudeSampler"/>), and takes an exact proximal step on the known part
/// and the hinge. The rate is η = δ/(d r), where r is the largest root mean square of the estimate so far; it therefore does not depend on
/// the scale of the loss. If no part is known, x = θ − ηG. Until a slope has been measured, θ stays. In an attack on an image it also uses what is
/// known of images (<see cref="ProximalOptions"/>); without that it is <c>zo-prox-plain</c>.
/// </summary>
/// <remarks>State: G, d floats; r. With <see cref="ProximalOptions.UsesLastStep"/> also the last θ, d floats, and its queried part.</remarks>
public sealed class ProximalOptimizer : IEstimateOptimizer
{
    private readonly GradientEstimator _estimator;
    private readonly ProximalOptions _options;
    private readonly bool _isPlain;
    private readonly double _stepSize;

    /// <param name="settings">q, δ, μ and the kind of estimate.</param>
    /// <param name="options">What is assumed of images; null for the defaults.</param>
    public ProximalOptimizer(OptimizerSettings settings, ProximalOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Directions = settings.Directions;
        Smoothing = (float?)settings.Smoothing;
        _estimator = new GradientEstimator(new MagnitudeSampler(), settings.Estimate);
        _options = options ?? new ProximalOptions();
        _isPlain = _options == ProximalOptions.Plain;
        _stepSize = settings.StepSize;
    }

    /// <inheritdoc/>
    public string Name => _isPlain ? "zo-prox-plain" : "zo-prox";

    /// <inheritdoc/>
    public int Directions { get; }

    /// <inheritdoc/>
    public float? Smoothing { get; }

    /// <summary>The shape of its steps if nothing is assumed of images; else null, because a graph draws independent directions.</summary>
    public StepShape? Shape => _isPlain ? _estimator.Shape(Directions, corrects: true) : null;

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(_options.UsesLastStep ? (2 * dimension) + 2 : dimension + 1);

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        int d = theta.Length;
        if (_isPlain || ImageSampler.Shape(step.Objective) is not { } shape)
        {
            // The sampler does not use the last update.
            _estimator.Perturb(step.Key, state[..d], [], directions);
            return;
        }

        Span<float> drawn = _estimator.Drawn(directions, d);
        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> deviation = rented.AsSpan(0, d);
        _estimator.Deviation(state[..d], deviation);
        ImageSampler.Sample(step.Key, shape, _options, deviation, drawn);
        ArrayPool<float>.Shared.Return(rented);
        _estimator.Mirror(directions, d);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        if (step.Number > 1 && _options.UsesLastStep && ImageSampler.Shape(step.Objective) is not null)
        {
            CorrectByLastStep(answers[0].Queried, theta, state);
        }

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
        bool isImage = !_isPlain && ImageSampler.Shape(step.Objective) is not null;
        if (isImage && _options.UsesLastStep)
        {
            Span<float> last = state.Slice(d + 1, d);
            theta.CopyTo(last);
            if (known is not null)
            {
                SimdKernels.Clip(last, known.Lower.Span, known.Upper.Span, last);
            }

            state[(2 * d) + 1] = (float)answers[0].Queried;
        }

        largest = Math.Max(largest, (float)Math.Sqrt(SimdKernels.SumOfSquares(memory) / d));
        float eta = (float)(_stepSize / d / largest);
        if (!float.IsNormal(eta))
        {
            // No slope yet, or slopes outside the range of floats.
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(2 * d);
        Span<float> rate = rented.AsSpan(0, d);
        rate.Fill(eta);
        ReadOnlySpan<float> slope = memory;
        if (isImage && _options.SlopeFactor != 1)
        {
            TensorPrimitives.Multiply(memory, _options.SlopeFactor, rented.AsSpan(d, d));
            slope = rented.AsSpan(d, d);
        }

        ProximalStep.Apply(known, answers[0].Queried, slope, rate, theta);
        ArrayPool<float>.Shared.Return(rented);
    }

    // The queried part changed by a known amount along the last step: one more measurement, for no query.
    private static void CorrectByLastStep(double queried, ReadOnlySpan<float> theta, Span<float> state)
    {
        int d = theta.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(d);
        Span<float> move = rented.AsSpan(0, d);
        TensorPrimitives.Subtract(theta, state.Slice(d + 1, d), move);
        ResidualMemory.Correct(move, [queried - state[(2 * d) + 1]], state[..d]);
        ArrayPool<float>.Shared.Return(rented);
    }
}
