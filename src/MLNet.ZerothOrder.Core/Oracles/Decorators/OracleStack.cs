namespace MLNet.ZerothOrder;

/// <summary>An oracle inside the decorators of <see cref="OracleOptions"/>, with counted queries. It owns the decorators, not the oracle.</summary>
public sealed class OracleStack : IDisposable
{
    private readonly IQueryOracle _decorated;
    private readonly RecordingOracle? _recording;
    private readonly CostMeter? _cost;
    private readonly CancellationTokenSource _ends;

    /// <summary>Builds the stack.</summary>
    /// <param name="oracle">The oracle. The caller disposes it.</param>
    /// <param name="options">The decorators.</param>
    /// <param name="count">Called before queries are sent, with their kind and their number.</param>
    /// <param name="resumes">True: an existing recording is continued. False: it is replaced.</param>
    /// <param name="time">The clock of waits and timeouts; null for the system's.</param>
    /// <param name="cancellation">Cancels waits and calls.</param>
    /// <exception cref="InputException">The recording cannot be written.</exception>
    public OracleStack(IQueryOracle oracle, OracleOptions options, Action<RunCount, int> count, bool resumes = false, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(count);
        _cost = (oracle as IAsyncQueryOracle)?.Cost;
        _ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _cost?.Reached ?? CancellationToken.None);
        Ends = _ends.Token;
        oracle = new SharedOracle(oracle, rows => count(RunCount.Retried, rows), Ends);
        if (options.Defence is { } defence)
        {
            oracle = new DefendedOracle(oracle, defence);
        }

        if (options.CallTimeout is { } timeout)
        {
            oracle = new TimeoutOracle(oracle, timeout, time: time, cancellation: Ends);
        }

        if (options.MaxRate is { } rate)
        {
            oracle = new RateLimitedOracle(oracle, rate, time, Ends);
        }

        int answers = options.Answers ?? 1;
        if (answers > 1)
        {
            oracle = new AveragingOracle(oracle, answers);
        }

        if (options.RepeatCheckEvery is { } calls)
        {
            oracle = new RepeatCheckOracle(oracle, calls) { Checking = rows => count(RunCount.Checked, rows * answers) };
        }

        if (options.Retries is { } retries)
        {
            oracle = new RetryingOracle(oracle, new RetryOptions { Retries = retries }, time, Ends) { Retrying = rows => count(RunCount.Retried, rows * answers) };
        }

        if (options.Cache)
        {
            oracle = new CachingOracle(oracle) { Found = rows => count(RunCount.Cached, rows * answers) };
        }

        if (options.RecordFile is { } path)
        {
            try
            {
                oracle = _recording = new RecordingOracle(oracle, path, append: resumes, ends: _ends);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw new InputException($"The recording {path} cannot be written ({e.Message.TrimEnd('.')}); name another file.", e) { Argument = nameof(OracleOptions.RecordFile) };
            }
        }

        _decorated = oracle;
        Oracle = new CountedOracle(oracle, rows => count(RunCount.Asked, rows * answers));
    }

    /// <summary>The decorated oracle, for a run to query.</summary>
    public IQueryOracle Oracle { get; }

    /// <summary>Cancelled by the caller, when the recording can no longer be written, or when the cost limit is reached.</summary>
    public CancellationToken Ends { get; }

    /// <summary>Why the recording can no longer be written; null while it can.</summary>
    public IOException? Failure => _recording?.Failure;

    /// <summary>Why the run ended by itself, as one sentence; null if it did not.</summary>
    public string? Refusal => _cost?.Refusal ?? (Failure is { } unwritten ? $"The recording could not be written ({unwritten.Message.TrimEnd('.')})" : null);

    /// <summary>Disposes the decorators.</summary>
    public void Dispose()
    {
        _decorated.Dispose();
        _ends.Dispose();
    }
}
