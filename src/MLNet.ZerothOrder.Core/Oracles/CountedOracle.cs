namespace MLNet.ZerothOrder;

/// <summary>Tells of every row before it is sent.</summary>
/// <param name="oracle">What is queried; the caller's to dispose.</param>
/// <param name="sending">Told the number of rows, from any of the oracle's callers.</param>
public sealed class CountedOracle(IQueryOracle oracle, Action<int> sending) : IQueryOracle
{
    /// <inheritdoc/>
    public int InputLength => oracle.InputLength;

    /// <inheritdoc/>
    public int ScoreLength => oracle.ScoreLength;

    /// <inheritdoc/>
    public int Concurrency => oracle.Concurrency;

    /// <inheritdoc/>
    public int PreferredRows => oracle.PreferredRows;

    /// <inheritdoc/>
    public QueryBatch CreateBatch(int capacity) => oracle.CreateBatch(capacity);

    /// <inheritdoc/>
    public void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        sending(batch.Rows);
        oracle.Score(batch);
    }

    /// <summary>Nothing to release: the oracle is the caller's.</summary>
    public void Dispose()
    {
    }
}
