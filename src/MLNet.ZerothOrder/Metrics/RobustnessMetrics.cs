namespace MLNet.ZerothOrder;

/// <summary>The robustness of a classifier under a black-box attack.</summary>
public sealed record RobustnessMetrics
{
    /// <summary>The number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows that the classifier classified correctly, but for <see cref="OfTarget"/>. Only these were attacked.</summary>
    public required int Attacked { get; init; }

    /// <summary>Rows of the attack's target class that the classifier classified correctly. They are not attacked, and stay right.</summary>
    public int OfTarget { get; init; }

    /// <summary>Attacked rows for which an adversarial example was found.</summary>
    public required int Successes { get; init; }

    /// <summary>The accuracy without attack: correctly classified rows per row.</summary>
    public double CleanAccuracy => Rows == 0 ? double.NaN : (double)(Attacked + OfTarget) / Rows;

    /// <summary>The accuracy under attack: rows that are still classified correctly, per row.</summary>
    public double AccuracyUnderAttack => Rows == 0 ? double.NaN : (double)(Attacked + OfTarget - Successes) / Rows;

    /// <summary>Successes per attacked row; NaN if no row was attacked.</summary>
    public double SuccessRate => Attacked == 0 ? double.NaN : (double)Successes / Attacked;

    /// <summary>The 95 % Wilson interval of the success rate; 0 to 1 if no row was attacked.</summary>
    public Interval SuccessRateInterval95 => AttackStatistics.Wilson(Successes, Attacked);

    /// <summary>
    /// The accuracy under an attack with a limited number of queries per row. The first point is (0, <see cref="CleanAccuracy"/>);
    /// one point follows for each number of queries at which some row was first misclassified.
    /// </summary>
    public required IReadOnlyList<(long Queries, double Accuracy)> AccuracyByQueries { get; init; }

    /// <summary>The median of the queries up to the first success, over the successes; NaN without successes.</summary>
    public required double MedianQueriesToSuccess { get; init; }

    /// <summary>The median of the charged queries, over the attacked rows; NaN without attacked rows.</summary>
    public required double MedianQueries { get; init; }

    /// <summary>The charged queries of all rows.</summary>
    public required long TotalQueries { get; init; }

    /// <summary>The distortions of the successes, in the norm of the attack's loss; null without successes.</summary>
    public required Quantiles? Distortion { get; init; }

    /// <summary>The accuracy under an attack with this many queries per row.</summary>
    public double AccuracyAt(long queries) => AccuracyByQueries.Last(point => point.Queries <= Math.Max(0, queries)).Accuracy;
}
