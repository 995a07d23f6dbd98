namespace MLNet.ZerothOrder.Lab;

/// <summary>What an experiment found; <c>experiment.json</c> in its folder.</summary>
public sealed record ExperimentResult
{
    /// <summary>The experiment's name.</summary>
    public required string Name { get; init; }

    /// <summary>The figure or table of the paper.</summary>
    public required string Figure { get; init; }

    /// <summary>The command that repeats it; null for none.</summary>
    public string? Command { get; init; }

    /// <summary>Whether it is under way or was cancelled: then there are no claims, and the finished runs are kept for the next time.</summary>
    public required bool Partial { get; init; }

    /// <summary>Whether images and trials are fewer than the paper's.</summary>
    public required bool Quick { get; init; }

    /// <summary>The root of all random streams.</summary>
    public required long Seed { get; init; }

    /// <summary>What was run on, in words; null where it is partial.</summary>
    public string? On { get; init; }

    /// <summary>The paper's claims, and whether they hold.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>The SHA-256 of <c>traces.csv</c>; null where it is partial.</summary>
    public string? TracesSha256 { get; init; }

    /// <summary>Queries that were sent, by finished runs.</summary>
    public long Queries { get; init; }

    /// <summary>Runs that were there already.</summary>
    public int RunsFound { get; init; }

    /// <summary>Runs that were made.</summary>
    public int RunsMade { get; init; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }
}
