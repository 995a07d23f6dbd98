using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The figures of one run over its images. Figures without a measurement are null, or NaN (null in JSON).</summary>
public sealed record AttackStatistics
{
    /// <summary>Images × trials.</summary>
    public required int Problems { get; init; }

    /// <summary>Problems that were set aside because the oracle failed. They count only here, in the problems and in the queries.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Failed { get; init; }

    /// <summary>Queries sent again after a failure, not included in <see cref="TotalQueries"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long RetriedQueries { get; init; }

    /// <summary>Successes per queried problem. An interrupted run has problems that were never queried.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>The 95 % Wilson interval of the success rate.</summary>
    public required Interval SuccessRateInterval95 { get; init; }

    /// <summary>Successes that remain as 8-bit images, scored again, per queried problem. Unscored ones after an early end are excluded.</summary>
    public required double SavedSuccessRate { get; init; }

    /// <summary>The 95 % Wilson interval of <see cref="SavedSuccessRate"/>; null in files of earlier versions.</summary>
    public Interval? SavedSuccessRateInterval95 { get; init; }

    /// <summary>The mean loss of iterate 0.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double MeanInitialLoss { get; init; }

    /// <summary>The mean loss of the last iterate.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double MeanFinalLoss { get; init; }

    /// <summary>The standard error of the mean final loss by the <see cref="Jackknife"/> over images, as below; NaN for fewer than two images.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double MeanFinalLossStandardError { get; init; }

    /// <summary>The distribution over images of the final loss, averaged over trials; null without images.</summary>
    public required Quantiles? FinalLossOverImages { get; init; }

    /// <summary>The mean of <see cref="MeanLossByIteration"/> over iterates 1..T; the initial loss if T is 0.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double MeanLossOverIterations { get; init; }

    /// <summary>Its standard error.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double MeanLossOverIterationsStandardError { get; init; }

    /// <summary>The distribution over images of the mean loss over iterates 1..T, averaged over trials; null without images.</summary>
    public required Quantiles? LossOverIterationsOverImages { get; init; }

    /// <summary>The mean over problems of the loss of iterates 0..T; a problem that stopped early continues with its last loss.</summary>
    public required IReadOnlyList<double> MeanLossByIteration { get; init; }

    /// <summary>The median over successes; null without successes.</summary>
    public required double? MedianQueriesToFirstSuccess { get; init; }

    /// <summary>The mean over successes; null without successes.</summary>
    public required double? MeanQueriesToFirstSuccess { get; init; }

    /// <summary>Its standard error; NaN for fewer than two images with a success.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double MeanQueriesToFirstSuccessStandardError { get; init; }

    /// <summary>
    /// The mean over successes of the ℓ1 distortion of the first successful image; null without successes. An optimizer that overshoots succeeds early
    /// but far from the original.
    /// </summary>
    public required double? MeanL1AtFirstSuccess { get; init; }

    /// <summary>Its standard error; NaN for fewer than two images with a success.</summary>
    [JsonConverter(typeof(FiniteConverter))]
    public required double MeanL1AtFirstSuccessStandardError { get; init; }

    /// <summary>Medians over successes with their intervals; null in files of earlier versions.</summary>
    public SuccessMedians? Medians { get; init; }

    /// <summary>The queries of all problems.</summary>
    public required long TotalQueries { get; init; }

    /// <summary>The flagged queries of all problems; null if they were not counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? FlaggedQueries { get; init; }

