using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder;

/// <summary>The settings of a <see cref="BlackBoxAttackEstimator"/>.</summary>
public sealed record BlackBoxAttackOptions
{
    /// <summary>
    /// The column of images: a vector of floats of known size, in the order and the range of the classifier's input. For a <see cref="Target"/> that loads, resizes
    /// and extracts pixels itself, also the column of images or paths that it starts from.
    /// </summary>
    public string InputColumnName { get; init; } = "Features";

    /// <summary>
    /// The columns of a table's row, in the order of <see cref="Constraints"/>: numbers, Booleans, keys, texts and vectors of Single. The target is then a fitted pipeline that starts from these columns, and
    /// the attack changes their values. Null for <see cref="InputColumnName"/> alone.
    /// </summary>
    public IReadOnlyList<string>? InputColumnNames { get; init; }

    /// <summary>
    /// What rows can be. Every asked row and every result keeps these rules, and distances are in units of the features' spreads. Null for the range <see cref="Minimum"/>..<see cref="Maximum"/> of each
    /// value; with <see cref="InputColumnNames"/>, Fit then learns the rules from its rows.
    /// </summary>
    public FeatureConstraints? Constraints { get; init; }

    /// <summary>
    /// For a regression: what is to be reached, from the prediction of the row itself, such as <c>p => RowGoal.Moved(p, 1000)</c>. No label column is needed then. Null for a classifier. It needs
    /// <see cref="Constraints"/> or <see cref="InputColumnNames"/>.
    /// </summary>
    public Func<float, RowGoal>? Goal { get; init; }

    /// <summary>The column of true classes: key, int, uint, bool or text.</summary>
    public string LabelColumnName { get; init; } = "Label";

    /// <summary>The classifier as an <c>.onnx</c> file. A shorthand for <see cref="Target"/> = <see cref="ZerothOrderCatalog.FromOnnx"/>.</summary>
    public string? ModelPath { get; init; }

    /// <summary>The classifier: <see cref="ZerothOrderCatalog.FromOnnx"/> or <see cref="ZerothOrderCatalog.FromTransformer"/>.</summary>
    public BlackBoxTarget? Target { get; init; }

    /// <summary>
    /// The names of the classes, in the order of the classifier's scores. Text labels, keys with values, and numbers if all names are integers are matched to these names.
    /// Null uses the labels that the trainer saw (the score column's TrainingLabelValues or slot names, or the values of PredictedLabel), or 0, 1, 2 … if it left none.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>
    /// The optimizer: a bundled one (<see cref="BundledOptimizers"/>), a hand-designed one (<see cref="OptimizerRegistry"/>), <c>threshold-search</c> (<see cref="ThresholdSearch"/>), or the path of an
    /// <c>.onnx</c> file. The default, <c>auto</c>, is threshold-search for rows with constraints, and for an ML.NET model whose scores stay the same for small changes; else zo-lstm-plus. The log says which.
    /// </summary>
    public string Optimizer { get; init; } = Automatic;

    /// <summary>The settings of a hand-designed optimizer; null for its untuned settings.</summary>
    public OptimizerSettings? Settings { get; init; }

    /// <summary>q of a learned optimizer; null for its own.</summary>
    public int? Directions
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Directions), value, "q must be at least 1.");
    }

    /// <summary>
    /// The loss, the limits, the seed and so on. <see cref="AttackOptions.Count"/>, <see cref="AttackOptions.Trials"/> and a time limit have no
    /// effect on a stream of rows and must be unset.
    /// </summary>
    public AttackOptions Attack { get; init; } = new();

    /// <summary>The smallest value of the input column: black, or the lower bound of a feature (default: 0). Images have the range of their extracted pixels instead.</summary>
    public float Minimum { get; init; }

    /// <summary>The largest value of the input column, such as 1 or 255 for pixels (default: 1). Distortions are measured relative to the whole range.</summary>
    public float Maximum { get; init; } = 1;

    internal const string Automatic = "auto";

    /// <summary>Whether Fit trains the optimizer.</summary>
    public AttackTraining Training { get; init; }

    /// <summary>How Fit trains. <see cref="TrainerOptions.Problems"/> and <see cref="TrainerOptions.Horizon"/> determine the number of queries.</summary>
    public TrainerOptions Trainer { get; init; } = new();

    /// <summary>The number of rows for training and validation. Fit takes the first rows that the classifier classifies correctly.</summary>
    public int TrainingRows
    {
        get;
        init => field = value >= 2 ? value : throw new ArgumentOutOfRangeException(nameof(TrainingRows), value, "At least 2 rows are needed, one for training and one for validation.");
    } = 100;

    /// <summary>The rows that are attacked together. Null starts with 16, for a quick first result, and doubles up to 1,024. Results do not depend on it.</summary>
    public int? LookAhead
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(LookAhead), value, "LookAhead must be at least 1 row.");
    }

    /// <summary>Cancels Fit and the reading of transformed rows with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Called after every step of every attacked row, on the engine's threads, one call at a time.</summary>
    public Action<AttackProgress>? Progress { get; init; }
}
