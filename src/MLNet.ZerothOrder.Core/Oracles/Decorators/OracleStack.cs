namespace MLNet.ZerothOrder;

/// <summary>An oracle inside the decorators of <see cref="OracleOptions"/>, with counted queries. It owns the decorators and the oracle.</summary>
public sealed class OracleStack : IDisposable
{
    private readonly IQueryOracle _decorated;
    private readonly RecordingOracle? _recording;
    private readonly CancellationTokenSource _ends;

    /// <summary>Builds the stack.</summary>
    /// <param name="oracle">The oracle.</param>
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
        _ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Ends = _ends.Token;
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

    /// <summary>Cancelled by the caller, or when the recording can no longer be written.</summary>
    public CancellationToken Ends { get; }

    /// <summary>Why the recording can no longer be written; null while it can.</summary>
    public IOException? Failure => _recording?.Failure;

    /// <summary>Disposes the decorators and the oracle.</summary>
    public void Dispose()
    {
        _decorated.Dispose();
        _ends.Dispose();
    }
}
