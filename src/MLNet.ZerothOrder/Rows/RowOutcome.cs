namespace MLNet.ZerothOrder;

/// <summary>What an attack made of one row.</summary>
/// <param name="Adversarial">The adversarial row in the column's own range; the row as it was, where there is none.</param>
/// <param name="Label">The class that the classifier gives it.</param>
/// <param name="Success">Whether the classifier was right on the row and is wrong on the adversarial one (or of the target class).</param>
/// <param name="Queries">Queries charged; 0 where the classifier was wrong on the row itself, which is then not attacked.</param>
/// <param name="QueriesToSuccess">Queries up to the first success; 0 without any.</param>
/// <param name="Distortion">How far the adversarial row is off, by the loss's norm and in units of the whole range; NaN without success.</param>
internal sealed record RowOutcome(ReadOnlyMemory<float> Adversarial, int Label, bool Success, long Queries, long QueriesToSuccess, float Distortion);
