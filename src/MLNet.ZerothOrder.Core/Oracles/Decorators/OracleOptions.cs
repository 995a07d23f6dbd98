namespace MLNet.ZerothOrder;

/// <summary>
/// What is placed around an oracle that fails, stalls or costs money. From the outside in: recording, cache, retries, repeat check, rate
/// limit, timeout, and the oracle. So a recording holds every answer that the caller was given, a cached answer is neither sent nor
/// checked, a retry is rate-limited and timed like a first call, and a timed-out call is retried.
/// </summary>
public sealed record OracleOptions
{
    /// <summary>The longest that one call may take; null for no limit.</summary>
    public TimeSpan? CallTimeout { get; init; }

    /// <summary>The most queries per second; null for no limit.</summary>
    public double? MaxRate { get; init; }

    /// <summary>Every how many calls one query is asked twice and the answers compared; null for never.</summary>
    public int? RepeatCheckEvery { get; init; }

    /// <summary>How often a failed query is asked again; null for never.</summary>
    public int? Retries { get; init; }

    /// <summary>Whether a query that was asked before is answered from memory.</summary>
    public bool Cache { get; init; }

    /// <summary>The file that answers are recorded in; null for none.</summary>
    public string? RecordFile { get; init; }

    /// <summary>Whether nothing is placed around the oracle.</summary>
    public bool IsEmpty => this == new OracleOptions();
}
