namespace MLNet.ZerothOrder;

/// <summary>
/// Limits the queries per second. A call waits until the earlier calls have used up their time. In any s seconds, at most
/// s · rate rows plus the rows of one call are sent.
/// </summary>
public sealed class RateLimitedOracle : OracleDecorator
{
    // Timers reject waits longer than about 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly double _rate;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellation;
    private readonly long _start;
    private TimeSpan _free;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="queriesPerSecond">The limit, in rows per second.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="cancellation">Cancels waits and their calls. Pass the token that ends the run.</param>
    public RateLimitedOracle(IQueryOracle inner, double queriesPerSecond, TimeProvider? time = null, CancellationToken cancellation = default)
        : base(inner)
    {
        if (!(queriesPerSecond > 0) || !double.IsFinite(queriesPerSecond))
        {
            throw new ArgumentOutOfRangeException(nameof(queriesPerSecond), queriesPerSecond, "The rate must be a positive number of queries per second.");
        }

        _rate = queriesPerSecond;
        _time = time ?? TimeProvider.System;
        _cancellation = cancellation;
        _start = _time.GetTimestamp();
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">Cancelled during a wait. Nothing was sent.</exception>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        TimeSpan wait;
        lock (_gate)
        {
            TimeSpan now = _time.GetElapsedTime(_start);
            TimeSpan turn = _free > now ? _free : now;
            wait = turn - now;
            _free = turn + TimeSpan.FromSeconds(batch.Rows / _rate);
        }

        for (; wait > TimeSpan.Zero; wait -= LongestWait)
        {
            Task.Delay(wait < LongestWait ? wait : LongestWait, _time, _cancellation).GetAwaiter().GetResult();
        }

        Inner.Score(batch);
    }
}
