namespace MLNet.ZerothOrder;

/// <summary>How the scores of a row depend on the other rows of a request.</summary>
/// <param name="Least">The fewest rows of a request with which they do not.</param>
/// <param name="Difference">How much they differ however many there are; null if they do not.</param>
internal readonly record struct ProbedRows(int Least, float? Difference);
