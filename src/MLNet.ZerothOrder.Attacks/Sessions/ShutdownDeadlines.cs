namespace MLNet.ZerothOrder;

/// <summary>
/// Deadlines for optional work after an interruption. The checkpoint and the numbers are always written. Checks of results get
/// 0.5 s, pictures and the report 0.75 s, so that a user waits at most two seconds after Ctrl+C.
/// </summary>
internal sealed class ShutdownDeadlines : IDisposable
{
    private static readonly TimeSpan ForChecks = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan ForPictures = TimeSpan.FromSeconds(0.75);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _checks;
    private readonly CancellationTokenRegistration _registration;
    private long _interrupted = long.MinValue;

    public ShutdownDeadlines(TimeProvider time, CancellationToken interruption)
    {
        _time = time;
        _checks = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _registration = interruption.Register(() =>
        {
            Volatile.Write(ref _interrupted, _time.GetTimestamp());
            _checks.CancelAfter(ForChecks);
        });
    }

    /// <summary>Cancelled at the deadline for checks.</summary>
    public CancellationToken Checks => _checks.Token;

    /// <summary>Whether the deadline for pictures and for starting a report has passed.</summary>
    public bool ArePast => Volatile.Read(ref _interrupted) is > long.MinValue and var then && _time.GetElapsedTime(then) >= ForPictures;

    public void Dispose()
    {
        _registration.Dispose();
        _checks.Dispose();
    }
}
