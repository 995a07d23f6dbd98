namespace MLNet.ZerothOrder.Lab;

/// <summary>What an experiment measured and drew.</summary>
internal sealed record Findings
{
    /// <summary>The report's blocks between its head and its data.</summary>
    public required IReadOnlyList<ReportBlock> Blocks { get; init; }

    /// <summary>The paper's claims, and whether they hold.</summary>
    public required IReadOnlyList<Claim> Claims { get; init; }

    /// <summary>All values that are drawn.</summary>
    public required Csv Traces { get; init; }

    /// <summary>What was run on, in words.</summary>
    public required string On { get; init; }
}
