namespace MLNet.ZerothOrder;

/// <summary>The result of a <see cref="TableAttack"/> on one row.</summary>
/// <param name="Original">The row.</param>
/// <param name="Scores">The model's scores of the row.</param>
/// <param name="IsAttacked">Whether the row had a goal.</param>
/// <param name="Found">The cheapest feasible row that reaches the goal; null if none was found.</param>
/// <param name="FoundScores">The model's scores of that row, asked again.</param>
/// <param name="Distance">How far that row is from the original.</param>
/// <param name="Queries">The queries of the search.</param>
/// <param name="QueriesToFirstSuccess">The queries up to the first row that reached the goal.</param>
public sealed record TableRow(
    ReadOnlyMemory<float> Original, float[] Scores, bool IsAttacked, ReadOnlyMemory<float>? Found, float[]? FoundScores, RowDistance? Distance, long Queries, long? QueriesToFirstSuccess);