    /// <summary>Computes the figures. Problems that were cancelled before their first query count only as problems.</summary>
    public static AttackStatistics From(IReadOnlyList<ImageResult> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        ImageResult[] queried = [.. problems.Where(p => p.IsMeasured)];
        ImageResult[][] images = [.. queried.GroupBy(p => p.Index).Select(image => image.ToArray())];
        int successes = queried.Count(p => p.Success);
        long[] first = [.. queried.Where(p => p.QueriesToFirstSuccess is not null).Select(p => p.QueriesToFirstSuccess!.Value).Order()];
        int length = queried.Length == 0 ? 0 : queried.Max(p => p.Trace.Count);
        var curve = new double[length];
        int held = queried.Count(p => p.SavedSuccess == true);
        int scored = queried.Count(p => !p.Success || p.SavedSuccess is not null);
        for (int t = 0; t < length; t++)
        {
            curve[t] = queried.Average(p => p.LossAt(t));
        }

        return new AttackStatistics
        {
            Problems = problems.Count,
            Failed = problems.Count(p => p.Failure is not null),
            SuccessRate = queried.Length == 0 ? 0 : (double)successes / queried.Length,
            SuccessRateInterval95 = Wilson(successes, queried.Length),
            RetriedQueries = problems.Sum(p => p.RetriedQueries),
            SavedSuccessRate = scored == 0 ? 0 : (double)held / scored,
            SavedSuccessRateInterval95 = Wilson(held, scored),
            MeanInitialLoss = queried.Length == 0 ? double.NaN : queried.Average(p => p.InitialLoss),
            MeanFinalLoss = queried.Length == 0 ? double.NaN : queried.Average(p => p.FinalLoss),
            MeanFinalLossStandardError = StandardError(images, p => p.FinalLoss),
            FinalLossOverImages = Quantiles.Of(images.Select(image => image.Average(p => p.FinalLoss))),
            MeanLossByIteration = curve,
            MeanLossOverIterations = length > 1 ? curve.Skip(1).Average() : length == 1 ? curve[0] : double.NaN,
            MeanLossOverIterationsStandardError = StandardError(images, p => p.LossOverIterations(length - 1)),
            LossOverIterationsOverImages = Quantiles.Of(images.Select(image => image.Average(p => p.LossOverIterations(length - 1)))),
            MedianQueriesToFirstSuccess = first.Length == 0 ? null : (first[(first.Length - 1) / 2] + first[first.Length / 2]) / 2.0,
            MeanQueriesToFirstSuccess = first.Length == 0 ? null : first.Average(),
            MeanQueriesToFirstSuccessStandardError = StandardError(images, p => p.QueriesToFirstSuccess),
            MeanL1AtFirstSuccess = queried.Average(p => p.FirstDistortion?.L1),
            MeanL1AtFirstSuccessStandardError = StandardError(images, p => p.FirstDistortion?.L1),
            Medians = SuccessMedians.From(queried),
            TotalQueries = problems.Sum(p => p.Queries),
            FlaggedQueries = problems.Any(p => p.FlaggedQueries is not null) ? problems.Sum(p => p.FlaggedQueries) : null,
        };
    }

    // The standard error of the mean over problems with this figure. The trials of an image are not independent, so they are left out together.
    private static double StandardError(ImageResult[][] images, Func<ImageResult, double?> figure)
    {
        double?[][] withFigure = [.. images.Select(image => image.Select(figure).Where(f => f is not null).ToArray()).Where(image => image.Length > 0)];
        return Jackknife.RatioOfSums([.. withFigure.Select(image => image.Sum()!.Value)], [.. withFigure.Select(image => (double)image.Length)]).StandardError;
    }

    /// <summary>The 95 % Wilson score interval of a rate; (0, 1) without trials.</summary>
    public static Interval Wilson(int successes, int trials)
    {
        if (trials == 0)
        {
            return new Interval(0, 1);
        }

        const double z = 1.959963984540054;
        double p = (double)successes / trials;
        double denominator = 1 + (z * z / trials);
        double center = (p + (z * z / (2 * trials))) / denominator;
        double half = z / denominator * Math.Sqrt((p * (1 - p) / trials) + (z * z / (4.0 * trials * trials)));

        // At 0 and at all successes the formula is exact. Rounding must not change it.
        return new Interval(successes == 0 ? 0 : Math.Max(0, center - half), successes == trials ? 1 : Math.Min(1, center + half));
    }
}
