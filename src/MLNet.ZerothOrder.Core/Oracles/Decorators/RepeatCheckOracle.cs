using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// Finds answers that belong to other rows: asks one row of every so many calls once more, alone, and fails the call where its scores
/// differ. A service that permutes answers, gives those of an earlier call, or answers by chance is found so, as often as it is looked for;
/// nothing else can, since wrong scores look like right ones. Each check costs a query, charged to the row's ledger like a retry.
/// </summary>
public sealed class RepeatCheckOracle : OracleDecorator
{
    private readonly int _everyCalls;
    private readonly double _tolerance;
    private long _calls;
    private long _checks;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="everyCalls">1 checks every call, 100 every hundredth, from the first on.</param>
    /// <param name="tolerance">
    /// The difference that is taken for rounding, per unit of 1 + the score's size. Rows of one step differ by μ alone, so that exchanged
    /// answers within a step are only found where this is well below what μ changes; 0 where scores are the same to the bit.
    /// </param>
    public RepeatCheckOracle(IQueryOracle inner, int everyCalls = 100, double tolerance = 1e-6)
        : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(everyCalls);
        ArgumentOutOfRangeException.ThrowIfNegative(tolerance);
        _everyCalls = everyCalls;
        _tolerance = tolerance;
    }

    /// <summary>Queries that checks have cost.</summary>
    public long CheckQueries => Interlocked.Read(ref _checks);

    /// <summary>Told the number of queries that are about to be sent as checks.</summary>
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

        // Another row each time; one without scores, or whose budget has no room, is left alone.
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
                    $"The oracle gave {first[i]} and then {batch.Score(row)[i]} as score {i} of the same row; its answers are of other rows, old, or by chance."));
            }
        }

        // What the first answer was is what a run without checks sees.
        first.CopyTo(batch.Score(row));
    }
}
