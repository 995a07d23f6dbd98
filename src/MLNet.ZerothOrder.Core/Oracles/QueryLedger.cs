namespace MLNet.ZerothOrder;

/// <summary>
/// Counts the queries of one problem and enforces its budget. Queries are charged before they are sent: queries of a failing oracle
/// are counted, and a budget is never exceeded.
/// </summary>
public sealed class QueryLedger
{
    private readonly Lock _gate = new();

    /// <summary>Creates a ledger with a budget; null for no limit.</summary>
    public QueryLedger(long? budget = null)
    {
        if (budget is <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(budget), budget, "A query budget must be at least 1.");
        }

        Budget = budget;
    }

    /// <summary>The most queries that this problem may spend; null for no limit.</summary>
    public long? Budget { get; }

    /// <summary>Queries charged so far, answered or not. A retried query counts once.</summary>
    public long Charged { get; private set; }

    /// <summary>Queries sent again after a failure. The budget limits these and <see cref="Charged"/> together.</summary>
    public long Retried { get; private set; }

    /// <summary>Queries that retries must not use: the final evaluation of the last iterate needs them.</summary>
    internal long Reserved { get; set; }

    /// <summary>Whether the budget has room for this many more queries.</summary>
    public bool CanAfford(long queries) => Budget is not { } budget || queries <= budget - Charged - Retried;

    /// <summary>Charges queries that are about to be sent.</summary>
    /// <returns>False if the queries exceed the budget; nothing is charged then.</returns>
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

    /// <summary>Charges queries that are about to be sent again. Thread-safe while the problem's step is in progress.</summary>
    /// <returns>False if the queries and the reserved ones exceed the budget; nothing is charged then.</returns>
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
