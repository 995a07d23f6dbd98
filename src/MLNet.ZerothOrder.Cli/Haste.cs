namespace MLNet.ZerothOrder.Cli;

/// <summary>
/// Tells an interrupted command when it is to leave out what can be left out. Whoever interrupts waits two seconds at most, and calls
/// under way, the checkpoint and the numbers come first; on a loaded machine little is left then for pictures.
/// </summary>
internal sealed class Haste : IDisposable
{
    private static readonly TimeSpan ForPictures = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly CancellationTokenRegistration _registration;
    private long? _interrupted;

    public Haste(Session session)
    {
        _time = session.Time;
        _registration = session.Cancellation.Register(() => _interrupted = _time.GetTimestamp());
    }

    /// <summary>Whether the user has interrupted, and a second has passed since.</summary>
    public bool IsOver => _interrupted is { } then && _time.GetElapsedTime(then) >= ForPictures;

    public void Dispose() => _registration.Dispose();
}
