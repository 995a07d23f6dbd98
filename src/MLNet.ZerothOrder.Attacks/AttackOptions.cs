namespace MLNet.ZerothOrder;

/// <summary>The settings of an attack run. The defaults are the paper's for MNIST.</summary>
public sealed record AttackOptions
{
    /// <summary>The loss (Eq. 6). Its score kind is replaced by <see cref="Scores"/> or by what the clean images' scores look like.</summary>
    public AttackLoss Loss { get; init; } = new();

    /// <summary>What the classifier's scores are; null looks at the clean images' scores.</summary>
    public ScoreKind? Scores { get; init; }

    /// <summary>When an image's run ends.</summary>
    public RunLimits Limits { get; init; } = new();

    /// <summary>μ for all optimizers; null takes each optimizer's own, and where it has none, measures (<see cref="SmoothingCalibration"/>).</summary>
    public double? Smoothing
    {
        get;
        init => field = value is null || OptimizerSettings.IsPositive(value.Value)
            ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "The smoothing parameter μ is a positive number.");
    }

    /// <summary>How many correctly classified images to attack; null means all.</summary>
    public int? Count
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Count), value, "At least 1 image is attacked.");
    }

    /// <summary>Independent runs per image, with random streams of their own.</summary>
    public int Trials
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Trials), value, "There is at least 1 trial.");
    } = 1;

    /// <summary>The first trial's number: runs of trials 0..9 can be made one by one.</summary>
    public int FirstTrial { get; init; }

    /// <summary>
    /// Where the oracle fails on an image, that image is set aside with the reason and the others go on; this many oracle calls in a row
    /// that give nothing end the attack. At 0, the first failure of any kind does.
    /// </summary>
    public int FailedCalls
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(FailedCalls), value, "The number of failed calls is at least 0.");
    } = 10;

    /// <summary>The root of all random streams.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Rows per oracle call at most; null takes what the oracle prefers. Results do not depend on it.</summary>
    public int? BatchRows { get; init; }

    /// <summary>
    /// Makes what asks an optimizer's steps whole, from the loss and what the steps ask, for optimizers whose steps can be (<see cref="IEstimateOptimizer"/>);
    /// null, or a null from it, asks row by row. Disposed after the optimizer's run. What decorates the oracle sees none of these steps.
    /// </summary>
    public Func<AttackLoss, StepShape, IStepOracle?>? Steps { get; init; }

    /// <summary>Images under way at the same time. Results do not depend on it.</summary>
    public int InFlight { get; init; } = 200;

    /// <summary>Whether images of which none is classified correctly are no error: one part of a stream may hold only such.</summary>
    internal bool MayHaveNone { get; init; }
}
