namespace MLNet.ZerothOrder;

/// <summary>The figures of one run in a result file; see <see cref="AttackStatistics"/>.</summary>
public sealed record SummaryRecord
{
    /// <summary>Images × trials.</summary>
    public required int Problems { get; init; }

    /// <summary>Successes per problem that was queried at all.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>Low and high end of the 95 % Wilson interval.</summary>
    public required IReadOnlyList<double> SuccessRateInterval95 { get; init; }

    /// <summary>Saved 8-bit images that still are successes, per problem that was queried at all.</summary>
    public required double SavedSuccessRate { get; init; }

    /// <summary>The mean loss of iterate 0.</summary>
    public required double? MeanInitialLoss { get; init; }

    /// <summary>The mean loss of the last iterate.</summary>
    public required double? MeanFinalLoss { get; init; }

    /// <summary>The mean loss over iterates 1..T.</summary>
    public required double? MeanLossOverIterations { get; init; }

    /// <summary>The mean loss of iterates 0..T.</summary>
    public required IReadOnlyList<double> MeanLossByIteration { get; init; }

    /// <summary>Over successes.</summary>
    public required double? MedianQueriesToFirstSuccess { get; init; }

    /// <summary>Over successes.</summary>
    public required double? MeanQueriesToFirstSuccess { get; init; }

    /// <summary>All problems' queries.</summary>
    public required long TotalQueries { get; init; }

    /// <summary>The summary of a run's results.</summary>
    public static SummaryRecord From(IReadOnlyList<ImageResult> problems)
    {
        AttackStatistics statistics = AttackStatistics.From(problems);
        int queried = problems.Count(p => p.Trace.Count > 0);
        return new SummaryRecord
        {
            Problems = statistics.Problems,
            SuccessRate = statistics.SuccessRate,
            SuccessRateInterval95 = [statistics.SuccessRateInterval95.Low, statistics.SuccessRateInterval95.High],
            SavedSuccessRate = queried == 0 ? 0 : (double)problems.Count(p => p.SavedSuccess == true) / queried,
            MeanInitialLoss = ProblemRecord.Finite(statistics.MeanInitialLoss),
            MeanFinalLoss = ProblemRecord.Finite(statistics.MeanFinalLoss),
            MeanLossOverIterations = ProblemRecord.Finite(statistics.MeanLossOverIterations),
            MeanLossByIteration = statistics.MeanLossByIteration,
            MedianQueriesToFirstSuccess = statistics.MedianQueriesToFirstSuccess,
            MeanQueriesToFirstSuccess = statistics.MeanQueriesToFirstSuccess,
            TotalQueries = statistics.TotalQueries,
        };
    }
}
