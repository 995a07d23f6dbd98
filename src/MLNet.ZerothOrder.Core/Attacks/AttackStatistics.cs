namespace MLNet.ZerothOrder;

/// <summary>The figures of one run over its images.</summary>
public sealed record AttackStatistics
{
    /// <summary>Images × trials.</summary>
    public required int Problems { get; init; }

    /// <summary>Successes per problem that was queried at all; an interrupted run leaves some out.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>The 95 % Wilson interval of the success rate.</summary>
    public required (double Low, double High) SuccessRateInterval95 { get; init; }

    /// <summary>The mean loss of iterate 0.</summary>
    public required double MeanInitialLoss { get; init; }

    /// <summary>The mean loss of the last iterate.</summary>
    public required double MeanFinalLoss { get; init; }

    /// <summary>The mean over problems of the loss of iterates 0..T; a problem that stopped early counts on with its last loss.</summary>
    public required IReadOnlyList<double> MeanLossByIteration { get; init; }

    /// <summary>The mean of <see cref="MeanLossByIteration"/> over iterates 1..T; the initial loss where there is none.</summary>
    public required double MeanLossOverIterations { get; init; }

    /// <summary>Over successes; null without any.</summary>
    public required double? MedianQueriesToFirstSuccess { get; init; }

    /// <summary>Over successes; null without any.</summary>
    public required double? MeanQueriesToFirstSuccess { get; init; }

    /// <summary>All problems' queries.</summary>
    public required long TotalQueries { get; init; }

    /// <summary>The figures of some problems; those cancelled before their first query only count as problems.</summary>
    public static AttackStatistics From(IReadOnlyList<ImageResult> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        ImageResult[] queried = [.. problems.Where(p => p.Trace.Count > 0)];
        int successes = problems.Count(p => p.Success);
        long[] first = [.. problems.Where(p => p.QueriesToFirstSuccess is not null).Select(p => p.QueriesToFirstSuccess!.Value).Order()];
        int length = queried.Length == 0 ? 0 : queried.Max(p => p.Trace.Count);
        var curve = new double[length];
        for (int t = 0; t < length; t++)
        {
            curve[t] = queried.Average(p => p.Trace[Math.Min(t, p.Trace.Count - 1)]);
        }

        return new AttackStatistics
        {
            Problems = problems.Count,
            SuccessRate = queried.Length == 0 ? 0 : (double)successes / queried.Length,
            SuccessRateInterval95 = Wilson(successes, queried.Length),
            MeanInitialLoss = queried.Length == 0 ? double.NaN : queried.Average(p => p.InitialLoss),
            MeanFinalLoss = queried.Length == 0 ? double.NaN : queried.Average(p => p.FinalLoss),
            MeanLossByIteration = curve,
            MeanLossOverIterations = length > 1 ? curve.Skip(1).Average() : length == 1 ? curve[0] : double.NaN,
            MedianQueriesToFirstSuccess = first.Length == 0 ? null : (first[(first.Length - 1) / 2] + first[first.Length / 2]) / 2.0,
            MeanQueriesToFirstSuccess = first.Length == 0 ? null : first.Average(),
            TotalQueries = problems.Sum(p => p.Queries),
        };
    }

    /// <summary>The 95 % Wilson score interval of a rate; (0, 1) where nothing was tried.</summary>
    public static (double Low, double High) Wilson(int successes, int trials)
    {
        if (trials == 0)
        {
            return (0, 1);
        }

        const double z = 1.959963984540054;
        double p = (double)successes / trials;
        double denominator = 1 + (z * z / trials);
        double center = (p + (z * z / (2 * trials))) / denominator;
        double half = z / denominator * Math.Sqrt((p * (1 - p) / trials) + (z * z / (4.0 * trials * trials)));

        // At 0 and at all successes the formula's own end is exact; rounding must not move it.
        return (successes == 0 ? 0 : Math.Max(0, center - half), successes == trials ? 1 : Math.Min(1, center + half));
    }
}
