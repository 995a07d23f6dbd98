using MLNet.ZerothOrder.Tests.Engine;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Oracles;

public sealed class OracleExtensionsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(23)]
    public void Any_number_of_rows_is_scored_in_order_batch_by_batch(int rows)
    {
        using var oracle = new WatchedOracle(1, (input, _) => input[0] * 2, preferredRows: 8);
        float[] scores = oracle.ScoreRows(rows, (row, input) => input[0] = row, new RowKey(5, 6));
        scores.ShouldBe(Enumerable.Range(0, rows).Select(row => row * 2f));
        oracle.Calls.Count.ShouldBe((rows + 7) / 8);
        oracle.Rows.Values.Sum().ShouldBe(rows);
        oracle.Rows.Keys.ShouldAllBe(key => key == new RowKey(5, 6));
    }

    [Fact]
    public void A_score_that_is_no_finite_number_is_a_failure()
    {
        using var oracle = new WatchedOracle(1, (input, _) => input[0] == 3 ? double.NaN : 0);
        Should.Throw<OracleException>(() => oracle.ScoreRows(5, (row, input) => input[0] = row)).Message.ShouldContain("NaN");
    }

    [Fact]
    public void Cancellation_is_looked_at_between_batches()
    {
        using var cancellation = new CancellationTokenSource();
        var oracle = new WatchedOracle(1, (_, _) => 0, preferredRows: 4)
        {
            OnCall = call =>
            {
                if (call == 2)
                {
                    cancellation.Cancel();
                }
            },
        };
        Should.Throw<OperationCanceledException>(() => oracle.ScoreRows(100, (_, _) => { }, cancellation: cancellation.Token));
        oracle.Calls.Count.ShouldBe(2);
    }
}
