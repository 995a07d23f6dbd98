using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>The figures of one run in a result file; see <see cref="AttackStatistics"/>.</summary>
public sealed record SummaryRecord
{
    /// <summary>Images × trials.</summary>
    public required int Problems { get; init; }

    /// <summary>Problems that were set aside because the model failed on them, in no other figure but the queries; absent where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Failed { get; init; }

    /// <summary>Queries that were sent again after a failure, beside <see cref="TotalQueries"/>; absent where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long RetriedQueries { get; init; }

    /// <summary>Successes per problem that was queried at all.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>Low and high end of the 95 % Wilson interval.</summary>
    public required IReadOnlyList<double> SuccessRateInterval95 { get; init; }

    /// <summary>Saved 8-bit images that still are successes, scored again, per problem that was queried at all; without those that an early end left unscored.</summary>
    public required double SavedSuccessRate { get; init; }

    /// <summary>Low and high end of its 95 % Wilson interval; null in files of earlier versions.</summary>
    public IReadOnlyList<double>? SavedSuccessRateInterval95 { get; init; }

    /// <summary>The mean loss of iterate 0.</summary>
    public required double? MeanInitialLoss { get; init; }

    /// <summary>The mean loss of the last iterate.</summary>
    public required double? MeanFinalLoss { get; init; }

    /// <summary>Its standard error over images, as of the other means; null for fewer than two.</summary>
    public required double? MeanFinalLossStandardError { get; init; }

    /// <summary>An image's last loss, the mean over its trials.</summary>
    public required QuantilesRecord? FinalLossOverImages { get; init; }

    /// <summary>The mean loss over iterates 1..T.</summary>
    public required double? MeanLossOverIterations { get; init; }

    /// <summary>Its standard error.</summary>
    public required double? MeanLossOverIterationsStandardError { get; init; }

    /// <summary>An image's mean loss over iterates 1..T, the mean over its trials.</summary>
    public required QuantilesRecord? LossOverIterationsOverImages { get; init; }

    /// <summary>The mean loss of iterates 0..T.</summary>
    public required IReadOnlyList<double> MeanLossByIteration { get; init; }

    /// <summary>Over successes.</summary>
    public required double? MedianQueriesToFirstSuccess { get; init; }

    /// <summary>Over successes.</summary>
    public required double? MeanQueriesToFirstSuccess { get; init; }

    /// <summary>Its standard error.</summary>
    public required double? MeanQueriesToFirstSuccessStandardError { get; init; }

    /// <summary>The mean ℓ1 of the first successful image's change, over successes.</summary>
    public required double? MeanL1AtFirstSuccess { get; init; }

    /// <summary>Its standard error.</summary>
    public required double? MeanL1AtFirstSuccessStandardError { get; init; }

    /// <summary>Medians with their intervals; null in files of earlier versions.</summary>
    public MediansRecord? Medians { get; init; }

    /// <summary>All problems' queries.</summary>
    public required long TotalQueries { get; init; }

    // What the serializer does not look into: lists may be of any length.
    internal bool IsWhole => SuccessRateInterval95.Count == 2 && (SavedSuccessRateInterval95 is null or { Count: 2 }) && Medians?.IsWhole != false;

    /// <summary>The summary of a run's results.</summary>
    public static SummaryRecord From(IReadOnlyList<ImageResult> problems)
    {
        AttackStatistics statistics = AttackStatistics.From(problems);
        ImageResult[] queried = [.. problems.Where(p => p.Trace.Count > 0 && p.Failure is null)];
        int held = queried.Count(p => p.SavedSuccess == true);
        int scored = queried.Count(p => !p.Success || p.SavedSuccess is not null);
        (double low, double high) = AttackStatistics.Wilson(held, scored);
        return new SummaryRecord
        {
            Problems = statistics.Problems,
            Failed = statistics.Failed,
            RetriedQueries = problems.Sum(p => p.RetriedQueries),
            SuccessRate = statistics.SuccessRate,
            SuccessRateInterval95 = [statistics.SuccessRateInterval95.Low, statistics.SuccessRateInterval95.High],
            SavedSuccessRate = scored == 0 ? 0 : (double)held / scored,
            SavedSuccessRateInterval95 = [low, high],
            MeanInitialLoss = ProblemRecord.Finite(statistics.MeanInitialLoss),
            MeanFinalLoss = ProblemRecord.Finite(statistics.MeanFinalLoss),
            MeanFinalLossStandardError = ProblemRecord.Finite(statistics.MeanFinalLossStandardError),
            FinalLossOverImages = QuantilesRecord.From(statistics.FinalLossOverImages),
            MeanLossOverIterations = ProblemRecord.Finite(statistics.MeanLossOverIterations),
            MeanLossOverIterationsStandardError = ProblemRecord.Finite(statistics.MeanLossOverIterationsStandardError),
            LossOverIterationsOverImages = QuantilesRecord.From(statistics.LossOverIterationsOverImages),
            MeanLossByIteration = statistics.MeanLossByIteration,
            MedianQueriesToFirstSuccess = statistics.MedianQueriesToFirstSuccess,
            MeanQueriesToFirstSuccess = statistics.MeanQueriesToFirstSuccess,
            MeanQueriesToFirstSuccessStandardError = ProblemRecord.Finite(statistics.MeanQueriesToFirstSuccessStandardError),
            MeanL1AtFirstSuccess = statistics.MeanL1AtFirstSuccess,
            MeanL1AtFirstSuccessStandardError = ProblemRecord.Finite(statistics.MeanL1AtFirstSuccessStandardError),
            Medians = MediansRecord.From(queried),
            TotalQueries = statistics.TotalQueries,
        };
    }
}
