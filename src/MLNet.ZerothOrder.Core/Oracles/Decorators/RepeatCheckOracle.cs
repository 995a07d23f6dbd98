using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// Detects answers that belong to other rows. At a fixed interval of calls it sends one row again, alone, and fails the call if the
/// scores differ. This detects services that permute answers, return those of an earlier call, or answer at random. There is no cheaper
/// way to detect them, since wrong scores look like right ones. Each check costs one query, charged to the row's ledger as a retry.
/// </summary>
public sealed class RepeatCheckOracle : OracleDecorator
{
    private readonly int _everyCalls;
    private readonly double _tolerance;
    private long _calls;
    private long _checks;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="everyCalls">The interval of checks, starting with the first call: 1 checks every call (default: 100).</param>
    /// <param name="tolerance">
    /// The largest difference that counts as rounding, per unit of 1 + |score| (default: 1e-6). The rows of one step differ only by μ, so swapped
    /// answers within a step are only detected if the tolerance is well below the effect of μ. Use 0 for scores that are reproducible to the bit.
    /// </param>
    public RepeatCheckOracle(IQueryOracle inner, int everyCalls = 100, double tolerance = 1e-6)
        : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(everyCalls);
        ArgumentOutOfRangeException.ThrowIfNegative(tolerance);
        _everyCalls = everyCalls;
        _tolerance = tolerance;
    }

    /// <summary>Queries spent on checks.</summary>
    public long CheckQueries => Interlocked.Read(ref _checks);

    /// <summary>Called with the number of queries that are about to be sent as checks.</summary>
    public Action<int>? Checking { get; init; }

    /// <inheritdoc/>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Inner.Score(batch);
        long call = Interlocked.Increment(ref _calls) - 1;
        if (call % _everyCalls != 0 || batch.Rows == 0)
        {
            return;
        }

        // Check a different row each time. Skip a row without scores or without budget.
        int row = (int)(call / _everyCalls % batch.Rows);
        if (!batch.IsAnswered(row) || batch.Ledger(row)?.TryChargeRetry(1) == false)
        {
            return;
        }

        Interlocked.Increment(ref _checks);
        Checking?.Invoke(1);
        float[] first = batch.Score(row).ToArray();
        batch.ScoreOnly(Inner, [row]);
        if (!batch.IsAnswered(row))
        {
            throw new OracleException("The oracle gave no scores for a row that it had scored before.");
        }

        for (int i = 0; i < first.Length; i++)
        {
            if (Math.Abs(first[i] - batch.Score(row)[i]) > _tolerance * (1 + Math.Abs(first[i])))
            {
                throw new OracleException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The oracle gave {first[i]} and then {batch.Score(row)[i]} as score {i} of the same row; its answers belong to other rows, are outdated, or are random."));
            }
        }

        // A run gets the first answer, as it would without checks.
        first.CopyTo(batch.Score(row));
    }
}
