namespace MLNet.ZerothOrder;

/// <summary>
/// The most requests at a time. Without a fixed number it is found by measurement: it is raised while that answers clearly more rows a second, lowered
/// while that answers no fewer, and tried again from time to time. A server with too much to do halves it. Not thread-safe: its owner locks.
/// </summary>
internal sealed class ConcurrencyLimit
{
    /// <summary>The most that a measurement chooses.</summary>
    public const int Most = 64;

    private const int First = 8;
    private const double Gain = 1.05;
    private const double Loss = 0.98;
    private const int LongestHold = 64;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(0.2);

    private readonly TimeProvider _time;
    private readonly bool _isFixed;
    private long _start;
    private long _rows;
    private int _requests;
    private int _idle;
    private int _base;
    private double _baseRate;
    private Phase _phase;
    private int _hold;
    private int _held;

    public ConcurrencyLimit(int? asked, TimeProvider time)
    {
        _time = time;
        _isFixed = asked is not null;
        Current = _base = asked ?? First;
        _start = time.GetTimestamp();
        _hold = 4;
    }

    private enum Phase
    {
        Base,
        Up,
        Down,
        Hold,
    }

    /// <summary>The limit now.</summary>
    public int Current { get; private set; }

    /// <summary>Whether it is measured.</summary>
    public bool IsAdaptive => !_isFixed;

    /// <summary>Notes the end of a request.</summary>
    /// <param name="rows">The answered rows.</param>
    /// <param name="isIdle">Whether fewer requests than allowed are running because there are no more rows, so that the limit does not matter.</param>
    public void Ended(int rows, bool isIdle)
    {
        if (_isFixed)
        {
            return;
        }

        _rows += rows;
        _requests++;
        _idle += isIdle ? 1 : 0;
        TimeSpan elapsed = _time.GetElapsedTime(_start);
        if (elapsed < Window || _requests < 2 * Current)
        {
            return;
        }

        double rate = _rows / elapsed.TotalSeconds;
        bool wasIdle = _idle * 2 > _requests;
        Restart();
        Decide(rate, wasIdle);
    }

    /// <summary>Notes that the server has too much to do.</summary>
    public void Overloaded()
    {
        if (_isFixed || Current == 1)
        {
            return;
        }

        Current = _base = Math.Max(1, Current / 2);
        (_phase, _held, _hold) = (Phase.Hold, 0, LongestHold);
        Restart();
    }

    private void Restart() => (_start, _rows, _requests, _idle) = (_time.GetTimestamp(), 0, 0, 0);

    private void Decide(double rate, bool wasIdle)
    {
        switch (_phase)
        {
            case Phase.Base:
                _baseRate = rate;
                Try(wasIdle ? Phase.Down : Phase.Up);
                break;
            case Phase.Up when rate > Gain * _baseRate:
                (_base, _baseRate, _hold) = (Current, rate, 4);
                Try(wasIdle ? Phase.Hold : Phase.Up);
                break;
            case Phase.Up:
                Try(Phase.Down);
                break;
            case Phase.Down when rate > Loss * _baseRate:
                (_base, _baseRate) = (Current, Math.Max(rate, _baseRate));
                Try(Phase.Down);
                break;
            case Phase.Down:
                Try(Phase.Hold);
                break;
            default:
                if (++_held >= _hold)
                {
                    (_held, _hold) = (0, Math.Min(2 * _hold, LongestHold));
                    (_baseRate, _phase) = (rate, Phase.Base);
                    Try(wasIdle ? Phase.Down : Phase.Up);
                }

                break;
        }
    }

    // A limit that cannot be raised is lowered, and one that cannot be lowered is kept.
    private void Try(Phase phase)
    {
        int up = Math.Min(Most, 2 * _base), down = Math.Max(1, 3 * _base / 4);
        phase = phase == Phase.Up && up == _base ? Phase.Down : phase;
        _phase = phase == Phase.Down && down == _base ? Phase.Hold : phase;
        Current = _phase switch { Phase.Up => up, Phase.Down => down, _ => _base };
    }
}
