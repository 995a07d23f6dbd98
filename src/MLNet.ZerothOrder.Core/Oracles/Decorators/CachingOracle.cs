namespace MLNet.ZerothOrder;

/// <summary>
/// Answers repeated rows from memory and sends only new ones. Rows are equal if all their bytes are equal and, for a stochastic oracle,
/// their keys too. Cached rows are still charged to the ledgers: the query count of an attack is the number of queries that it asks.
/// </summary>
public sealed class CachingOracle : OracleDecorator
{
    private readonly AnswerStore _store;
    private long _found;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="isStochastic">Whether the oracle's scores depend on the row's key as well.</param>
    /// <param name="mostBytes">The approximate memory limit of the answers. The oldest answers are evicted first (default: 256 MiB).</param>
    public CachingOracle(IQueryOracle inner, bool isStochastic = false, long mostBytes = 1 << 28)
        : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mostBytes);
        _store = new AnswerStore(inner.InputLength, inner.ScoreLength, isStochastic, mostBytes);
    }

    /// <summary>Rows that were answered from memory.</summary>
    public long FoundQueries => Interlocked.Read(ref _found);

    /// <summary>Called after each call with the number of rows that were answered from memory.</summary>
    public Action<int>? Found { get; init; }

    /// <summary>Answers in memory.</summary>
    public int Count => _store.Count;

    /// <inheritdoc/>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var missing = new List<int>(batch.Rows);
        for (int row = 0; row < batch.Rows; row++)
        {
            if (!_store.TryGet(batch.Input(row), batch.Key(row), batch.Score(row)))
            {
                missing.Add(row);
            }
        }

        if (batch.Rows > missing.Count)
        {
            Interlocked.Add(ref _found, batch.Rows - missing.Count);
            Found?.Invoke(batch.Rows - missing.Count);
        }

        batch.ScoreOnly(Inner, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(missing));
        foreach (int row in missing)
        {
            if (batch.IsAnswered(row))
            {
                _store.Add(batch.Input(row), batch.Key(row), batch.Score(row));
            }
        }
    }
}
