using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The number of requests at a time, against servers that are formulas: rows a second by the requests at a time.</summary>
public sealed class ConcurrencyLimitTests
{
    private const int RowsPerRequest = 10;

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(6, 4, 10)]
    [InlineData(20, 15, 30)]
    [InlineData(1000, 48, 64)]
    public void It_settles_about_where_a_server_answers_no_more_rows(int useful, int least, int most)
    {
        // Each request takes 50 ms, and no more than the useful number get anywhere at a time.
        Settled(atATime => Math.Min(atATime, useful) / 0.05).ShouldBeInRange(least, most);
    }

    [Fact]
    public void It_stays_away_from_numbers_at_which_a_server_thrashes() =>
        Settled(atATime => (atATime <= 12 ? atATime : 144.0 / atATime) / 0.05).ShouldBeInRange(6, 18);

    [Fact]
    public void A_server_with_too_much_to_do_halves_it()
    {
        var limit = new ConcurrencyLimit(null, new SteppedTime());
        int before = limit.Current;

        limit.Overloaded();

        limit.Current.ShouldBe(before / 2);
    }

    [Fact]
    public void A_given_number_stays()
    {
        var time = new SteppedTime();
        var limit = new ConcurrencyLimit(5, time);
        limit.Overloaded();
        for (int i = 0; i < 1000; i++)
        {
            time.Now += TimeSpan.FromSeconds(0.01);
            limit.Ended(RowsPerRequest, isIdle: false);
        }

        limit.Current.ShouldBe(5);
    }

    // The number at which most requests of the last tenth of ten minutes ran.
    private static int Settled(Func<int, double> requestsPerSecond)
    {
        var time = new SteppedTime();
        var limit = new ConcurrencyLimit(null, time);
        var last = new Dictionary<int, TimeSpan>();
        while (time.Now < TimeSpan.FromMinutes(10))
        {
            var step = TimeSpan.FromSeconds(1 / requestsPerSecond(limit.Current));
            time.Now += step;
            if (time.Now > TimeSpan.FromMinutes(9))
            {
                last[limit.Current] = last.GetValueOrDefault(limit.Current) + step;
            }

            limit.Ended(RowsPerRequest, isIdle: false);
        }

        return last.MaxBy(pair => pair.Value).Key;
    }

    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
