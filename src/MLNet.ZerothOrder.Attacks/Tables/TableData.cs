namespace MLNet.ZerothOrder;

/// <summary>The rows of a table, as a model takes them.</summary>
/// <param name="Name">The name of the table.</param>
/// <param name="Rows">The rows, one float per feature: the places of categories for texts, NaN for a missing value.</param>
public sealed record TableData(string Name, IReadOnlyList<ReadOnlyMemory<float>> Rows)
{
    /// <summary>The true class of each row; null if a row counts as right while it keeps the class that the model gives it, and for a regression.</summary>
    public IReadOnlyList<int>? Labels { get; init; }

    /// <summary>The names of the classes, in the order of the scores; null for their numbers.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The queries that were sent to prepare the rows, such as for the names of the classes.</summary>
    public long Queries { get; init; }

    /// <summary>What makes figures about these rows doubtful, one text each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
