namespace MLNet.ZerothOrder;

/// <summary>One figure of a run beside a reference run's, in a result file; see <see cref="PairedRatio"/>.</summary>
/// <param name="Mean">The run's, over the images and trials that both runs queried.</param>
/// <param name="ReferenceMean">The reference's.</param>
/// <param name="Ratio">Their ratio; null where the reference's is not positive.</param>
/// <param name="StandardError">The ratio's, paired by image; null for fewer than two images.</param>
public sealed record RatioRecord(double? Mean, double? ReferenceMean, double? Ratio, double? StandardError)
{
    internal static RatioRecord From(PairedRatio pair) => new(
        ProblemRecord.Finite(pair.Mean), ProblemRecord.Finite(pair.ReferenceMean), ProblemRecord.Finite(pair.Ratio.Value), ProblemRecord.Finite(pair.Ratio.StandardError));
}
