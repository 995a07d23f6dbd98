namespace MLNet.ZerothOrder;

/// <summary>
/// Counts the queries of one problem and enforces its budget. Queries are charged before they are sent: queries of a failing oracle
/// are counted, and a budget is never exceeded.
/// </summary>
public sealed class QueryLedger
{
    private readonly Lock _gate = new();

    /// <summary>Creates a ledger.</summary>
    /// <param name="budget">The most queries; null for no limit.</param>
    /// <param name="answers">The queries that each row costs, as <see cref="IQueryOracle.AnswersPerRow"/>.</param>
    public QueryLedger(long? budget = null, int answers = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(answers);
        if (budget is <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(budget), budget, "A query budget must be at least 1.");
        }

        Budget = budget;
        AnswersPerRow = answers;
    }

    /// <summary>The queries that each row costs.</summary>
    public int AnswersPerRow { get; }

    /// <summary>The most queries that this problem may spend; null for no limit.</summary>
    public long? Budget { get; }

    /// <summary>Queries charged so far, answered or not. A retried query counts once.</summary>
    public long Charged { get; private set; }

    /// <summary>Queries sent again after a failure. The budget limits these and <see cref="Charged"/> together.</summary>
    public long Retried { get; private set; }

    /// <summary>Rows that retries must not use: the final evaluation of the last iterate needs them.</summary>
    internal long Reserved { get; set; }

    /// <summary>Whether the budget has room for this many more rows.</summary>
    public bool CanAfford(long rows) => rows <= Affordable;

    /// <summary>The rows that the budget has room for.</summary>
    internal long Affordable => Budget is { } budget ? (budget - Charged - Retried) / AnswersPerRow : long.MaxValue;

    /// <summary>Charges rows that are about to be sent.</summary>
    /// <returns>False if their queries exceed the budget; nothing is charged then.</returns>
    public bool TryCharge(long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (!CanAfford(rows))
        {
            return false;
        }

        Charged += rows * AnswersPerRow;
        return true;
    }

    /// <summary>Charges rows that are about to be sent again. Thread-safe while the problem's step is in progress.</summary>
    /// <returns>False if their queries and the reserved ones exceed the budget; nothing is charged then.</returns>
    public bool TryChargeRetry(long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        lock (_gate)
        {
            if (!CanAfford(rows + Reserved))
            {
                return false;
            }

            Retried += rows * AnswersPerRow;
            return true;
        }
    }
}
