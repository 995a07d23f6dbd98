namespace MLNet.ZerothOrder;

/// <summary>The retry policy of a <see cref="RetryingOracle"/>.</summary>
public sealed record RetryOptions
{
    /// <summary>The most retries of one query (default: 4).</summary>
    public int Retries
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Retries), value, "The number of retries must be at least 1.");
    } = 4;

    /// <summary>The most queries sent again over the lifetime of the oracle (default: 100,000). This bounds the cost of a service that never recovers.</summary>
    public long MostRetriedQueries
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MostRetriedQueries), value, "The number of retried queries must be at least 0.");
    } = 100_000;

    /// <summary>The mean wait before the first retry (default: 0.5 s). It doubles with each further retry.</summary>
    public TimeSpan FirstWait
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(FirstWait), value, "A wait must be above 0.");
    } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait (default: 30 s).</summary>
    public TimeSpan LongestWait
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(LongestWait), value, "A wait must be above 0.");
    } = TimeSpan.FromSeconds(30);
}
