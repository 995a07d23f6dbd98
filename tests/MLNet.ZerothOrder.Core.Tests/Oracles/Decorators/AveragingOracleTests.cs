using Shouldly;

namespace MLNet.ZerothOrder.Tests.Oracles.Decorators;

public sealed class AveragingOracleTests
{
    [Fact]
    public void Scores_are_the_mean_of_the_answers_with_a_smaller_deviation()
    {
        const int answers = 64, rows = 200;
        var random = new Random(1);
        int asked = 0;
        using var oracle = new AveragingOracle(new Noisy(random, () => asked++), answers);
        using QueryBatch batch = oracle.CreateBatch(rows);
        batch.Rows = rows;

        oracle.Score(batch);

        asked.ShouldBe(answers);
        oracle.AnswersPerRow.ShouldBe(answers);
        double[] errors = [.. Enumerable.Range(0, rows).Select(row => (double)batch.Score(row)[0] - 3)];
        // A single answer is uniform in 2.5..3.5.
        double deviation = Math.Sqrt(errors.Average(error => error * error)), expected = Math.Sqrt(1 / 12.0 / answers);
        deviation.ShouldBeInRange(0.8 * expected, 1.2 * expected);
    }

    [Fact]
    public void A_row_without_one_of_its_answers_has_no_scores()
    {
        int call = 0;
        using var oracle = new AveragingOracle(new Noisy(new Random(1), () => { }, () => call++ == 4), 3);
        using QueryBatch batch = oracle.CreateBatch(2);
        batch.Rows = 2;
        oracle.Score(batch);
        batch.IsAnswered(0).ShouldBeFalse();
        batch.IsAnswered(1).ShouldBeTrue();
    }

    [Theory]
    [InlineData(1000L)]
    [InlineData(64L)]
    [InlineData(63L)]
    public void A_budget_counts_every_answer(long budget)
    {
        var ledger = new QueryLedger(budget, answers: 3);
        int rows = 0;
        while (ledger.TryCharge(1))
        {
            rows++;
        }

        rows.ShouldBe((int)(budget / 3));
        ledger.Charged.ShouldBe(3 * rows);
        ledger.TryChargeRetry(1).ShouldBeFalse();
        Should.Throw<ArgumentOutOfRangeException>(() => new QueryLedger(answers: 0));
    }

    private sealed class Noisy(Random random, Action asked, Func<bool>? fails = null) : IQueryOracle
    {
        public int InputLength => 1;

        public int ScoreLength => 1;

        public void Score(QueryBatch batch)
        {
            asked();
            for (int row = 0; row < batch.Rows; row++)
            {
                batch.Score(row)[0] = fails?.Invoke() == true ? float.NaN : 2.5f + random.NextSingle();
            }
        }

        public void Dispose()
        {
        }
    }
}
