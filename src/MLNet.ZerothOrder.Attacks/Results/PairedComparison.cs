using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>
/// A run compared with a reference run. Images differ more than optimizers do, so the errors of the ratios are paired by image: trials
/// are averaged within an image, and the <see cref="Jackknife"/> leaves out one image of both runs at a time.
/// </summary>
public sealed record PairedComparison
{
    /// <summary>The optimizer of the reference run; empty if unknown.</summary>
    [JsonPropertyName("optimizer")]
    public string Reference { get; init; } = "";

    /// <summary>Images that both runs queried and neither set aside. Figures use only these, and only trials that both queried.</summary>
    public required int Images { get; init; }

    /// <summary>The ratio of the final losses.</summary>
    public required PairedRatio FinalLoss { get; init; }

    /// <summary>
    /// The ratio of the mean losses over iterates 1..T, where T is the longer of both runs. A problem that stopped early keeps its last loss.
    /// </summary>
    public required PairedRatio LossOverIterations { get; init; }

    /// <summary>
    /// The ratio of the queries to the first success. A problem without success counts with all its charged queries, so that failing is
    /// never better than succeeding.
    /// </summary>
    public required PairedRatio QueriesToFirstSuccess { get; init; }

    /// <summary>The first iterate at which the run's mean loss is below the mean final loss of the reference; null if there is none.</summary>
    [JsonPropertyName("iterationsToItsFinalLoss")]
    public required int? IterationsToReferencesFinalLoss { get; init; }

    /// <summary>Compares the problems of two runs, paired by image and trial.</summary>
    public static PairedComparison Between(IReadOnlyList<ImageResult> run, IReadOnlyList<ImageResult> reference)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(reference);
        Dictionary<(int, int), ImageResult> references = reference.Where(p => p.IsMeasured).ToDictionary(p => (p.Index, p.Trial));
        Pair[][] images = [.. run.Where(p => p.IsMeasured && references.ContainsKey((p.Index, p.Trial)))
            .GroupBy(p => p.Index, p => new Pair(p, references[(p.Index, p.Trial)])).Select(image => image.ToArray())];
        int horizon = images.Length == 0 ? 0 : images.Max(image => image.Max(pair => Math.Max(pair.Run.Trace.Count, pair.Reference.Trace.Count))) - 1;
        PairedRatio finalLoss = Ratio(p => p.FinalLoss);
        return new PairedComparison
        {
            Images = images.Length,
            FinalLoss = finalLoss,
            LossOverIterations = Ratio(p => p.LossOverIterations(horizon)),
            QueriesToFirstSuccess = Ratio(p => p.QueriesToFirstSuccess ?? p.Queries),
            IterationsToReferencesFinalLoss = images.Length == 0 ? null : FirstBelow(finalLoss.ReferenceMean),
        };

        PairedRatio Ratio(Func<ImageResult, double> figure)
        {
            double[] ofRun = [.. images.Select(image => image.Average(pair => figure(pair.Run)))];
            double[] ofReference = [.. images.Select(image => image.Average(pair => figure(pair.Reference)))];
            if (images.Length == 0)
            {
                return new PairedRatio(double.NaN, double.NaN, double.NaN, double.NaN);
            }

            (double ratio, double error) = Jackknife.RatioOfSums(ofRun, ofReference);
            return new PairedRatio(ofRun.Average(), ofReference.Average(), ratio, error);
        }

        int? FirstBelow(double loss)
        {
            for (int t = 0; t <= horizon; t++)
            {
                if (images.Average(image => image.Average(pair => pair.Run.LossAt(t))) < loss)
                {
                    return t;
                }
            }

            return null;
        }
    }

    private readonly record struct Pair(ImageResult Run, ImageResult Reference);
}
