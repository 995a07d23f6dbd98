namespace MLNet.ZerothOrder;

/// <summary>Reports the number of rows of each call before the call is sent.</summary>
/// <param name="oracle">The oracle to query. The caller disposes it.</param>
/// <param name="sending">Called with the number of rows, on the thread that calls the oracle.</param>
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
    public ScoreKind? Scores => oracle.Scores;

    /// <inheritdoc/>
    public int AnswersPerRow => oracle.AnswersPerRow;

    /// <inheritdoc/>
    public QueryBatch CreateBatch(int capacity) => oracle.CreateBatch(capacity);

    /// <inheritdoc/>
    public void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        sending(batch.Rows);
        oracle.Score(batch);
    }

    /// <summary>Does nothing: the caller owns the oracle.</summary>
    public void Dispose()
    {
    }
}
