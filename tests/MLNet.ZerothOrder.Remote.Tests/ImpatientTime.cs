using System.Collections.Concurrent;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A clock whose waits end at once. It notes how long they would have been. Time limits of requests end when the test says so.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    private readonly ConcurrentDictionary<LimitTimer, bool> _limits = [];

    /// <summary>The time limit of requests in tests, which is not a wait.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(7);

    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    /// <summary>Ends the time limit of every request that is running.</summary>
    public void EndLimits()
    {
        foreach (LimitTimer timer in _limits.Keys)
        {
            timer.End();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Limit)
        {
            var timer = new LimitTimer(this, callback, state);
            _limits[timer] = true;
            return timer;
        }

        if (dueTime > TimeSpan.Zero)
        {
            Waits.Enqueue(dueTime);
        }

        return base.CreateTimer(callback, state, dueTime < TimeSpan.Zero ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private sealed class LimitTimer(ImpatientTime owner, TimerCallback callback, object? state) : ITimer
    {
        public void End()
        {
            if (owner._limits.TryRemove(this, out _))
            {
                callback(state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => owner._limits.TryRemove(this, out _);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
