namespace MLNet.ZerothOrder;

/// <summary>The result of an attack on one row.</summary>
/// <param name="Adversarial">The adversarial row in the range of the column; the original row without success.</param>
/// <param name="Label">The predicted class of the adversarial row.</param>
/// <param name="Success">Whether the row was classified correctly and the adversarial row is misclassified (or classified as the target class).</param>
/// <param name="Queries">The charged queries; 0 for a misclassified row, which is not attacked.</param>
/// <param name="QueriesToSuccess">The queries up to the first success; 0 without success.</param>
/// <param name="Distortion">The distortion in the norm of the loss, relative to the whole range; NaN without success.</param>
internal sealed record RowOutcome(ReadOnlyMemory<float> Adversarial, int Label, bool Success, long Queries, long QueriesToSuccess, float Distortion)
{
    /// <summary>The last score of the adversarial row, or of the original row without success: the prediction of a regression.</summary>
    public float Score { get; init; }
}
