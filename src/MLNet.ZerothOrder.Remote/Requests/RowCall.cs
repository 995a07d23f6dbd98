namespace MLNet.ZerothOrder;

/// <summary>One call of <see cref="IAsyncQueryOracle.ScoreAsync"/>, whose rows go into one request or several.</summary>
internal sealed class RowCall(QueryBatch batch, Action<int>? resending, CancellationToken cancellation)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public QueryBatch Batch { get; } = batch;

    public Action<int>? Resending { get; } = resending;

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>The first row that is in no request yet.</summary>
    public int Next { get; set; }

    /// <summary>The rows that have neither an answer nor a failure.</summary>
    public int Open { get; set; } = batch.Rows;

    /// <summary>Ends when no row is open.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Why rows failed; null if none did.</summary>
    public OracleException? Failure { get; set; }

    /// <summary>The rows that failed.</summary>
    public int Failed { get; set; }

    public void End() => _ended.TrySetResult();
}
