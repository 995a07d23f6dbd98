namespace MLNet.ZerothOrder;

/// <summary>A run against other runs on the same images and trials, in a result file.</summary>
/// <param name="BestInFinalLoss">The reference of the lowest mean final loss.</param>
/// <param name="BestInLossOverIterations">The reference of the lowest mean loss over iterations.</param>
/// <param name="BestInQueriesToFirstSuccess">The reference of the fewest mean queries to the first success.</param>
/// <param name="Against">One record per reference.</param>
public sealed record ComparisonRecord(
    string BestInFinalLoss, string BestInLossOverIterations, string BestInQueriesToFirstSuccess, IReadOnlyList<AgainstRecord> Against)
{
    /// <summary>Compares a run with those of some optimizers; null where there is no other one among them.</summary>
    /// <param name="run">The run.</param>
    /// <param name="references">Optimizers, as typed, and their problems.</param>
    public static ComparisonRecord? From(
        IReadOnlyList<ImageResult> run, IEnumerable<(string Optimizer, IReadOnlyList<ImageResult> Problems)> references)
    {
        AgainstRecord[] against = [.. references.Where(r => r.Problems != run).Select(r => AgainstRecord.From(r.Optimizer, PairedComparison.Between(run, r.Problems)))];
        return against.Length == 0 ? null : new ComparisonRecord(Best(a => a.FinalLoss), Best(a => a.LossOverIterations), Best(a => a.QueriesToFirstSuccess), against);

        string Best(Func<AgainstRecord, RatioRecord> figure) => against.MinBy(a => figure(a).ReferenceMean ?? double.PositiveInfinity)!.Optimizer;
    }

    /// <summary>The record against one reference.</summary>
    public AgainstRecord With(string optimizer) => Against.First(a => a.Optimizer == optimizer);
}
