namespace MLNet.ZerothOrder;

/// <summary>The limits of a problem's run. The first one reached ends it.</summary>
public sealed record RunLimits
{
    /// <summary>T, the most steps; <see cref="int.MaxValue"/> for as many as the budget allows.</summary>
    public int Iterations
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Iterations), value, "A run must have at least 1 iteration.");
    } = 200;

    /// <summary>The most queries per problem; null for no limit. A step is made only if the budget has room for it and for the query of the last iterate.</summary>
    public long? Budget
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Budget), value, "A query budget must be at least 1.");
    }

    /// <summary>
    /// How many queries of the budget a flagged query takes, at least 1: one that the model does not answer with the true class of the image, which a service may notice. Null for 1, without counting
    /// them apart. A step is made only if the budget has room for it with all of its rows flagged.
    /// </summary>
    public double? FlaggedCost
    {
        get;
        init => field = value is null or (>= 1 and <= 1e9) ? value : throw new ArgumentOutOfRangeException(nameof(FlaggedCost), value, "A flagged query costs 1 to 1,000,000,000 queries.");
    }

    /// <summary>
    /// The steps that an optimizer can rely on: T, or fewer where T is not limited or the optimizer does without the query of a last iterate, and the budget ends the run first.
    /// </summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="answersPerRow">The queries that each row costs.</param>
    public int Steps(IZerothOrderOptimizer optimizer, int answersPerRow = 1)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        bool isCandidate = optimizer.AsksPoints;
        return Budget is { } budget && (isCandidate || Iterations == int.MaxValue)
            ? (int)Math.Clamp(((budget / answersPerRow) - (isCandidate ? 0 : 1)) / (optimizer.Directions + 1L), 1, Iterations) : Iterations;
    }

    /// <summary>Whether the first iterate that solves the problem ends its run.</summary>
    public bool StopOnSuccess { get; init; }

    /// <summary>The number of iterations without a better loss after which a run ends; null for no limit.</summary>
    public int? Patience
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Patience), value, "Patience must be at least 1 iteration.");
    }

    /// <summary>The time limit of the whole run; null for no limit. At the limit, every problem still queries its current iterate.</summary>
    public TimeSpan? Time
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(Time), value, "A time limit must be above 0.");
    }
}
