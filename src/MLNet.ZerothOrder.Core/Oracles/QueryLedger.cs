namespace MLNet.ZerothOrder;

/// <summary>
/// Counts the queries of one problem and enforces its budget. Queries are charged before they are sent: queries of a failing oracle
/// are counted, and a budget is never exceeded.
/// </summary>
public sealed class QueryLedger
{
    private readonly Lock _gate = new();
    private readonly double _surcharge;
    private long _unsettled;

    /// <summary>Creates a ledger.</summary>
    /// <param name="budget">The most queries; null for no limit.</param>
    /// <param name="answers">The queries that each row costs, as <see cref="IQueryOracle.AnswersPerRow"/>.</param>
    /// <param name="flaggedCost">How many queries of the budget a flagged one takes, at least 1.</param>
    public QueryLedger(long? budget = null, int answers = 1, double flaggedCost = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(flaggedCost, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(answers);
        if (budget is <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(budget), budget, "A query budget must be at least 1.");
        }

        Budget = budget;
        AnswersPerRow = answers;
        _surcharge = flaggedCost - 1;
    }

    /// <summary>The queries that each row costs.</summary>
    public int AnswersPerRow { get; }

    /// <summary>The most queries that this problem may spend; null for no limit.</summary>
    public long? Budget { get; }

    /// <summary>Queries charged so far, answered or not. A retried query counts once.</summary>
    public long Charged { get; private set; }

    /// <summary>Queries sent again after a failure. The budget limits these and <see cref="Charged"/> together.</summary>
    public long Retried { get; private set; }

    /// <summary>Charged queries that the model did not answer with the true class, as far as they are settled.</summary>
    public long Flagged { get; private set; }

    /// <summary>Rows that retries must not use: the final evaluation of the last iterate needs them.</summary>
    internal long Reserved { get; set; }

    /// <summary>Whether the budget has room for this many more rows.</summary>
    public bool CanAfford(long rows) => rows <= Affordable;

    /// <summary>The rows that the budget has room for. Where a flagged query costs more, every row whose answer is not known is taken for a flagged one.</summary>
    internal long Affordable => Budget is not { } budget ? long.MaxValue
        : _surcharge == 0 ? (budget - Charged - Retried) / AnswersPerRow
        : (long)((budget - Charged - Retried - (_surcharge * (Flagged + _unsettled))) / (AnswersPerRow * (1 + _surcharge)));

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
        _unsettled += rows * AnswersPerRow;
        return true;
    }

    /// <summary>States how many of the rows that were charged since the last call are flagged. Until then the budget takes all of them for flagged ones.</summary>
    /// <param name="flagged">Their number.</param>
    public void Settle(long flagged)
    {
        Flagged += flagged * AnswersPerRow;
        _unsettled = 0;
    }

    /// <summary>Restores the counts of an earlier process, with nothing unsettled.</summary>
    /// <returns>False if they and some reserved rows exceed the budget; nothing is restored then.</returns>
    internal bool TryRestore(long charged, long retried, long flagged, long reserved)
    {
        if (Budget - charged - retried - (_surcharge * flagged) < reserved * AnswersPerRow * (1 + _surcharge))
        {
            return false;
        }

        (Charged, Retried, Flagged) = (charged, retried, flagged);
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
