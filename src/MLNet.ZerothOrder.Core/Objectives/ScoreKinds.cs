using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>Names the kinds of scores, and detects the kind of given scores.</summary>
public static class ScoreKinds
{
    // Wide enough for float16 scores, whose relative rounding is 2^-11.
    private const double Tolerance = 2e-3;

    /// <summary>The kind with this name; logits for any other text.</summary>
    public static ScoreKind Of(string name) => Enum.GetValues<ScoreKind>().FirstOrDefault(kind => Name(kind) == name, ScoreKind.Logits);

    /// <summary>The name of a kind of scores: <c>logits</c>, <c>log-probabilities</c>, <c>probabilities</c> or <c>independent-probabilities</c>.</summary>
    public static string Name(ScoreKind kind) => kind switch
    {
        ScoreKind.Logits => "logits",
        ScoreKind.LogProbabilities => "log-probabilities",
        ScoreKind.IndependentProbabilities => "independent-probabilities",
        _ => "probabilities",
    };

    /// <summary>A score as margins see it: themselves for logits and log-probabilities, logarithms of probabilities, log-odds of independent ones.</summary>
    public static double Logit(this ScoreKind kind, float score) => kind switch
    {
        ScoreKind.Probabilities => Math.Log(Math.Max(score, AttackObjective.ProbabilityFloor)),
        ScoreKind.IndependentProbabilities => Math.Log(Math.Max(score, AttackObjective.ProbabilityFloor)) - Math.Log(Math.Max(1.0 - score, AttackObjective.ComplementFloor)),
        _ => score,
    };

    /// <summary>The scores of both classes of a binary classifier that gives one: 0 and s for a logit s, 1 − p and p for a probability p. NaN stays NaN.</summary>
    /// <param name="kind">What the one score is.</param>
    /// <param name="score">The score of the second class.</param>
    /// <param name="scores">The two scores.</param>
    /// <exception cref="OracleException">A probability is outside 0..1, or its logarithm above 0.</exception>
    public static void Pair(this ScoreKind kind, float score, Span<float> scores)
    {
        // A Sigmoid may exceed 1 by its rounding.
        if (kind == ScoreKind.LogProbabilities ? score > Tolerance : kind != ScoreKind.Logits && score is < (float)-Tolerance or > (float)(1 + Tolerance))
        {
            throw new OracleException(string.Create(
                CultureInfo.InvariantCulture,
                $"The model gave the score {score}, which is no {(kind == ScoreKind.LogProbabilities ? "logarithm of a probability" : "probability")}; if its scores are logits, say so where the model is opened, or name its output of probabilities."));
        }

        (scores[0], scores[1]) = kind switch
        {
            ScoreKind.Logits => (0, score),
            ScoreKind.LogProbabilities => ((float)Math.Log(Complement(Math.Min(score, 0))), Math.Min(score, 0)),
            _ => (1 - Math.Clamp(score, 0, 1), Math.Clamp(score, 0, 1)),
        };

        // 1 − exp(s), which is −s for an s near 0. A probability that was rounded to 1 leaves the other class the floor, so that its logarithm is finite.
        static double Complement(double logarithm) => double.IsNaN(logarithm) ? logarithm
            : Math.Max(logarithm > -1e-8 ? -logarithm : 1 - Math.Exp(logarithm), AttackObjective.ProbabilityFloor);
    }

    /// <summary>
    /// Detects the kind of scores. Probabilities: every row is non-negative and sums to 1. Log-probabilities: no score is positive, and the
    /// exponentials of every row sum to 1. Independent probabilities: every score is in 0..1, and they are neither of these. Logits: everything
    /// else. More rows, and rows of real images, make the detection more reliable.
    /// </summary>
    /// <param name="scores"><paramref name="rows"/> × <paramref name="classes"/> scores, row by row.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="classes">At least 1.</param>
    /// <exception cref="ArgumentException">The number of scores is not rows × classes.</exception>
    public static ScoreKind Detect(ReadOnlySpan<float> scores, int rows, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (scores.Length != rows * classes)
        {
            throw new ArgumentException($"{scores.Length} scores are not {rows} rows of {classes}.", nameof(scores));
        }

        bool probabilities = true, logarithms = true, independent = classes > 1;
        for (int row = 0; row < rows; row++)
        {
            double sum = 0, exponentials = 0;
            foreach (float score in scores.Slice(row * classes, classes))
            {
                probabilities &= score >= 0;
                logarithms &= score <= 0;
                independent &= score is >= 0 and <= 1;
                sum += score;
                exponentials += Math.Exp(score);
            }

            probabilities &= Math.Abs(sum - 1) <= Tolerance;
            logarithms &= Math.Abs(exponentials - 1) <= Tolerance;
        }

        return probabilities ? ScoreKind.Probabilities
            : logarithms ? ScoreKind.LogProbabilities
            : independent ? ScoreKind.IndependentProbabilities : ScoreKind.Logits;
    }
}
