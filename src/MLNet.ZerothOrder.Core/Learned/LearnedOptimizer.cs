using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// A learned optimizer: θ_t = θ_{t−1} + UpdateRNN(ĝ_t) (Eq. 2), with directions u = σ_t ⊙ z, z ~ N(0, I). One random draw per step chooses
/// σ_t = 1 + QueryRNN([ĝ_{t−1}, Δθ_{t−1}]) (Eq. 3) or σ_t = 1. The first step samples with σ = 1 and starts from zero state. The state of
/// QueryRNN advances in either case.
/// </summary>
/// <remarks>
/// <para>
/// The paper tunes a factor α on every new task, since its networks depend on the scale of their training task. Here their inputs and outputs
/// are scale-free: ĝ is in units of r, its largest root mean square so far, and Δθ in units of ρ. ρ is the length per
/// coordinate of a Polyak step at the start, |f(θ_0)| / (‖∇f‖ √d), with ‖∇f‖² = ‖ĝ‖² / (1 + (d + 1)/q). The optimizer is thus invariant under f ↦ af and θ ↦ bθ.
/// ρ is 1 if the first estimate or the first loss is 0. QueryRNN reads Δθ in units of ρR, where R is the largest root mean square of UpdateRNN before
/// this step, 1 at first.
/// </para>
/// <para>
/// A gated model (<see cref="LearnedKind.Gated"/>) reads ĝ in units of its current root mean square, and further inputs (<see cref="GatedStep"/>). It
/// is invariant under f ↦ af and θ ↦ bθ as well, but not under θ ↦ θ + const.
/// </para>
/// <para>
/// State: that of the networks (in the layout of the step implementation, so a run resumes with the same implementation), then ĝ_{t−1}, Δθ_{t−1}
/// (both as QueryRNN reads them) and σ_t, d floats each, then r, R and ρ; for a gated model R, the root of the averaged squares and ρ.
/// </para>
/// </remarks>
public sealed class LearnedOptimizer : IEstimateOptimizer
{
    // The scales r, R and ρ.
    private const int Scales = 3;

    private readonly ILearnedStep _step;
    private readonly GradientEstimator _estimator;
    private readonly double? _sgdStepSize;
    private readonly float _scale;
    private readonly bool _samplesLearned;
    private readonly bool _gated;

    /// <param name="name">The name of the optimizer, such as <c>zo-lstm</c>.</param>
    /// <param name="model">The learned model.</param>
    /// <param name="step">Computes the model's steps. The caller disposes it. Null for <see cref="ManagedStep"/>.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="InputException">The options disable every learned part.</exception>
    public LearnedOptimizer(string name, LearnedModel model, ILearnedStep? step = null, LearnedOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(model);
        if (model.Kind is not (LearnedKind.Paper or LearnedKind.Gated))
        {
            throw new ArgumentException($"The model is of the {model.Kind} kind; run it with {nameof(LearnedProximalOptimizer)}.", nameof(model));
        }

        options ??= new LearnedOptions();
        _step = step ?? new ManagedStep(model);
        if (_step.Inputs != model.Update.Inputs)
        {
            throw new ArgumentException($"The step belongs to another model: it has {_step.Inputs} rows of inputs, but the model's UpdateRNN has {model.Update.Inputs}.", nameof(step));
        }

        if (_step.HasQuery != model.Query is not null)
        {
            throw new ArgumentException($"The step belongs to another model: {(model.Query is null ? "only the step" : "only the model")} has a QueryRNN.", nameof(step));
        }

        Name = name;
        _gated = model.Kind == LearnedKind.Gated;
        Directions = options.Directions ?? model.Directions;
        Smoothing = (float?)options.Smoothing ?? model.Smoothing;
        _samplesLearned = options.Sampling == LearnedSampling.Learned && _step.HasQuery;
        if (options.SgdStepSize is not null && !_samplesLearned)
        {
            throw new InputException(
                _step.HasQuery
                    ? $"Without UpdateRNN and with {options.Sampling} sampling no learned part of '{name}' is used; remove one of the two options, or run zo-sgd or guided-es."
                    : $"Optimizer '{name}' was trained without QueryRNN, so without UpdateRNN no learned part of it is used; keep UpdateRNN, or run zo-sgd.");
        }

        _estimator = new GradientEstimator(
            options.Sampling == LearnedSampling.Guided ? new GuidedSampler((float)options.GuidedAlpha) : new GaussianSampler());
        _sgdStepSize = options.SgdStepSize;
        Mix = options.Mix ?? (_gated && options.SgdStepSize is null ? 0.25 : 0.5);
        _scale = (float)options.Scale;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Directions { get; }

    /// <inheritdoc/>
    public float? Smoothing { get; }

    /// <summary>p, the probability per step of sampling with QueryRNN's deviation.</summary>
    public double Mix { get; }

    /// <inheritdoc/>
    public StepShape? Shape => _estimator.Shape(Directions, corrects: false);

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(_step.StateLength(dimension) + (3 * dimension) + Scales);

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        Split(state, theta.Length, out _, out Span<float> gradient, out Span<float> update, out Span<float> deviation);
        _estimator.Perturb(step.Key, gradient, update, directions);
        if (!SamplesLearned(step))
        {
            return;
        }

        for (int start = 0; start < directions.Length; start += deviation.Length)
        {
            Span<float> direction = directions.Slice(start, deviation.Length);
            TensorPrimitives.Multiply(direction, deviation, direction);
        }
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        Split(state, theta.Length, out _, out Span<float> gradient, out _, out _);
        _estimator.Combine(directions, answers, step.Smoothing, gradient);
        Update(step, answers, theta, state);
    }

