using Shouldly;

namespace MLNet.ZerothOrder.Tests.Objectives;

public sealed class ScoreKindsTests
{
    private static readonly double[][] Rows = [[1, -2, 0.5], [8, -3, 2], [-4, -4, -4.5]];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tells_logits_log_probabilities_and_both_kinds_of_probabilities_apart_also_in_float16(bool half)
    {
        Detect((z, _) => z).ShouldBe(ScoreKind.Logits);
        Detect((z, sum) => z - Math.Log(sum)).ShouldBe(ScoreKind.LogProbabilities);
        Detect((z, sum) => Math.Exp(z) / sum).ShouldBe(ScoreKind.Probabilities);

        // Sigmoids lie in (0, 1) as well, but do not sum to 1.
        Detect((z, _) => 1 / (1 + Math.Exp(-z))).ShouldBe(ScoreKind.IndependentProbabilities);
        Detect((z, _) => -Math.Abs(z)).ShouldBe(ScoreKind.Logits);

        ScoreKind Detect(Func<double, double, double> score) => ScoreKinds.Detect(
            [.. Rows.SelectMany(row => row.Select(z => Rounded(score(z, row.Sum(Math.Exp)))))], Rows.Length, 3);
        float Rounded(double value) => half ? (float)(Half)value : (float)value;
    }

    [Fact]
    public void One_row_that_does_not_fit_decides()
    {
        ScoreKinds.Detect([0.5f, 0.5f, 0.3f, 0.3f], 2, 2).ShouldBe(ScoreKind.IndependentProbabilities);
        ScoreKinds.Detect([0.5f, 0.6f, 0.3f, 1.3f], 2, 2).ShouldBe(ScoreKind.Logits);
        ScoreKinds.Detect([0.5f, 0.5f, 1.5f, -0.5f], 2, 2).ShouldBe(ScoreKind.Logits);
    }

    [Theory]
    [InlineData(ScoreKind.Logits, 3, 0, 3)]
    [InlineData(ScoreKind.Probabilities, 0.25, 0.75, 0.25)]
    [InlineData(ScoreKind.Probabilities, 1.0000001, 0, 1)]
    [InlineData(ScoreKind.LogProbabilities, -0.6931472, -0.6931472, -0.6931472)]
    [InlineData(ScoreKind.LogProbabilities, -1e-12, -27.631021, -1e-12)]
    [InlineData(ScoreKind.LogProbabilities, 0, -85.19565, 0)]
    public void One_score_stands_for_two_classes(ScoreKind kind, float score, float first, float second)
    {
        float[] scores = new float[2];
        kind.Pair(score, scores);
        scores[0].ShouldBe(first, 1e-6f);
        scores[1].ShouldBe(second, 1e-6f);

        // What a model gives a row with missing values stays missing.
        kind.Pair(float.NaN, scores);
        scores[1].ShouldBe(float.NaN);
    }

    [Theory]
    [InlineData(ScoreKind.Probabilities, 1.5, "The model gave the score 1.5, which is no probability; if its scores are logits")]
    [InlineData(ScoreKind.IndependentProbabilities, -0.1, "The model gave the score -0.1, which is no probability")]
    [InlineData(ScoreKind.LogProbabilities, 0.5, "The model gave the score 0.5, which is no logarithm of a probability")]
    public void One_score_that_cannot_be_a_probability_is_refused(ScoreKind kind, float score, string says) =>
        Should.Throw<OracleException>(() => kind.Pair(score, new float[2])).Message.ShouldStartWith(says);

    [Fact]
    public void Sizes_that_do_not_agree_are_refused() =>
        Should.Throw<ArgumentException>(() => ScoreKinds.Detect(new float[5], 2, 3)).Message.ShouldContain("5 scores are not 2 rows of 3");
}
