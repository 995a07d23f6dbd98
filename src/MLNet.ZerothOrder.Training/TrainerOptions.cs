namespace MLNet.ZerothOrder.Training;

/// <summary>How an optimizer is trained. Defaults are the paper's, but for the meta-gradient.</summary>
public sealed record TrainerOptions
{
    /// <summary>How many problems are run, one after the other or side by side.</summary>
    public int Problems
    {
        get;
        init => field = AtLeast1(nameof(Problems), value);
    } = 200;

    /// <summary>Problems that run side by side; their meta-gradients are averaged.</summary>
    public int SideBySide
    {
        get;
        init => field = AtLeast1(nameof(SideBySide), value);
    } = 1;

    /// <summary>Problems between two validations: an epoch.</summary>
    public int Epoch
    {
        get;
        init => field = AtLeast1(nameof(Epoch), value);
    } = 10;

    /// <summary>T, the steps of a problem; the most of them where they are drawn.</summary>
    public int Horizon
    {
        get;
        init => field = AtLeast1(nameof(Horizon), value);
    } = 200;

    /// <summary>
    /// The fewest steps of a problem: each batch of problems draws its T log-uniformly from here to <see cref="Horizon"/>, and the validation
    /// problems are spread over that range. Null, or not less than <see cref="Horizon"/>: every problem has <see cref="Horizon"/> steps.
    /// </summary>
    public int? ShortestHorizon
    {
        get;
        init => field = value is null ? null : AtLeast1(nameof(ShortestHorizon), value.Value);
    }

    /// <summary>Steps that are unrolled before the weights are changed.</summary>
    public int Truncation
    {
        get;
        init => field = AtLeast1(nameof(Truncation), value);
    } = 20;

    /// <summary>Steps that a truncation has at most: no problem has more than its horizon, so more memory would never be used.</summary>
    internal int Unroll => Math.Min(Truncation, Horizon);

    /// <summary>Adam's learning rate.</summary>
    public double LearningRate
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(LearningRate), value, "The learning rate is above 0 and at most 1.");
    } = 1e-3;

    /// <summary>The learning rate's last value as a share of its first, falling along a cosine; 1 keeps it.</summary>
    public double FinalRate
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(FinalRate), value, "The final share is above 0 and at most 1.");
    } = 1;

    /// <summary>Adam's ε. Far above the gradients it makes steps follow their size, so that weights without a clear gradient rest.</summary>
    public double Epsilon
    {
        get;
        init => field = value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(Epsilon), value, "ε is a positive number.");
    } = 1e-8;

    /// <summary>Each meta-gradient's element is clamped to ± this.</summary>
    public double Clamp
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Clamp), value, "The clamp is a positive number.");
    } = 1;

    /// <summary>Each problem's meta-gradient is shortened to this length before they are averaged, so that no single problem decides; null leaves it.</summary>
    public double? ProblemClip
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(ProblemClip), value, "The clip is a positive number.");
    }

    /// <summary>λ of Eq. 4, on QueryRNN's offset; where QueryRNN is learned on the estimate's quality, on the mean of its squares.</summary>
    public double Regularization
    {
        get;
        init => field = value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(Regularization), value, "λ is at least 0.");
    } = 0.005;

    /// <summary>What is minimised over a trajectory.</summary>
    public MetaObjective Objective { get; init; }

    /// <summary>Where ∇f(θ_t) comes from.</summary>
    public MetaGradient Gradient { get; init; } = MetaGradient.Directions(64);

    /// <summary>μ.</summary>
    public double Smoothing
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "μ is above 0 and at most 1.");
    } = 1e-4;

    /// <summary>The root of all random streams.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The T at a place from 0, the shortest, to 1, the longest, evenly by logarithm.</summary>
    internal int HorizonAt(double place) => ShortestHorizon is { } shortest && shortest < Horizon
        ? (int)Math.Round(shortest * Math.Pow((double)Horizon / shortest, place)) : Horizon;

    private static int AtLeast1(string name, int value) => value >= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} is at least 1.");
}
