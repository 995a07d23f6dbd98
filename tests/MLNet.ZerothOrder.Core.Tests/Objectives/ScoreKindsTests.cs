namespace MLNet.ZerothOrder.Tests;

public sealed class ScoreKindsTests
{
    [Fact]
    public void KindsAreToldByTheirNumbers()
    {
        float[] logits = [2, -1, 0.5f, 0, 3, -4];
        Assert.Equal(ScoreKind.Logits, ScoreKinds.Detect(logits, 2, 3));
        Assert.Equal(ScoreKind.Probabilities, ScoreKinds.Detect(Softmax(logits, 3, log: false), 2, 3));
        Assert.Equal(ScoreKind.LogProbabilities, ScoreKinds.Detect(Softmax(logits, 3, log: true), 2, 3));
    }

    [Fact]
    public void OneRowThatDoesNotFitDecides()
    {
        Assert.Equal(ScoreKind.Probabilities, ScoreKinds.Detect([0.5f, 0.5f, 0f, 1f], 2, 2));
        Assert.Equal(ScoreKind.Logits, ScoreKinds.Detect([0.5f, 0.5f, 1f, 1f], 2, 2));
        Assert.Equal(ScoreKind.Logits, ScoreKinds.Detect([0.5f, 0.5f, -0.1f, 1.1f], 2, 2));
    }

    [Fact]
    public void RoundingToSixteenBitsDoesNotHideProbabilities()
    {
        float[] scores = new float[1000];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = 3 * MathF.Sin(i);
        }

        float[] probabilities = Array.ConvertAll(Softmax(scores, 1000, log: false), p => (float)(Half)p);
        float[] logarithms = Array.ConvertAll(Softmax(scores, 1000, log: true), p => (float)(Half)p);
        Assert.Equal(ScoreKind.Probabilities, ScoreKinds.Detect(probabilities, 1, 1000));
        Assert.Equal(ScoreKind.LogProbabilities, ScoreKinds.Detect(logarithms, 1, 1000));
    }

    [Fact]
    public void NumbersThatAreNoneAreLogitsAndWrongSizesThrow()
    {
        Assert.Equal(ScoreKind.Logits, ScoreKinds.Detect([float.NaN, 1, float.NegativeInfinity, 0], 2, 2));
        Assert.Throws<ArgumentException>(() => ScoreKinds.Detect([1, 2, 3], 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ScoreKinds.Detect([], 0, 2));
    }

    private static float[] Softmax(float[] logits, int classes, bool log)
    {
        var scores = new float[logits.Length];
        for (int row = 0; row < logits.Length; row += classes)
        {
            double sum = logits.Skip(row).Take(classes).Sum(s => Math.Exp(s));
            for (int k = row; k < row + classes; k++)
            {
                scores[k] = (float)(log ? logits[k] - Math.Log(sum) : Math.Exp(logits[k]) / sum);
            }
        }

        return scores;
    }
}
