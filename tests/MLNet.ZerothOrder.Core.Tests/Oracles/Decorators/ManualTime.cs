namespace MLNet.ZerothOrder.Tests;

/// <summary>A clock that stands still until somebody fires a timer, which moves it there; or that does so by itself at once.</summary>
internal sealed class ManualTime(bool firesAtOnce = false) : TimeProvider
{
    private readonly object _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _now;

    /// <summary>How long each timer was to wait, in the order they were made.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public TimeSpan Now
    {
        get
        {
            lock (_gate)
            {
                return _now;
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        lock (_gate)
        {
            _now += by;
        }
    }

    /// <summary>Waits until there is a timer, and fires the first.</summary>
    public void FireNext()
    {
        Timer timer;
        lock (_gate)
        {
            while (_timers.Count == 0)
            {
                Monitor.Wait(_gate);
            }

            timer = _timers.MinBy(t => t.Due)!;
            _timers.Remove(timer);
            _now = timer.Due;
        }

        timer.Fire();
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return true;
            }

            lock (time._gate)
            {
                time.Waits.Add(dueTime);
                Due = time._now + dueTime;
                if (!time.FiresAtOnce)
                {
                    time._timers.Add(this);
                    Monitor.PulseAll(time._gate);
                    return true;
                }

                time._now = Due;
            }

            // As a real timer does: not on the caller's thread, which may still be setting things up.
            ThreadPool.QueueUserWorkItem(_ => Fire());
            return true;
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private bool FiresAtOnce => firesAtOnce;
}
