namespace MLNet.ZerothOrder;

/// <summary>What an attack found.</summary>
public sealed record AttackResult
{
    /// <summary>What the scores were taken for.</summary>
    public required ScoreKind Scores { get; init; }

    /// <summary>Images that were not attacked, and why.</summary>
    public required IReadOnlyList<SkippedImage> Skipped { get; init; }

    /// <summary>One run per optimizer, in the order they were given.</summary>
    public required IReadOnlyList<AttackRun> Runs { get; init; }

    /// <summary>Queries outside the problems: the clean images' check, the choice of μ, the check of the results.</summary>
    public required long OverheadQueries { get; init; }

    /// <summary>The whole attack's time.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>Time inside the oracle during the runs, the mean over its callers.</summary>
    public required TimeSpan OracleTime { get; init; }

    /// <summary>Whether the attack was cancelled, or ended by <see cref="Failure"/>, before all was done.</summary>
    public required bool Partial { get; init; }

    /// <summary>
    /// The oracle's failure that ended the attack, or the first one where every image was set aside; null where there was none, or where
    /// some images were done (<see cref="ImageResult.Failure"/>). What had been found until then is kept.
    /// </summary>
    public required OracleException? Failure { get; init; }
}
