namespace MLNet.ZerothOrder.Cli;

/// <summary>
/// Tells an interrupted command when it is to leave out what can be left out. Whoever interrupts waits two seconds at most, and calls
/// under way, the checkpoint and the numbers come first; on a loaded machine little is left then for checks and pictures, and the report
/// takes about as long as all before it.
/// </summary>
internal sealed class Haste : IDisposable
{
    private static readonly TimeSpan ForChecks = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan ForPictures = TimeSpan.FromSeconds(0.75);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _checks;
    private readonly CancellationTokenRegistration _registration;
    private long _interrupted = long.MinValue;

    public Haste(Session session)
    {
        _time = session.Time;
        _checks = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        _registration = session.Cancellation.Register(() =>
        {
            Volatile.Write(ref _interrupted, _time.GetTimestamp());
            _checks.CancelAfter(ForChecks);
        });
    }

    /// <summary>Cancelled half a second after the user has interrupted.</summary>
    public CancellationToken Checks => _checks.Token;

    /// <summary>Whether it is too late for pictures, and to begin the report.</summary>
    public bool IsOver => Volatile.Read(ref _interrupted) is > long.MinValue and var then && _time.GetElapsedTime(then) >= ForPictures;

    public void Dispose()
    {
        _registration.Dispose();
        _checks.Dispose();
    }
}
