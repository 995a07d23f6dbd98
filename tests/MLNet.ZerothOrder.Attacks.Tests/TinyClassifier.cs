using System.Collections.Concurrent;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>
/// A linear classifier of 4×4 images into 3 classes that counts what it is asked, apart from any ledger; and images that it
/// classifies as it is told to.
/// </summary>
internal sealed class TinyClassifier(int concurrency = 1) : IQueryOracle
{
    public const int Classes = 3;
    public static readonly ImageShape Shape = new(1, 4, 4);
    private long _rows;

    public int InputLength => Shape.Length;

    public int ScoreLength => Classes;

    public int Concurrency { get; } = concurrency;

    /// <summary>Changes a row's scores, which are logits, or throws: told the key and the row's number from 1.</summary>
    public Action<RowKey, long, float[]>? Change { get; init; }

    /// <summary>Rows per key; a key of problem 0 belongs to no problem.</summary>
    public ConcurrentDictionary<RowKey, long> Rows { get; } = new();

    public long All => Rows.Values.Sum();

    public long OutsideRuns => Rows.Where(pair => pair.Key.Problem == 0).Sum(pair => pair.Value);

    /// <summary>The classifier itself, in float64.</summary>
    public static double[] Logits(ReadOnlySpan<float> image)
    {
        var scores = new double[Classes];
        for (int k = 0; k < Classes; k++)
        {
            for (int i = 0; i < image.Length; i++)
            {
                scores[k] += Math.Sin((k * 5) + (i * 3) + 1) * (image[i] - 0.5);
            }
        }

        return scores;
    }

    public static int Classify(ReadOnlySpan<float> image)
    {
        double[] scores = Logits(image);
        return Array.IndexOf(scores, scores.Max());
    }

    /// <summary>Images of the given classes; <paramref name="wrong"/> of them, by index, carry another label.</summary>
    public static ImageSet Images(int[] classes, params int[] wrong)
    {
        var random = new Random(classes.Length);
        var pixels = new List<float>();
        var labels = new List<int>();
        foreach (int wanted in classes)
        {
            float[] image;
            do
            {
                image = [.. Enumerable.Range(0, Shape.Length).Select(_ => 0.3f + (0.4f * random.NextSingle()))];
            }
            while (Classify(image) != wanted || Margin(image) < 0.1);

            labels.Add(wrong.Contains(labels.Count) ? (wanted + 1) % Classes : wanted);
            pixels.AddRange(image);
        }

        return new ImageSet("tiny", Shape, [.. pixels], [.. labels]);
    }

    /// <summary>The images as 8-bit files hold them.</summary>
    public static ImageSet Files(ImageSet images)
    {
        float[] pixels = [.. Enumerable.Range(0, images.Count).SelectMany(i => images.Image(i).ToArray())];
        PixelBuffer.RoundTo8Bit(pixels);
        return new ImageSet(images.Name, images.Shape, pixels, [.. Enumerable.Range(0, images.Count).Select(images.Label)]);
    }

    public void Score(QueryBatch batch)
    {
        for (int row = 0; row < batch.Rows; row++)
        {
            RowKey key = batch.Key(row);
            Rows.AddOrUpdate(key, 1, (_, count) => count + 1);
            float[] scores = [.. Logits(batch.Input(row)).Select(z => (float)z)];
            Change?.Invoke(key, Interlocked.Increment(ref _rows), scores);
            scores.CopyTo(batch.Score(row));
        }
    }

    public void Dispose()
    {
    }

    private static double Margin(float[] image)
    {
        double[] sorted = [.. Logits(image).OrderDescending()];
        return sorted[0] - sorted[1];
    }
}
