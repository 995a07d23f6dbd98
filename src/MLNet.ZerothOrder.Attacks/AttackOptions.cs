using System.Text.Json.Serialization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>The settings of an attack run. The defaults are the paper's for MNIST.</summary>
public sealed record AttackOptions
{
    /// <summary>The loss (Eq. 6). Its kind of scores is replaced by <see cref="Scores"/> or by the kind detected on the clean images.</summary>
    public AttackLoss Loss { get; init; } = new();

    /// <summary>The kind of the classifier's scores; null to detect it on the clean images.</summary>
    public ScoreKind? Scores { get; init; }

    /// <summary>The limits of an image's run.</summary>
    public RunLimits Limits { get; init; } = new();

    /// <summary>
    /// μ for all optimizers; null for each optimizer's own, or a measured one if it has none (<see cref="SmoothingCalibration"/>). A μ without
    /// slopes is replaced by a larger one (<see cref="RunScale"/>).
    /// </summary>
    public double? Smoothing
    {
        get;
        init => field = value is null || OptimizerSettings.IsPositive(value.Value)
            ? value : throw new ArgumentOutOfRangeException(nameof(Smoothing), value, "The smoothing parameter μ is a positive number.");
    }

    /// <summary>The number of correctly classified images to attack; null for all.</summary>
    public int? Count
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Count), value, "At least 1 image is attacked.");
    }

    /// <summary>Independent runs per image, each with its own random streams.</summary>
    public int Trials
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Trials), value, "There is at least 1 trial.");
    } = 1;

    /// <summary>The number of the first trial, so that trials 0..9 can be run one by one.</summary>
    public int FirstTrial { get; init; }

    /// <summary>
    /// The number of consecutive failed oracle calls that ends the attack. With fewer failures, an image on which the oracle fails is set aside with
    /// the reason, and the others continue. At 0, the first failure of any kind ends the attack.
    /// </summary>
    public int FailedCalls
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(FailedCalls), value, "The number of failed calls is at least 0.");
    } = 10;

    /// <summary>
    /// The levels of a channel in the file that a success has to survive: 256 (default), or null to count floats. At 256 an image counts as a success
    /// only if its 8-bit file does, and that file is the result. Where rounding undoes a success, the change is lengthened by 1, 2, 4, … 1,024 % until the file
    /// holds; each try is a query of the image. Rows that are no pictures need null. In a ball, or with few changed pixels, the file has to be inside too; images that are no files of 8 bits themselves count there as floats.
    /// </summary>
    public int? Levels
    {
        get;
        init => field = value is null or 256
            ? value : throw new ArgumentOutOfRangeException(nameof(Levels), value, "A file has 256 levels per channel; give 256, or null to count floats.");
    } = 256;

    /// <summary>The seed of all random streams.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The most rows per oracle call; null for the number that the oracle prefers. Results do not depend on it.</summary>
    public int? BatchRows { get; init; }

    /// <summary>
    /// Creates a step oracle from the loss and the shape of the steps, for optimizers whose steps can be answered as a whole (<see cref="IEstimateOptimizer"/>).
    /// If it is null or returns null, the oracle is queried row by row. The step oracle is disposed after the optimizer's run. Decorators of the oracle do not see these steps.
    /// </summary>
    public Func<AttackLoss, StepShape, IStepOracle?>? Steps { get; init; }

    /// <summary>A prior, from which every optimizer starts (<see cref="PriorOptimizer"/>); null for none. The caller disposes it. It needs scores and the clip transform, and is not for a limit of changed pixels.</summary>
    [JsonIgnore]
    public IDirectionPrior? Prior { get; init; }

    /// <summary>Called before the first run with each change of μ or c, one sentence each; null for none.</summary>
    [JsonIgnore]
    public Action<string>? Note { get; init; }

    /// <summary>Called once, before the first run, when the input has been found valid; null for none.</summary>
    [JsonIgnore]
    public Action? Starting { get; init; }

    /// <summary>
    /// The number of images in progress at the same time; null for as few as keep the calls of the model full, and no more than fit the memory. The others wait, so that an attack that ends early,
    /// such as at its time limit, has finished some images. Results do not depend on it.
    /// </summary>
    public int? InFlight { get; init; }

    /// <summary>Whether an attack without any image to attack is no error (default: false). A part of a stream may consist of images that are misclassified or of the target class.</summary>
    public bool AllowNoCorrect { get; init; }

    /// <summary>The shard of the images that is attacked; null for all (default).</summary>
    [JsonIgnore]
    public Shard? Shard { get; init; }

    /// <summary>The images on which μ and c are chosen; null for the first ones that are attacked. Shards of an audit choose on the same images as a whole one.</summary>
    [JsonIgnore]
    internal ImageSet? ScaleOn { get; init; }
}
