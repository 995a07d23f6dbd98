using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// Abandons a call that takes too long. A call cannot be stopped from outside, so it runs to its end with its own batch, which
/// nobody reads any more; a late answer can never be mistaken for the answer of another call. Costs a copy of the rows and a thread per call.
/// </summary>
public sealed class TimeoutOracle : OracleDecorator
{
    private readonly TimeSpan _timeout;
    private readonly int _mostAbandoned;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellation;
    private int _abandoned;

    /// <param name="inner">The oracle, disposed with this one, even while abandoned calls are running.</param>
    /// <param name="timeout">The time limit of a call.</param>
    /// <param name="mostAbandoned">The most abandoned calls that may run at the same time. Beyond them, every call fails at once (default: 16).</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="cancellation">Abandons the running calls. Pass the token that ends the run.</param>
    public TimeoutOracle(IQueryOracle inner, TimeSpan timeout, int mostAbandoned = 16, TimeProvider? time = null, CancellationToken cancellation = default)
        : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mostAbandoned);
        _timeout = timeout;
        _mostAbandoned = mostAbandoned;
        _time = time ?? TimeProvider.System;
        _cancellation = cancellation;
    }

    /// <summary>Abandoned calls that are still running.</summary>
    public int AbandonedCalls => Volatile.Read(ref _abandoned);

    /// <inheritdoc/>
    public override QueryBatch CreateBatch(int capacity) => new TimeoutBatch(capacity, Inner);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Another oracle created the batch.</exception>
    /// <exception cref="OperationCanceledException">Cancelled during the call.</exception>
    public override void Score(QueryBatch batch)
    {
        if (batch is not TimeoutBatch own)
        {
            throw new ArgumentException("The batch was not created by this oracle; use its CreateBatch.", nameof(batch));
        }

        if (AbandonedCalls >= _mostAbandoned)
        {
            throw new OracleException($"{_mostAbandoned} earlier calls of the oracle still have no answer, so no more are sent.");
        }

        QueryBatch inner = own.Inside ??= Inner.CreateBatch(batch.Capacity);
        batch.CopyQuestionsTo(inner);
        inner.ClearAnswers();
        Task call = Task.Factory.StartNew(() => Inner.Score(inner), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            call.WaitAsync(_timeout, _time, _cancellation).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!call.IsCompleted)
            {
                Abandon(call, own, inner);
                _cancellation.ThrowIfCancellationRequested();
                throw new OracleException(string.Create(CultureInfo.InvariantCulture, $"The oracle gave no answer within {_timeout.TotalSeconds:0.###} s."));
            }

            // The call ended at the last moment, or itself failed with such an exception.
            call.GetAwaiter().GetResult();
        }

        inner.CopyAnswersTo(batch);
    }

    private void Abandon(Task call, TimeoutBatch own, QueryBatch inner)
    {
        own.Inside = null;
        Interlocked.Increment(ref _abandoned);
        call.ContinueWith(
            ended =>
            {
                _ = ended.Exception;
                inner.Dispose();
                Interlocked.Decrement(ref _abandoned);
            },
            TaskScheduler.Default);
    }

    private sealed class TimeoutBatch(int capacity, IQueryOracle inner) : QueryBatch(capacity, inner.InputLength, inner.ScoreLength)
    {
        /// <summary>The batch of the wrapped oracle; null before the first call and after an abandoned one.</summary>
        public QueryBatch? Inside { get; set; }

        public override void Dispose()
        {
            Inside?.Dispose();
            base.Dispose();
        }
    }
}
