namespace MLNet.ZerothOrder;

/// <summary>How well a classifier withstood an attack that only asked it.</summary>
public sealed record RobustnessMetrics
{
    /// <summary>Rows in all.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows that the classifier got right, and that were attacked.</summary>
    public required int Attacked { get; init; }

    /// <summary>Attacked rows for which an adversarial example was found.</summary>
    public required int Successes { get; init; }

    /// <summary>Right answers per row before the attack.</summary>
    public double CleanAccuracy => Rows == 0 ? double.NaN : (double)Attacked / Rows;

    /// <summary>Right answers per row after the attack.</summary>
    public double AccuracyUnderAttack => Rows == 0 ? double.NaN : (double)(Attacked - Successes) / Rows;

    /// <summary>Successes per attacked row; NaN without any.</summary>
    public double SuccessRate => Attacked == 0 ? double.NaN : (double)Successes / Attacked;

    /// <summary>The 95 % Wilson interval of the success rate; 0 to 1 where no row was attacked.</summary>
    public Interval SuccessRateInterval95 => AttackStatistics.Wilson(Successes, Attacked);

    /// <summary>
    /// Accuracy that is left when every row may be asked about at most so many times: the first point is (0, <see cref="CleanAccuracy"/>),
    /// then one per number of queries at which some row first fell.
    /// </summary>
    public required IReadOnlyList<(long Queries, double Accuracy)> AccuracyByQueries { get; init; }

    /// <summary>Queries up to the first success, over the successes; NaN without any.</summary>
    public required double MedianQueriesToSuccess { get; init; }

    /// <summary>Queries charged, over the attacked rows; NaN without any.</summary>
    public required double MedianQueries { get; init; }

    /// <summary>All rows' queries.</summary>
    public required long TotalQueries { get; init; }

    /// <summary>Distortions over the successes, in the norm of the attack's loss; null without any.</summary>
    public required Quantiles? Distortion { get; init; }

    /// <summary>The accuracy that is left at this many queries per row.</summary>
    public double AccuracyAt(long queries) => AccuracyByQueries.Last(point => point.Queries <= Math.Max(0, queries)).Accuracy;
}
