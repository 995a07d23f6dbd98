namespace MLNet.ZerothOrder.Lab;

/// <summary>The measurements and figures of an experiment.</summary>
internal sealed record Findings
{
    /// <summary>The blocks of the report between its head and the claims.</summary>
    public required IReadOnlyList<ReportBlock> Blocks { get; init; }

    /// <summary>The paper's claims, each with its measurement.</summary>
    public required IReadOnlyList<Claim> Claims { get; init; }

    /// <summary>All values of the figures.</summary>
    public required Csv Traces { get; init; }

    /// <summary>The classifiers, images and settings, in words.</summary>
    public required string On { get; init; }
}
