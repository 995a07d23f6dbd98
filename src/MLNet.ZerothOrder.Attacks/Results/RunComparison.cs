namespace MLNet.ZerothOrder;

/// <summary>A run compared with other runs on the same images and trials.</summary>
/// <param name="BestInFinalLoss">The reference with the lowest mean final loss.</param>
/// <param name="BestInLossOverIterations">The reference with the lowest mean loss over iterations.</param>
/// <param name="BestInQueriesToFirstSuccess">The reference with the fewest mean queries to the first success.</param>
/// <param name="Against">One comparison per reference.</param>
public sealed record RunComparison(
    string BestInFinalLoss, string BestInLossOverIterations, string BestInQueriesToFirstSuccess, IReadOnlyList<PairedComparison> Against)
{
    /// <summary>Compares a run with the runs of several optimizers; null if there is no other run among them.</summary>
    /// <param name="run">The run.</param>
    /// <param name="references">The optimizers by name, with their results.</param>
    public static RunComparison? From(IReadOnlyList<ImageResult> run, IEnumerable<(string Optimizer, IReadOnlyList<ImageResult> Images)> references)
    {
        PairedComparison[] against = [.. references.Where(r => r.Images != run).Select(r => PairedComparison.Between(run, r.Images) with { Reference = r.Optimizer })];
        return against.Length == 0 ? null : new RunComparison(Best(a => a.FinalLoss), Best(a => a.LossOverIterations), Best(a => a.QueriesToFirstSuccess), against);

        string Best(Func<PairedComparison, PairedRatio> figure) =>
            against.MinBy(a => figure(a).ReferenceMean is var mean && double.IsFinite(mean) ? mean : double.PositiveInfinity)!.Reference;
    }

    /// <summary>The comparison with one reference.</summary>
    public PairedComparison With(string optimizer) => Against.First(a => a.Reference == optimizer);
}
