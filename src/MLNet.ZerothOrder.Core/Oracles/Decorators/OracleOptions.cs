namespace MLNet.ZerothOrder;

/// <summary>
/// The decorators around an oracle that fails, stalls or costs money. Their order from the outside in: recording, cache, retries, repeat
/// check, average, rate limit, timeout, defence, oracle. A recording therefore holds every answer that the caller was given. A cached answer is neither sent
/// nor checked. A retry is rate-limited and timed like a first call. A call that timed out is retried.
/// </summary>
public sealed record OracleOptions
{
    /// <summary>A defence that is simulated around the model; null for none.</summary>
    public Defence? Defence { get; init; }

    /// <summary>The time limit of one call; null for no limit.</summary>
    public TimeSpan? CallTimeout { get; init; }

    /// <summary>The most queries per second; null for no limit.</summary>
    public double? MaxRate { get; init; }

    /// <summary>The answers of a model that answers at random that are averaged to each row's scores; null for one.</summary>
    public int? Answers { get; init; }

    /// <summary>The interval, in calls, at which one query is sent twice and its answers are compared; null for no checks.</summary>
    public int? RepeatCheckEvery { get; init; }

    /// <summary>The most retries of a failed query; null for no retries.</summary>
    public int? Retries { get; init; }

    /// <summary>Whether repeated queries are answered from memory.</summary>
    public bool Cache { get; init; }

    /// <summary>The file that answers are recorded to; null for no recording.</summary>
    public string? RecordFile { get; init; }

    /// <summary>Whether there are no decorators.</summary>
    public bool IsEmpty => this == new OracleOptions();
}
