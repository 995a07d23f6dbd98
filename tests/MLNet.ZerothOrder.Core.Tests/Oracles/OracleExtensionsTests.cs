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
    public void A_failed_call_throws_or_fails_all_of_its_rows_even_those_with_scores()
    {
        using IQueryOracle oracle = new DelegateOracle(1, 2, (_, key, scores) =>
        {
            scores.Fill(1);
            if (key.Step == 2)
            {
                throw new OracleException("broken");
            }
        });
        using QueryBatch batch = oracle.CreateBatch(3);
        batch.Rows = 3;
        batch.Key(1) = new RowKey(0, 2);

        Should.Throw<OracleException>(() => batch.Ask(oracle)).Message.ShouldBe("broken");
        batch.Ask(oracle, failsRows: true).ShouldBeFalse();
        Enumerable.Range(0, 3).Select(row => batch.FailureOf(row, "a row", 0)?.Message).ShouldBe(["broken", "broken", "broken"]);

        batch.Key(1) = default;
        batch.Ask(oracle, failsRows: true).ShouldBeTrue();
        Enumerable.Range(0, 3).ShouldAllBe(row => batch.FailureOf(row, "a row", 0) == null);
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

    [Fact]
    public void An_images_class_is_the_first_of_its_highest_scores()
    {
        using var oracle = new DelegateOracle(2, 3, static (input, _, scores) =>
        {
            scores[0] = input[0];
            scores[1] = input[1];
            scores[2] = input[1];
        });
        var images = new ZerothOrder.Data.ImageSet("three", new ZerothOrder.Data.ImageShape(1, 1, 2), [1, 0, 0, 1, 0.5f, 0.5f], new int[3]);

        oracle.Classify(images).ShouldBe([0, 1, 0]);
        oracle.Classify(images.Select([])).ShouldBeEmpty();
    }
}
