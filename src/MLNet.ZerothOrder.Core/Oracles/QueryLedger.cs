namespace MLNet.ZerothOrder;

/// <summary>
/// Counts one problem's queries and holds its budget. Queries are charged before they are sent, so that a failing oracle
/// can never hide what it was asked, and a budget is never exceeded.
/// </summary>
public sealed class QueryLedger
{
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

    /// <summary>Queries charged so far, answered or not.</summary>
    public long Charged { get; private set; }

    /// <summary>Whether so many more queries fit the budget.</summary>
    public bool CanAfford(long queries) => Budget is not { } budget || queries <= budget - Charged;

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
}
