namespace MLNet.ZerothOrder;

/// <summary>
/// An oracle that waits instead of computing, such as a model behind a network. It splits the rows of its callers into requests of its own, of
/// which many run at the same time. It is asked like any other oracle; what knows of it can cancel its requests too.
/// </summary>
public interface IAsyncQueryOracle : IQueryOracle
{
    /// <summary>What the queries of this oracle cost; null if they cost nothing.</summary>
    CostMeter? Cost => null;

    /// <summary>What the oracle can say about its requests after a run, such as their number at a time; null for nothing.</summary>
    string? Summary => null;

    /// <summary>Scores the first <see cref="QueryBatch.Rows"/> rows of a batch that this oracle created. Rows without an answer are failed one by one (<see cref="QueryBatch.Fail"/>).</summary>
    /// <param name="batch">The batch. Nobody else may use it before the task ends.</param>
    /// <param name="resending">Called with the number of rows that are about to be sent again after a failed request; null for none. These rows are not charged to their ledgers again.</param>
    /// <param name="cancellation">Cancels the requests. When the task ends, none of them is running.</param>
    /// <exception cref="OracleException">No row has an answer.</exception>
    Task ScoreAsync(QueryBatch batch, Action<int>? resending, CancellationToken cancellation);

    /// <summary>Scores a batch and waits for the answers.</summary>
    void IQueryOracle.Score(QueryBatch batch) => ScoreAsync(batch, null, CancellationToken.None).GetAwaiter().GetResult();
}
