namespace MLNet.ZerothOrder;

/// <summary>Tells what a classifier's scores are by their numbers.</summary>
public static class ScoreKinds
{
    // Wide enough for float16 scores, whose relative rounding is 2^-11.
    private const double Tolerance = 2e-3;

    /// <summary>The name of a kind of scores: <c>logits</c>, <c>log-probabilities</c> or <c>probabilities</c>.</summary>
    public static string Name(ScoreKind kind) => kind switch
    {
        ScoreKind.Logits => "logits",
        ScoreKind.LogProbabilities => "log-probabilities",
        _ => "probabilities",
    };

    /// <summary>
    /// Probabilities where every row is non-negative and sums to 1; log-probabilities where no score is positive and every
    /// row's exponentials sum to 1; else logits. Rows of real images tell best, and the more the better.
    /// </summary>
    /// <param name="scores"><paramref name="rows"/> × <paramref name="classes"/> scores, row after row.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="classes">At least 1.</param>
    /// <exception cref="ArgumentException">The sizes do not agree.</exception>
    public static ScoreKind Detect(ReadOnlySpan<float> scores, int rows, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (scores.Length != rows * classes)
        {
            throw new ArgumentException($"{scores.Length} scores are not {rows} rows of {classes}.", nameof(scores));
        }

        bool probabilities = true, logarithms = true;
        for (int row = 0; row < rows; row++)
        {
            double sum = 0, exponentials = 0;
            foreach (float score in scores.Slice(row * classes, classes))
            {
                probabilities &= score >= 0;
                logarithms &= score <= 0;
                sum += score;
                exponentials += Math.Exp(score);
            }

            probabilities &= Math.Abs(sum - 1) <= Tolerance;
            logarithms &= Math.Abs(exponentials - 1) <= Tolerance;
        }

        return probabilities ? ScoreKind.Probabilities : logarithms ? ScoreKind.LogProbabilities : ScoreKind.Logits;
    }
}
