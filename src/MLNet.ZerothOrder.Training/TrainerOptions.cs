namespace MLNet.ZerothOrder.Training;

/// <summary>How an optimizer is trained. The defaults are those of the bundled optimizers' first training, in the command line, the library and ML.NET.</summary>
public sealed record TrainerOptions
{
    /// <summary>The number of problems to train on.</summary>
    public int Problems
    {
        get;
        init => field = AtLeast1(nameof(Problems), value);
    } = 200;

    /// <summary>The number of problems that run in parallel. Their meta-gradients are averaged.</summary>
    public int SideBySide
    {
        get;
        init => field = AtLeast1(nameof(SideBySide), value);
    } = 5;

    /// <summary>The number of problems between two validations, an epoch; a tenth of <see cref="Problems"/> unless it is set.</summary>
    public int Epoch
    {
        get => field > 0 ? field : Math.Max(1, Problems / 10);
        init => field = AtLeast1(nameof(Epoch), value);
    }

    /// <summary>T, the steps of a problem, or the most steps if they are drawn.</summary>
    public int Horizon
    {
        get;
        init => field = AtLeast1(nameof(Horizon), value);
    } = 200;

    /// <summary>
    /// The fewest steps of a problem. Each batch of problems draws T log-uniformly between this and <see cref="Horizon"/>, and the validation
    /// problems are spread over that range. If null or not below <see cref="Horizon"/>, every problem has <see cref="Horizon"/> steps.
    /// </summary>
    public int? ShortestHorizon
    {
        get;
        init => field = value is null ? null : AtLeast1(nameof(ShortestHorizon), value.Value);
    }

    /// <summary>The steps that are unrolled before the weights change.</summary>
    public int Truncation
    {
        get;
        init => field = AtLeast1(nameof(Truncation), value);
    } = 20;

    /// <summary>The most steps of a truncation. No problem has more than its horizon, so more memory would not be used.</summary>
    internal int Unroll => Math.Min(Truncation, Horizon);

    /// <summary>Adam's learning rate.</summary>
    public double LearningRate
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "The learning rate is above 0 and at most 1.");
    } = 0.004;

    /// <summary>The last learning rate relative to the first, with cosine decay; 1 for no decay.</summary>
    public double FinalRate
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(FinalRate), value, "The final share is above 0 and at most 1.");
    } = 0.05;

    /// <summary>Adam's ε. If it is far above the gradients, updates are proportional to them, so that weights without a clear gradient hardly change.</summary>
    public double Epsilon
    {
        get;
        init => field = value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(Epsilon), value, "ε is a positive number.");
    } = 1e-8;

    /// <summary>The limit of each element of a meta-gradient, which is clamped to ± this value.</summary>
    public double Clamp
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Clamp), value, "The clamp is a positive number.");
    } = 1;

    /// <summary>The largest norm of each problem's meta-gradient before averaging, so that no single problem dominates; null for no limit.</summary>
    public double? ProblemClip
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(ProblemClip), value, "The clip is a positive number.");
    }

    /// <summary>λ of Eq. 4, on QueryRNN's offset. If QueryRNN is trained on the quality of the estimate, on the mean of its squares.</summary>
    public double Regularization
    {
        get;
        init => field = value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(Regularization), value, "λ is at least 0.");
    } = 0.005;

    /// <summary>The objective over a trajectory.</summary>
    public MetaObjective Objective { get; init; }

    /// <summary>The source of ∇f(θ_t).</summary>
    public MetaGradient Gradient { get; init; } = MetaGradient.Directions(64);

    /// <summary>μ.</summary>
    public double Smoothing
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "μ is above 0 and at most 1.");
    } = 1e-4;

    /// <summary>The seed of all random streams.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The T at a position from 0, the shortest, to 1, the longest, on a logarithmic scale.</summary>
    internal int HorizonAt(double place) => ShortestHorizon is { } shortest && shortest < Horizon
        ? (int)Math.Round(shortest * Math.Pow((double)Horizon / shortest, place)) : Horizon;

    private static int AtLeast1(string name, int value) => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} is at least 1.");
}
