namespace MLNet.ZerothOrder;

/// <summary>The settings of <see cref="ZerothOrderCatalog.Counterfactuals"/>.</summary>
public sealed record CounterfactualOptions
{
    /// <summary>The columns of a row that the model starts from and that may change: numbers, Booleans, keys, texts and vectors of Single (default: the column Features).</summary>
    public IReadOnlyList<string> InputColumnNames { get; init; } = ["Features"];

    /// <summary>The score column of the model: one score per class, the single score of a binary classifier (positive for true, class 1), or a predicted number.</summary>
    public string ScoreColumnName { get; init; } = "Score";

    /// <summary>What rows can be; null to learn it from the rows.</summary>
    public FeatureConstraints? Constraints { get; init; }

    /// <summary>The class that is wanted, from 0 in the order of the scores; rows that already have it get no counterfactual. Null for any other class than the predicted one.</summary>
    public int? Target { get; init; }

    /// <summary>For a regression: what is wanted, from the prediction of the row itself, such as <c>p => RowGoal.Above(1000)</c>. Null for a classifier.</summary>
    public Func<float, RowGoal>? Goal { get; init; }

    /// <summary>The most counterfactuals per row (default: 3).</summary>
    public int Count
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Count), value, "At least 1 counterfactual is wanted.");
    } = 3;

    /// <summary>The norm of the cost, the limits of each search, the seed and so on (default: 60 steps, 960 queries, for each search).</summary>
    public AttackOptions Attack { get; init; } = new() { Limits = new RunLimits { Iterations = 60 } };

    /// <summary>Cancels the search with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }
}
