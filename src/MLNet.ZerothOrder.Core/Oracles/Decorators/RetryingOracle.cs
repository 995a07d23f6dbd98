using Polly;
using Polly.Retry;

namespace MLNet.ZerothOrder;

/// <summary>
/// Asks again where the oracle inside threw, gave no scores for a row, or scores that are not finite numbers; only the rows that
/// have none, after waits that grow and are jittered. A retried row is charged to its problem's ledger first
/// (<see cref="QueryLedger.Retried"/>), so that a budget holds for retries too: a row that it has no room for fails instead.
/// Rows without an answer at the end fail alone; where no row has one, the call throws.
/// </summary>
public sealed class RetryingOracle : OracleDecorator
{
    private readonly ResiliencePipeline _pipeline;
    private readonly RetryOptions _options;
    private readonly CancellationToken _cancellation;
    private long _retried;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="options">How to ask again; null for the defaults.</param>
    /// <param name="time">The clock of the waits; null is the system's.</param>
    /// <param name="cancellation">Ends waits, and with them the call; give the one that ends the run.</param>
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

    /// <summary>Queries that were sent again so far, on whoever's account.</summary>
    public long RetriedQueries => Interlocked.Read(ref _retried);

    /// <summary>Told the number of queries that are about to be sent again.</summary>
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

        // Nothing below is needed, or allocated, where all is well.
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

    /// <summary>One call's rows that still want an answer.</summary>
    private sealed class Call(RetryingOracle oracle, QueryBatch batch, OracleException? failure)
    {
        private readonly List<int> _refused = [];
        // The last failure of a whole call, and whether the last call was one.
        private OracleException? _cause = failure;
        private bool _hasFailed;
        private string _refusal = "";
        private bool _isFirst = true;

        public List<int> Pending { get; } = [];

        // The first attempt was made before: the pipeline is only entered with a failure, and first waits.
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
            // The last failure of a whole call is each of its rows' own; a row that alone has no scores says so itself.
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
                _refusal = $"all of {oracle._options.MostRetriedQueries} queries that may be sent again have been";
            }
            else if (batch.Ledger(row) is { } ledger && !ledger.TryChargeRetry(1))
            {
                Interlocked.Decrement(ref oracle._retried);
                _refusal = $"the budget of {ledger.Budget} queries has no room to ask again";
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
