namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>What an experiment found.</summary>
internal sealed record Outcome
{
    /// <summary>The page's blocks between its head and its data.</summary>
    public required IReadOnlyList<ReportBlock> Blocks { get; init; }

    /// <summary>The paper's claims, and whether they hold.</summary>
    public required IReadOnlyList<Claim> Claims { get; init; }

    /// <summary>Raw traces, line by line.</summary>
    public required Csv Traces { get; init; }

    /// <summary>What was run on, in words.</summary>
    public required string On { get; init; }
}
