using Polly;
using Polly.Retry;

namespace MLNet.ZerothOrder;

/// <summary>
/// Retries with exponential backoff and jitter. A retry follows if the wrapped oracle threw, or gave a row no scores or scores that are not
/// finite; only the rows without answers are sent again. A retried row is charged to its problem's ledger first
/// (<see cref="QueryLedger.Retried"/>), so that a budget includes retries; a row without budget fails instead. At the end, rows
/// without an answer fail individually. If no row has an answer, the call throws.
/// </summary>
public sealed class RetryingOracle : OracleDecorator
{
    private readonly ResiliencePipeline _pipeline;
    private readonly RetryOptions _options;
    private readonly CancellationToken _cancellation;
    private long _retried;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="options">The retry policy; null for the defaults.</param>
    /// <param name="time">The clock of the waits; null for the system's.</param>
    /// <param name="cancellation">Cancels waits and their calls. Pass the token that ends the run.</param>
    public RetryingOracle(IQueryOracle inner, RetryOptions? options = null, TimeProvider? time = null, CancellationToken cancellation = default)
        : base(inner)
    {
        _options = options ?? new RetryOptions();
        _cancellation = cancellation;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = _options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _options.FirstWait,
                MaxDelay = _options.LongestWait,
                ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result is false),
            })
            .Build();
    }

    /// <summary>Queries sent again so far, over all problems.</summary>
    public long RetriedQueries => Interlocked.Read(ref _retried);

    /// <summary>Called with the number of queries that are about to be sent again.</summary>
    public Action<int>? Retrying { get; init; }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">Cancelled during a wait.</exception>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        OracleException? failure = null;
        try
        {
            Inner.Score(batch);
        }
        catch (Exception e) when (IsFault(e))
        {
            failure = Fault(e);
        }

        // The usual case, in which all rows are answered, allocates nothing.
        int first = 0;
        while (failure is null && first < batch.Rows && batch.IsAnswered(first))
        {
            first++;
        }

        if (first < batch.Rows)
        {
            Retry(batch, first, failure);
        }
    }

    private void Retry(QueryBatch batch, int first, OracleException? failure)
    {
        var call = new Call(this, batch, failure);
        for (int row = first; row < batch.Rows; row++)
        {
            if (failure is not null || !batch.IsAnswered(row))
            {
                call.Pending.Add(row);
            }
        }

        _pipeline.Execute(static (state, _) => state.Ask(), call, _cancellation);
        call.End();
    }

    private bool TryReserve()
    {
        if (Interlocked.Increment(ref _retried) <= _options.MostRetriedQueries)
        {
            return true;
        }

        Interlocked.Decrement(ref _retried);
        return false;
    }

    private bool IsFault(Exception e) =>
        e is not (ArgumentException or ObjectDisposedException or OutOfMemoryException) && !(e is OperationCanceledException && _cancellation.IsCancellationRequested);

    private static OracleException Fault(Exception e) =>
        e as OracleException ?? new OracleException($"The oracle threw {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}", e);

    /// <summary>The rows of one call that still need an answer.</summary>
    private sealed class Call(RetryingOracle oracle, QueryBatch batch, OracleException? failure)
    {
        private readonly List<int> _refused = [];
        // The last failure of a whole call, and whether the last attempt failed as a whole.
        private OracleException? _cause = failure;
        private bool _hasFailed;
        private string _refusal = "";
        private bool _isFirst = true;

        public List<int> Pending { get; } = [];

        // The first attempt was made before the pipeline, which is only entered after a failure and waits first.
        public bool Ask()
        {
            if (_isFirst)
            {
                return _isFirst = false;
            }

            Pending.RemoveAll(row => !TryCharge(row));
            if (Pending.Count == 0)
            {
                return true;
            }

            oracle.Retrying?.Invoke(Pending.Count);
            try
            {
                batch.ScoreOnly(oracle.Inner, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Pending));
            }
            catch (Exception e) when (oracle.IsFault(e))
            {
                _cause = Fault(e);
                _hasFailed = true;
                return false;
            }

            _hasFailed = false;
            Pending.RemoveAll(batch.IsAnswered);
            return Pending.Count == 0;
        }

        public void End()
        {
            // If the last attempt failed as a whole, its failure applies to each of its rows. A single row without scores has its own reason.
            if (_hasFailed)
            {
                Fail(Pending, $"{oracle._options.Retries} retries did not help");
            }

            Fail(_refused, _refusal);
        }

        private bool TryCharge(int row)
        {
            if (!oracle.TryReserve())
            {
                _refusal = $"the limit of {oracle._options.MostRetriedQueries} retried queries is reached";
            }
            else if (batch.Ledger(row) is { } ledger && !ledger.TryChargeRetry(1))
            {
                Interlocked.Decrement(ref oracle._retried);
                _refusal = $"the budget of {ledger.Budget} queries has no room for a retry";
            }
            else
            {
                return true;
            }

            _refused.Add(row);
            return false;
        }

        private void Fail(List<int> rows, string why)
        {
            if (rows.Count == 0)
            {
                return;
            }

            string what = _cause?.Message.TrimEnd('.') ?? "The oracle gave scores that are not finite numbers";
            var reason = new OracleException($"{what}; {why}.", _cause);
            if (rows.Count == batch.Rows)
            {
                throw reason;
            }

            rows.ForEach(row => batch.Fail(row, reason));
        }
    }
}
