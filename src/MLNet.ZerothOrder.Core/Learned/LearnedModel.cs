namespace MLNet.ZerothOrder;

/// <summary>
/// What was learned, and how: UpdateRNN (Eq. 2), QueryRNN (Eq. 3) where there is one, and the circumstances of training. It
/// is what an optimizer's file holds.
/// </summary>
public sealed record LearnedModel
{
    /// <summary>The version of what the numbers mean and of the file that holds them.</summary>
    public const int FormatVersion = 1;

    /// <summary>The longest <see cref="TrainedOn"/>.</summary>
    public const int MaxTrainedOn = 1000;

    /// <param name="update">UpdateRNN: 1 input.</param>
    /// <param name="query">QueryRNN: 2 inputs and as many hidden units; null samples from N(0, I) always.</param>
    /// <exception cref="ArgumentException">The networks have other shapes.</exception>
    public LearnedModel(RnnWeights update, RnnWeights? query = null)
    {
        ArgumentNullException.ThrowIfNull(update);
        if (update.Inputs != 1)
        {
            throw new ArgumentException($"UpdateRNN has {update.Inputs} inputs; it takes 1, the gradient estimate.", nameof(update));
        }

        if (query is not null && (query.Inputs != 2 || query.Hidden != update.Hidden))
        {
            throw new ArgumentException(
                $"QueryRNN has {query.Inputs} inputs and {query.Hidden} hidden units; it takes 2, the gradient estimate and the update, and has UpdateRNN's {update.Hidden} hidden units.",
                nameof(query));
        }

        Update = update;
        Query = query;
    }

    /// <summary>UpdateRNN: ĝ_t → Δθ_t.</summary>
    public RnnWeights Update { get; }

    /// <summary>QueryRNN: [ĝ_{t−1}, Δθ_{t−1}] → the offset o of the sampling deviation; null where there is none.</summary>
    public RnnWeights? Query { get; }

    /// <summary>H of both networks.</summary>
    public int Hidden => Update.Hidden;

    /// <summary>What the model was trained on, for people: one line.</summary>
    public string TrainedOn
    {
        get;
        init => field = value is { Length: <= MaxTrainedOn } && !value.Any(char.IsControl)
            ? value : throw new ArgumentException($"{nameof(TrainedOn)} is one line of at most {MaxTrainedOn} characters.", nameof(TrainedOn));
    } = "";

    /// <summary>q that the model was trained with.</summary>
    public int Directions
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Directions), value, "q is at least 1.");
    } = 20;

    /// <summary>μ that the model was trained with; null where each run chose its own.</summary>
    public float? Smoothing
    {
        get;
        init => field = value is null or (> 0 and < float.PositiveInfinity)
            ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "μ is a positive number.");
    }

    /// <summary>The seed of the training run.</summary>
    public long Seed { get; init; }

    /// <summary>The loss by which the model was selected, on problems it was not trained on; NaN where none was measured.</summary>
    public double ValidationLoss { get; init; } = double.NaN;
}
