namespace MLNet.ZerothOrder;

/// <summary>An oracle that stays open when the decorators around it are disposed. It waits for an <see cref="IAsyncQueryOracle"/>, whose requests end with the run.</summary>
/// <param name="oracle">The oracle to query. The caller disposes it.</param>
/// <param name="resending">Called with the number of rows that the oracle is about to send again by itself.</param>
/// <param name="cancellation">Cancels the requests of an asynchronous oracle.</param>
internal sealed class SharedOracle(IQueryOracle oracle, Action<int> resending, CancellationToken cancellation) : IQueryOracle
{
    private readonly IAsyncQueryOracle? _async = oracle as IAsyncQueryOracle;

    public int InputLength => oracle.InputLength;

    public int ScoreLength => oracle.ScoreLength;

    public int Concurrency => oracle.Concurrency;

    public int PreferredRows => oracle.PreferredRows;

    public ScoreKind? Scores => oracle.Scores;

    public int AnswersPerRow => oracle.AnswersPerRow;

    public QueryBatch CreateBatch(int capacity) => oracle.CreateBatch(capacity);

    public void Score(QueryBatch batch)
    {
        if (_async is null)
        {
            oracle.Score(batch);
        }
        else
        {
            _async.ScoreAsync(batch, resending, cancellation).GetAwaiter().GetResult();
        }
    }

    /// <summary>Does nothing: the caller owns the oracle.</summary>
    public void Dispose()
    {
    }
}
