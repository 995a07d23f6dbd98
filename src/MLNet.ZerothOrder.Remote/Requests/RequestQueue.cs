using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace MLNet.ZerothOrder;

/// <summary>
/// Packs the rows of all callers into requests and keeps as many running as the limit allows. A request that ends makes room for the next one, which takes
/// its share of the waiting rows. Failed requests are sent again; while most of them fail, none is sent for a while.
/// </summary>
internal sealed class RequestQueue
{
    private const int BreakAfter = 20;
    private const int MostAccidents = 3;
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BreakFor = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly LinkedList<RowCall> _calls = new();
    private readonly Func<RowRequest, CancellationToken, Task> _send;
    private readonly RemoteOptions _options;
    private readonly ConcurrencyLimit _limit;
    private readonly ResiliencePipeline _pipeline;
    private readonly TimeProvider _time;
    private int _waiting;
    private int _running;
    private long _requests;
    private long _sent;
    private long _resent;
    private long _quietUntil;

    /// <param name="send">Sends a request and writes its scores. It throws a <see cref="RequestFailure"/>.</param>
    /// <param name="options">The options.</param>
    /// <param name="isHandled">Whether a failed request is sent again; null for all that may succeed later.</param>
    public RequestQueue(Func<RowRequest, CancellationToken, Task> send, RemoteOptions options, Func<RequestFailure, int, bool>? isHandled = null)
    {
        _send = send;
        _options = options;
        _time = options.Time ?? TimeProvider.System;
        _limit = new ConcurrencyLimit(options.Concurrency, _time);
        _pipeline = Resilience(options, isHandled ?? ((failure, _) => failure.IsTransient));
    }

    /// <summary>The most rows of a request.</summary>
    public required int MostRows { get; init; }

    /// <summary>The number of rows that every request has; null for any number.</summary>
    public int? FixedRows { get; init; }

    /// <summary>The fewest rows of a request; it is filled up with copies of its last row.</summary>
    public int LeastRows { get; init; } = 1;

