namespace MLNet.ZerothOrder;

/// <summary>A feasible row with another outcome: an answer to "what would have to change?".</summary>
/// <param name="Row">The index of the original row.</param>
/// <param name="Values">The changed row, one float per feature.</param>
/// <param name="Scores">The model's scores of the changed row.</param>
/// <param name="Distance">How far it is from the original.</param>
/// <param name="Sentence">The changes in words, such as <c>Income 41,000 → 43,500 and Debts 5 → 4</c>.</param>
public sealed record Counterfactual(int Row, ReadOnlyMemory<float> Values, float[] Scores, RowDistance Distance, string Sentence);
