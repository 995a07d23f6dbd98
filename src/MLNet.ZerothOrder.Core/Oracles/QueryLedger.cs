namespace MLNet.ZerothOrder;

/// <summary>
/// Counts one problem's queries and holds its budget. Queries are charged before they are sent, so that a failing oracle
/// can never hide what it was asked, and a budget is never exceeded.
/// </summary>
public sealed class QueryLedger
{
    private readonly Lock _gate = new();

    /// <summary>A ledger with a budget; null means no limit.</summary>
    public QueryLedger(long? budget = null)
    {
        if (budget is <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(budget), budget, "A query budget is at least 1.");
        }

        Budget = budget;
    }

    /// <summary>The most queries this problem may spend; null means no limit.</summary>
    public long? Budget { get; }

    /// <summary>Queries charged so far, answered or not, each once.</summary>
    public long Charged { get; private set; }

    /// <summary>Queries that were sent again after a failure; the budget holds for these and <see cref="Charged"/> together.</summary>
    public long Retried { get; private set; }

    /// <summary>Queries that retries must leave over: the last iterate's own.</summary>
    internal long Reserved { get; set; }

    /// <summary>Whether so many more queries fit the budget.</summary>
    public bool CanAfford(long queries) => Budget is not { } budget || queries <= budget - Charged - Retried;

    /// <summary>Charges queries that are about to be sent.</summary>
    /// <returns>False, with nothing charged, where they do not fit the budget.</returns>
    public bool TryCharge(long queries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(queries);
        if (!CanAfford(queries))
        {
            return false;
        }

        Charged += queries;
        return true;
    }

    /// <summary>Charges queries that are about to be sent once more. Any thread may ask, while the problem's step is under way.</summary>
    /// <returns>False, with nothing charged, where they and the problem's last query do not fit the budget.</returns>
    public bool TryChargeRetry(long queries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(queries);
        lock (_gate)
        {
            if (!CanAfford(queries + Reserved))
            {
                return false;
            }

            Retried += queries;
            return true;
        }
    }
}
