using Shouldly;

namespace MLNet.ZerothOrder.Tests.Oracles.Decorators;

public sealed class DefendedOracleTests
{
    private const int Rows = 4_000;

    // The scores are the sum of the input and its first value.
    private static DelegateOracle Model() => new(4, 2, (input, _, scores) => (scores[0], scores[1]) = (input[0] + input[1] + input[2] + input[3], input[0]));

    [Fact]
    public void Noise_has_the_given_deviation_and_leaves_the_rows_as_they_were()
    {
        (double mean, double deviation) = Spread(new Defence { InputNoise = 0.3 });
        mean.ShouldBe(2, 0.05);
        deviation.ShouldBe(0.3 * 2, 0.03, "the sum of four values");

        (mean, deviation) = Spread(new Defence { ScoreNoise = 0.3 });
        mean.ShouldBe(2, 0.03);
        deviation.ShouldBe(0.3, 0.015);
    }

    [Fact]
    public void Averages_of_answers_have_less_noise()
    {
        (_, double deviation) = Spread(new Defence { ScoreNoise = 0.3 }, answers: 9);
        deviation.ShouldBe(0.1, 0.005);
    }

    [Fact]
    public void Scores_are_rounded_to_decimal_places()
    {
        using var oracle = new DefendedOracle(Model(), new Defence { Decimals = 1 });
        using QueryBatch batch = oracle.CreateBatch(1);
        (batch.Rows, batch.Input(0)[0], batch.Input(0)[1]) = (1, 0.26f, 0.5f);
        oracle.Score(batch);
        batch.Score(0).ToArray().ShouldBe([0.8f, 0.3f]);
    }

    [Fact]
    public void The_same_questions_in_another_packing_get_the_same_answers_and_a_repeated_question_another_one()
    {
        float[] Ask(int perCall)
        {
            using var oracle = new DefendedOracle(Model(), new Defence { InputNoise = 0.1, ScoreNoise = 0.1 });
            var answers = new List<float>();
            using QueryBatch batch = oracle.CreateBatch(perCall);
            for (int from = 0; from < 12; from += perCall)
            {
                batch.Rows = perCall;
                for (int row = 0; row < perCall; row++)
                {
                    batch.Input(row).Fill((from + row) % 6);
                }

                oracle.Score(batch);
                answers.AddRange(batch.Scores.Span[..(perCall * 2)].ToArray());
            }

            return [.. answers];
        }

        float[] one = Ask(1);
        Ask(4).ShouldBe(one);
        one[..12].ShouldNotBe(one[12..], "the second six rows are the first six again");
    }

    [Fact]
    public void Numbers_that_are_no_deviations_or_places_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new Defence { InputNoise = -1 });
        Should.Throw<ArgumentOutOfRangeException>(() => new Defence { ScoreNoise = double.NaN });
        Should.Throw<ArgumentOutOfRangeException>(() => new Defence { Decimals = 7 });
    }

    private static (double Mean, double Deviation) Spread(Defence defence, int answers = 1)
    {
        using var oracle = new AveragingOracle(new DefendedOracle(Model(), defence), answers);
        using QueryBatch batch = oracle.CreateBatch(Rows);
        batch.Rows = Rows;
        batch.Inputs.Span.Fill(0.5f);
        oracle.Score(batch);
        batch.Inputs.ToArray().ShouldAllBe(value => value == 0.5f);
        double[] sums = [.. Enumerable.Range(0, Rows).Select(row => (double)batch.Score(row)[0])];
        double mean = sums.Average();
        return (mean, Math.Sqrt(sums.Average(sum => Math.Pow(sum - mean, 2))));
    }
}
