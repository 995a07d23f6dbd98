using System.Collections.Concurrent;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A clock whose waits end at once. It notes how long they would have been.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    /// <summary>The time limit of requests in tests, which is not a wait.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(7);

    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Limit && dueTime > TimeSpan.Zero)
        {
            Waits.Enqueue(dueTime);
        }

        return base.CreateTimer(callback, state, dueTime == Limit || dueTime < TimeSpan.Zero ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
