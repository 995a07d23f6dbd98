using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder;

/// <summary>The settings of a <see cref="BlackBoxAttackEstimator"/>. Defaults are those of <c>zo attack</c>.</summary>
public sealed record BlackBoxAttackOptions
{
    /// <summary>The column of images: a vector of floats of known size, in the order and the range that the classifier takes.</summary>
    public string InputColumnName { get; init; } = "Features";

    /// <summary>The column of true classes: key, int, uint, bool or text.</summary>
    public string LabelColumnName { get; init; } = "Label";

    /// <summary>The classifier, as an <c>.onnx</c> file. Short for <see cref="Target"/> = <see cref="ZerothOrderCatalog.FromOnnx"/>.</summary>
    public string? ModelPath { get; init; }

    /// <summary>The classifier: <see cref="ZerothOrderCatalog.FromOnnx"/> or <see cref="ZerothOrderCatalog.FromTransformer"/>.</summary>
    public BlackBoxTarget? Target { get; init; }

    /// <summary>
    /// What the classes are called, in the order of the classifier's scores; labels that are texts, or keys of values, are looked up there.
    /// Null takes the score column's slot names, else 0, 1, 2 …
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The optimizer: a bundled one (<see cref="BundledOptimizers"/>), a hand-designed one (<see cref="OptimizerRegistry"/>), or the path of an <c>.onnx</c> file.</summary>
    public string Optimizer { get; init; } = "zo-lstm-plus";

    /// <summary>Settings of a hand-designed optimizer; null are its untuned ones.</summary>
    public OptimizerSettings? Settings { get; init; }

    /// <summary>q of a learned optimizer; null is its own.</summary>
    public int? Directions
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Directions), value, "q is at least 1.");
    }

    /// <summary>
    /// Loss, limits, seed and so on. <see cref="AttackOptions.Count"/>, <see cref="AttackOptions.Trials"/> and a limit of time have no meaning
    /// for rows that come one after the other, and must be left alone.
    /// </summary>
    public AttackOptions Attack { get; init; } = new();

    /// <summary>The least value of the input column: black, or a feature's lower bound.</summary>
    public float Minimum { get; init; }

    /// <summary>The greatest value of the input column: 1 or 255 for pixels. Distortions are measured in units of the whole range.</summary>
    public float Maximum { get; init; } = 1;

    /// <summary>Whether Fit learns.</summary>
    public AttackTraining Training { get; init; }

    /// <summary>How Fit learns; <see cref="TrainerOptions.Problems"/> and <see cref="TrainerOptions.Horizon"/> say how many queries it costs.</summary>
    public TrainerOptions Trainer { get; init; } = new() { Problems = 50, SideBySide = 5, LearningRate = 0.004, FinalRate = 0.05 };

    /// <summary>The rows that Fit learns on, validation included; the first that the classifier gets right.</summary>
    public int TrainingRows
    {
        get;
        init => field = value >= 2 ? value : throw new ArgumentOutOfRangeException(nameof(TrainingRows), value, "At least 2 rows are needed, one to learn on and one to validate on.");
    } = 100;

    /// <summary>Rows that are attacked together. Null begins with 16, so that a first look is quick, and doubles up to 1,024. Results do not depend on it.</summary>
    public int? LookAhead
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(LookAhead), value, "At least 1 row is looked at.");
    }

    /// <summary>Ends Fit and the reading of transformed rows with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Told after every step of every attacked row, from the engine's threads, one at a time.</summary>
    public Action<AttackProgress>? Progress { get; init; }
}