    /// <summary>What can be said about the requests so far.</summary>
    public string? Summary
    {
        get
        {
            lock (_gate)
            {
                return _requests == 0 ? null : string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"{_sent:N0} rows were sent in {_requests:N0} requests of {(double)_sent / _requests:0.#} rows, {_limit.Current} at a time{(_limit.IsAdaptive ? " (chosen by throughput)" : "")}{(_resent > 0 ? $"; {_resent:N0} rows were sent again" : "")}");
            }
        }
    }

    /// <summary>
    /// Whether to send a request again before a run, when a server that is not there should be reported at once, and so should an answer of another kind, unless it was an accident. A server with too
    /// much to do is waited for.
    /// </summary>
    public static bool IsWorthWaiting(RequestFailure failure, int attempts) => failure is { IsTransient: true, IsAbsent: false } && (!failure.IsBroken || attempts < MostAccidents);

    /// <summary>Sends failed requests again, after growing waits or as long as the server asks for. While nearly all fail, none is sent for a while.</summary>
    /// <param name="options">The options.</param>
    /// <param name="isHandled">Whether a failure may be over the next time, after so many failures before it.</param>
    public static ResiliencePipeline Resilience(RemoteOptions options, Func<RequestFailure, int, bool> isHandled)
    {
        TimeProvider time = options.Time ?? TimeProvider.System;
        long silentUntil = long.MinValue;
        void Tell(RequestFailure failure, TimeSpan wait)
        {
            // Many requests fail at the same time.
            long now = time.GetTimestamp();
            if (wait >= LongWait && now >= Interlocked.Read(ref silentUntil))
            {
                Interlocked.Exchange(ref silentUntil, now + (long)(Silence.TotalSeconds * time.TimestampFrequency));
                options.Warn?.Invoke(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{failure.Message.TrimEnd('.')}; it is asked again in {wait.TotalSeconds:0} s."));
            }
        }

        return new ResiliencePipelineBuilder { TimeProvider = options.Time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.Retry.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.Retry.FirstWait,
                MaxDelay = options.Retry.LongestWait,
                ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Exception is BrokenCircuitException || (attempt.Outcome.Exception is RequestFailure failure && isHandled(failure, attempt.AttemptNumber))),
                DelayGenerator = static attempt => ValueTask.FromResult(attempt.Outcome.Exception switch
                {
                    RequestFailure { RetryAfter: { } after } => after,
                    BrokenCircuitException { RetryAfter: { } closed } => closed,
                    _ => (TimeSpan?)null,
                }),
                OnRetry = attempt =>
                {
                    if (attempt.Outcome.Exception is RequestFailure failure)
                    {
                        Tell(failure, attempt.RetryDelay);
                    }

                    return ValueTask.CompletedTask;
                },
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.9,
                MinimumThroughput = BreakAfter,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = BreakFor,
                ShouldHandle = new PredicateBuilder().Handle<RequestFailure>(failure => failure is { IsTransient: true, RetryAfter: null }),
            })
            .Build();
    }

    /// <summary>As <see cref="IAsyncQueryOracle.ScoreAsync"/>.</summary>
    public async Task ScoreAsync(QueryBatch batch, Action<int>? resending, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (batch.Rows == 0)
        {
            return;
        }

        batch.ClearAnswers();
        var call = new RowCall(batch, resending, cancellation);
        lock (_gate)
        {
            _calls.AddLast(call);
            _waiting += batch.Rows;
        }

        using (cancellation.UnsafeRegister(_ => Withdraw(call), null))
        {
            Dispatch();
            await call.Ended.ConfigureAwait(false);
        }

        if (call.Failed > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_options.Cost is { Refusal: not null } cost)
            {
                throw new OperationCanceledException(cost.Refusal, cost.Reached);
            }

            if (call.Failed == batch.Rows)
            {
                throw call.Failure!;
            }
        }
    }

    /// <summary>Sends one request on its own, with the same retries, for a question outside of a run.</summary>
    public async Task AskAsync(RowRequest request) => await _pipeline.ExecuteAsync(
        static async (state, cancellation) => await state.Queue.AttemptAsync(state.Request, cancellation).ConfigureAwait(false),
        (Queue: this, Request: new Attempted(request)), request.Cancellation).ConfigureAwait(false);

    private void Withdraw(RowCall call)
    {
        lock (_gate)
        {
            int left = call.Batch.Rows - call.Next;
            if (left > 0)
            {
                _calls.Remove(call);
                _waiting -= left;
                call.Next = call.Batch.Rows;
                Close(call, left, failed: left);
            }
        }
    }

    private void Dispatch()
    {
        while (true)
        {
            RowRequest request;
            lock (_gate)
            {
                if (_waiting == 0 || _running >= _limit.Current)
                {
                    return;
                }

                request = Next();
                _running++;
            }

            _ = Task.Run(() => RunAsync(request));
        }
    }

    // Called under the gate. All callers of a request have the same token, so that cancelling it cancels nothing of others.
    private RowRequest Next()
    {
        int free = _limit.Current - _running;
        int most = Math.Clamp((_waiting + free - 1) / free, 1, FixedRows ?? MostRows);
        var rows = new List<(RowCall, int)>(most);
        CancellationToken cancellation = _calls.First!.Value.Cancellation;
        while (rows.Count < most && _calls.First is { } first && first.Value.Cancellation == cancellation)
        {
            RowCall call = first.Value;
            while (rows.Count < most && call.Next < call.Batch.Rows)
            {
                rows.Add((call, call.Next++));
            }

            if (call.Next == call.Batch.Rows)
            {
                _calls.RemoveFirst();
            }
        }

        _waiting -= rows.Count;
        return new RowRequest(rows, Math.Max((FixedRows ?? LeastRows) - rows.Count, 0), ++_requests, cancellation);
    }

    private async Task RunAsync(RowRequest request)
    {
        int asked = request.Rows;
        (RowCall Call, int Row)[] all = [.. request.Asked];
        OracleException? failure = null;
        try
        {
            await AskAsync(request).ConfigureAwait(false);
        }
        catch (RequestFailure e)
        {
            failure = new OracleException(e.Message, e);
        }
        catch (BrokenCircuitException e)
        {
            failure = new OracleException((e.InnerException as RequestFailure)?.Message ?? "The server failed too often.", e);
        }
        catch (OperationCanceledException e)
        {
            failure = new OracleException("The request was cancelled.", e);
        }
        catch (Exception e)
        {
            failure = new OracleException($"The request failed ({e.GetType().Name}: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}).", e);
        }

        lock (_gate)
        {
            _running--;
            foreach (var group in all.GroupBy(row => row.Call))
            {
                int failed = 0;
                foreach ((RowCall call, int row) in group)
                {
                    if (!call.Batch.IsAnswered(row))
                    {
                        call.Batch.Fail(row, failure ?? new OracleException("The server gave no finite scores."));
                        call.Failure ??= failure;
                        failed++;
                    }
                }

                Close(group.Key, group.Count(), failed);
            }

            _limit.Ended(failure is null ? asked : 0, isIdle: _waiting == 0 && _running + 1 < _limit.Current);
        }

        Dispatch();
    }

    private static void Close(RowCall call, int rows, int failed)
    {
        call.Failed += failed;
        call.Open -= rows;
        if (call.Open == 0)
        {
            call.End();
        }
    }

    private async Task AttemptAsync(Attempted attempt, CancellationToken cancellation)
    {
        RowRequest request = attempt.Request;
        long quiet = Interlocked.Read(ref _quietUntil) - _time.GetTimestamp();
        if (quiet > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)quiet / _time.TimestampFrequency), _time, cancellation).ConfigureAwait(false);
        }

        if (attempt.WasSent && Interlocked.Add(ref _resent, request.Rows) > _options.Retry.MostRetriedQueries)
        {
            throw new RequestFailure($"{attempt.Failure?.Message.TrimEnd('.')}; the limit of {_options.Retry.MostRetriedQueries} rows sent again is reached.", isTransient: false);
        }

        _options.Cost?.Charge(request.SentRows);
        if (attempt.WasSent)
        {
            foreach (var group in request.Asked.GroupBy(row => row.Call))
            {
                group.Key.Resending?.Invoke(group.Count());
            }
        }

        attempt.WasSent = true;
        Interlocked.Add(ref _sent, request.Rows);
        using var late = new CancellationTokenSource(_options.Timeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            await _send(request, limit.Token).ConfigureAwait(false);
            if (!request.RemoveAnswered())
            {
                throw RequestFailure.Broken("has a score that is not a finite number");
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw attempt.Failure = new RequestFailure($"The server gave no answer within {_options.Timeout.TotalSeconds:0.###} s.", isTransient: true);
        }
        catch (RequestFailure e)
        {
            attempt.Failure = e;
            if (e.RetryAfter is { } after)
            {
                Interlocked.Exchange(ref _quietUntil, _time.GetTimestamp() + (long)(after.TotalSeconds * _time.TimestampFrequency));
            }

            if (e.IsOverload)
            {
                lock (_gate)
                {
                    _limit.Overloaded();
                }
            }

            throw;
        }
    }

    private sealed class Attempted(RowRequest request)
    {
        public RowRequest Request { get; } = request;

        public bool WasSent { get; set; }

        public RequestFailure? Failure { get; set; }
    }
}
