namespace MLNet.ZerothOrder;

/// <summary>A run against one reference run, in a result file; see <see cref="PairedComparison"/>.</summary>
/// <param name="Optimizer">The reference run's optimizer.</param>
/// <param name="Images">Images that both runs queried.</param>
/// <param name="FinalLoss">Of the last iterate.</param>
/// <param name="LossOverIterations">The mean over iterates 1..T.</param>
/// <param name="QueriesToFirstSuccess">Where a problem without success counts with all its queries.</param>
/// <param name="IterationsToItsFinalLoss">The first iterate whose mean loss is below the reference's mean final loss; null where none is.</param>
public sealed record AgainstRecord(
    string Optimizer, int Images, RatioRecord FinalLoss, RatioRecord LossOverIterations, RatioRecord QueriesToFirstSuccess, int? IterationsToItsFinalLoss)
{
    internal static AgainstRecord From(string optimizer, PairedComparison comparison) => new(
        optimizer, comparison.Images, RatioRecord.From(comparison.FinalLoss), RatioRecord.From(comparison.LossOverIterations),
        RatioRecord.From(comparison.QueriesToFirstSuccess), comparison.IterationsToReferencesFinalLoss);
}