    /// <inheritdoc/>
    public void Deviation(in OptimizerStep step, Span<float> state, Span<float> deviation)
    {
        if (!SamplesLearned(step))
        {
            deviation.Fill(1);
            return;
        }

        Split(state, deviation.Length, out _, out _, out _, out Span<float> learned);
        learned.CopyTo(deviation);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Memory(Span<float> state, int dimension) => default;

    /// <inheritdoc/>
    public void TellEstimate(in OptimizerStep step, ReadOnlySpan<float> estimate, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        Split(state, theta.Length, out _, out Span<float> gradient, out _, out _);
        estimate.CopyTo(gradient);
        Update(step, answers, theta, state);
    }

    /// <summary>QueryRNN's deviation σ for the next step, d floats of the state after a step; 0 if the optimizer has no QueryRNN.</summary>
    /// <param name="state">The state after a step.</param>
    /// <param name="dimension">d.</param>
    public static ReadOnlySpan<float> NextDeviation(ReadOnlySpan<float> state, int dimension) => state.Slice(state.Length - Scales - dimension, dimension);

    /// <summary>Whether the step samples with the deviation of QueryRNN.</summary>
    public bool SamplesLearned(in OptimizerStep step) => _samplesLearned && step.Number > 1 && CounterRandom.Uniform(step.Key) < Mix;

    // Uses the estimate in the state.
    private void Update(in OptimizerStep step, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        int d = theta.Length;
        Split(state, d, out Span<float> networks, out Span<float> gradient, out Span<float> update, out Span<float> deviation);
        if (!_samplesLearned)
        {
            deviation = default;
        }

        if (_gated)
        {
            UpdateGated(step, answers, theta, networks, gradient, update, deviation, state);
            return;
        }

        ref float largest = ref state[^3];
        ref float largestUpdate = ref state[^2];
        ref float unit = ref state[^1];
        double rms = Math.Sqrt(SimdKernels.SumOfSquares(gradient) / d);
        largest = Math.Max(largest, (float)rms);
        if (step.Number == 1)
        {
            unit = Unit(answers[0].Loss, rms, d, answers.Length - 1);
            largestUpdate = 0;
        }

        float updateUnit = largestUpdate > 0 ? largestUpdate : 1;

        if (largest > 0)
        {
            TensorPrimitives.Divide(gradient, largest, gradient);
        }

        if (_sgdStepSize is { } stepSize)
        {
            UpdateRules.Sgd(gradient, step.Number, (float)(stepSize / d * largest / unit / updateUnit), default, update);
            _step.Run(gradient, update, 1, networks, default, deviation);
        }
        else
        {
            _step.Run(gradient, default, _scale / updateUnit, networks, update, deviation);
        }

        SimdKernels.Axpy(unit * updateUnit, update, theta);
        largestUpdate = Math.Max(largestUpdate, updateUnit * (float)Math.Sqrt(SimdKernels.SumOfSquares(update) / d));
    }

    private void UpdateGated(
        in OptimizerStep step, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> networks, Span<float> gradient, Span<float> update, Span<float> deviation, Span<float> state)
    {
        int d = theta.Length;
        ref float largest = ref state[^3];
        ref float average = ref state[^2];
        ref float unit = ref state[^1];
        int q = answers.Length - 1;
        double square = SimdKernels.SumOfSquares(gradient) / d;
        double? first = null;
        if (step.Number == 1)
        {
            first = _step.Inputs > GatedStep.OlderInputs ? GatedStep.FirstSquare(step, answers, d) : null;
            unit = Unit(answers[0].Loss, Math.Sqrt(first ?? square), d, q);
            average = 0;
            largest = 0;
        }

        average = GatedStep.Average(average, first ?? square);
        double rms = GatedStep.Current(average, step.Number);
        largest = Math.Max(largest, (float)rms);
        double divisor = first is null ? rms : Math.Max(rms, square / rms);
        TensorPrimitives.Multiply(gradient, GatedStep.Inverse(divisor), gradient);
        int length = _step.Inputs * d;
        float[] rented = ArrayPool<float>.Shared.Rent(length);
        Span<float> features = rented.AsSpan(0, length);
        GatedStep.WriteFeatures(step, gradient, theta, average, largest, unit, q, features);
        if (_sgdStepSize is { } stepSize)
        {
            UpdateRules.Sgd(gradient, step.Number, (float)(stepSize / d * divisor / unit), default, update);
            _step.Run(features, update, 1, networks, default, deviation);
        }
        else
        {
            _step.Run(features, default, _scale, networks, update, deviation);
        }

        ArrayPool<float>.Shared.Return(rented);
        SimdKernels.Axpy(unit, update, theta);
    }

    /// <summary>ρ from the loss and the estimate of the first step.</summary>
    internal static float Unit(double loss, double rms, int dimension, int directions)
    {
        double slope = rms * Math.Sqrt(dimension / GatedStep.Spread(dimension, directions));
        float unit = (float)(Math.Abs(loss) / (slope * Math.Sqrt(dimension)));
        return unit > 0 && float.IsFinite(unit) ? unit : 1;
    }

    /// <summary>The parts of a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="d">d.</param>
    /// <param name="networks">(h, c) of UpdateRNN, then of QueryRNN.</param>
    /// <param name="gradient">What UpdateRNN reads of the last estimate, d floats.</param>
    /// <param name="update">The last update of θ, d floats.</param>
    /// <param name="deviation">σ of the next step, d floats.</param>
    public static void Split(
        Span<float> state, int d, out Span<float> networks, out Span<float> gradient, out Span<float> update, out Span<float> deviation)
    {
        int start = state.Length - Scales - (3 * d);
        networks = state[..start];
        gradient = state.Slice(start, d);
        update = state.Slice(start + d, d);
        deviation = state.Slice(start + (2 * d), d);
    }
}
