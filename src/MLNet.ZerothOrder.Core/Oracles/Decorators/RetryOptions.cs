namespace MLNet.ZerothOrder;

/// <summary>How a <see cref="RetryingOracle"/> asks again.</summary>
public sealed record RetryOptions
{
    /// <summary>How often a query is sent again at most.</summary>
    public int Retries
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Retries), value, "There is at least 1 retry.");
    } = 4;

    /// <summary>Queries that may be sent again over the oracle's whole life: what a service that never recovers may cost at most.</summary>
    public long MostRetriedQueries
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MostRetriedQueries), value, "The number of retried queries is at least 0.");
    } = 100_000;

    /// <summary>The mean wait before the first retry; it doubles with each further one.</summary>
    public TimeSpan FirstWait
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(FirstWait), value, "A wait is above 0.");
    } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait.</summary>
    public TimeSpan LongestWait
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(LongestWait), value, "A wait is above 0.");
    } = TimeSpan.FromSeconds(30);
}
