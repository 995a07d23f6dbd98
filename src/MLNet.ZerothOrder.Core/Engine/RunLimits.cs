namespace MLNet.ZerothOrder;

/// <summary>When a problem's run ends; whichever comes first.</summary>
public sealed record RunLimits
{
    /// <summary>T, the most steps.</summary>
    public int Iterations
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Iterations), value, "A run has at least 1 iteration.");
    } = 200;

    /// <summary>The most queries per problem; null means no limit. A step is made only where it and the last iterate's own query fit.</summary>
    public long? Budget
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Budget), value, "A query budget is at least 1.");
    }

    /// <summary>Whether the first iterate that solves the problem ends its run.</summary>
    public bool StopOnSuccess { get; init; }

    /// <summary>Iterations without a better loss after which a run ends; null means never.</summary>
    public int? Patience
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Patience), value, "Patience is at least 1 iteration.");
    }

    /// <summary>Time for the whole run, from its start; null means no limit. Every problem then still queries the iterate that it stands at.</summary>
    public TimeSpan? Time
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(Time), value, "A time limit is above 0.");
    }
}
