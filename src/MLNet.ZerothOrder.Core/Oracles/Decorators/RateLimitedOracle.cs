namespace MLNet.ZerothOrder;

/// <summary>
/// Sends no more queries per second than allowed: a call waits until the calls before it have had their time. In any stretch of s
/// seconds at most s times the rate and one call's rows are sent.
/// </summary>
public sealed class RateLimitedOracle : OracleDecorator
{
    // A timer takes no longer wait than some weeks.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly double _rate;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellation;
    private readonly long _start;
    private TimeSpan _free;

    /// <param name="inner">The oracle, disposed with this one.</param>
    /// <param name="queriesPerSecond">The rate, in rows.</param>
    /// <param name="time">The clock; null is the system's.</param>
    /// <param name="cancellation">Ends waits, and with them the call; give the one that ends the run.</param>
    public RateLimitedOracle(IQueryOracle inner, double queriesPerSecond, TimeProvider? time = null, CancellationToken cancellation = default)
        : base(inner)
    {
        if (!(queriesPerSecond > 0) || !double.IsFinite(queriesPerSecond))
        {
            throw new ArgumentOutOfRangeException(nameof(queriesPerSecond), queriesPerSecond, "The rate is a positive number of queries per second.");
        }

        _rate = queriesPerSecond;
        _time = time ?? TimeProvider.System;
        _cancellation = cancellation;
        _start = _time.GetTimestamp();
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">Cancelled during a wait; nothing was sent.</exception>
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
