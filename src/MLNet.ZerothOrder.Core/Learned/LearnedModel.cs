namespace MLNet.ZerothOrder;

/// <summary>
/// A learned model: UpdateRNN (Eq. 2), optionally QueryRNN (Eq. 3), and the circumstances of its training. It is the content of an
/// optimizer file.
/// </summary>
public sealed record LearnedModel
{
    /// <summary>The version of the model format, in memory and in files.</summary>
    public const int FormatVersion = 1;

    /// <summary>The most characters of <see cref="TrainedOn"/>.</summary>
    public const int MaxTrainedOn = 1000;

    /// <param name="update">UpdateRNN: 1 input and 1 output, or, if gated, 4 or 6 inputs and 3 outputs with biases; or the network of a <see cref="LearnedProximalOptimizer"/>, 16 inputs and 3 outputs.</param>
    /// <param name="query">QueryRNN: 2 inputs, 1 output and as many hidden units; null always samples from N(0, I).</param>
    /// <exception cref="ArgumentException">The shapes of the networks do not fit any kind of model.</exception>
    public LearnedModel(RnnWeights update, RnnWeights? query = null)
    {
        ArgumentNullException.ThrowIfNull(update);
        Kind = (update.Inputs, update.Outputs, update.HasSkip) switch
        {
            (1, 1, false) => LearnedKind.Paper,
            (GatedStep.NetworkInputs or GatedStep.OlderInputs, GatedStep.NetworkOutputs, false) when update.HasBias => LearnedKind.Gated,
            (LearnedProximalOptimizer.NetworkInputs, LearnedProximalOptimizer.NetworkOutputs, true) when query is null && update.HasBias => LearnedKind.Proximal,
            _ => throw new ArgumentException(
                $"The network has {update.Inputs} inputs and {update.Outputs} outputs; UpdateRNN has 1 and 1 and no skip connection, a gated UpdateRNN {GatedStep.OlderInputs} or {GatedStep.NetworkInputs} and {GatedStep.NetworkOutputs} with biases and no skip connection, a proximal step's network {LearnedProximalOptimizer.NetworkInputs} and {LearnedProximalOptimizer.NetworkOutputs}, with biases and a skip connection and no QueryRNN beside it.",
                nameof(update)),
        };

        if (query is not null && (query.Inputs != 2 || query.Outputs != 1 || query.HasSkip || query.Hidden != update.Hidden))
        {
            throw new ArgumentException(
                $"QueryRNN has {query.Inputs} inputs, {query.Outputs} outputs and {query.Hidden} hidden units; it must have 2 inputs (the gradient estimate and the update), 1 output and UpdateRNN's {update.Hidden} hidden units.",
                nameof(query));
        }

        Update = update;
        Query = query;
    }

    /// <summary>The architecture, determined by the shapes of the networks.</summary>
    public LearnedKind Kind { get; }

    /// <summary>UpdateRNN: ĝ_t → Δθ_t; or the network of a proximal step.</summary>
    public RnnWeights Update { get; }

    /// <summary>QueryRNN: [ĝ_{t−1}, Δθ_{t−1}] → the offset o of the sampling deviation; null if there is none.</summary>
    public RnnWeights? Query { get; }

    /// <summary>H of both networks.</summary>
    public int Hidden => Update.Hidden;

    /// <summary>What the model was trained on, as text in one line.</summary>
    public string TrainedOn
    {
        get;
        init => field = value is { Length: <= MaxTrainedOn } && !value.Any(char.IsControl)
            ? value : throw new ArgumentException($"{nameof(TrainedOn)} must be one line of at most {MaxTrainedOn} characters.", nameof(TrainedOn));
    } = "";

    /// <summary>
    /// Whether a proximal step's network steers <c>zo-prox</c> and not <c>zo-prox-plain</c>: images are assumed to be images, and a part of the queries tries
    /// points with fewer changed pixels (<see cref="LearnedProximalOptimizer"/>).
    /// </summary>
    /// <exception cref="ArgumentException">It is true, and the model is of another kind.</exception>
    public bool SeesImages
    {
        get;
        init => field = !value || Kind == LearnedKind.Proximal ? value : throw new ArgumentException($"Only a proximal step sees images; this model is of the {Kind} kind.", nameof(value));
    }

    /// <summary>The part that says where in an image to ask; null if there is none, so that directions are larger in the image's middle.</summary>
    /// <exception cref="ArgumentException">The model sees no images.</exception>
    public SpatialWeights? Spatial
    {
        get;
        init => field = value is null || SeesImages ? value : throw new ArgumentException($"Only a proximal step that sees images has a spatial part; set {nameof(SeesImages)} first.", nameof(value));
    }

    /// <summary>The q that the model was trained with.</summary>
    public int Directions
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Directions), value, "q must be at least 1.");
    } = 20;

    /// <summary>The μ that the model was trained with; null if each run chose its own.</summary>
    public float? Smoothing
    {
        get;
        init => field = value is null or (> 0 and < float.PositiveInfinity)
            ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "μ must be a positive number.");
    }

    /// <summary>The seed of the training run.</summary>
    public long Seed { get; init; }

    /// <summary>The loss by which the model was selected, on problems outside the training; NaN if none was measured.</summary>
    public double ValidationLoss { get; init; } = double.NaN;

    /// <summary>Creates the learned optimizer with its defaults, computed in managed code.</summary>
    /// <param name="name">The name of the optimizer, such as <c>zo-lstm-plus</c>.</param>
    /// <param name="directions">q; null for the model's own.</param>
    public IZerothOrderOptimizer CreateOptimizer(string name, int? directions = null) => Kind == LearnedKind.Proximal
        ? new LearnedProximalOptimizer(name, this, directions: directions)
        : new LearnedOptimizer(name, this, options: new LearnedOptions { Directions = directions });
}
