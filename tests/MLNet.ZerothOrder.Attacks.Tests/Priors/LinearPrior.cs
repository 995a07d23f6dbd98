namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>A prior made by hand: scores that are linear in the pixels.</summary>
internal sealed class LinearPrior(float[][] slopes, float[] offsets) : IDirectionPrior
{
    public int InputLength => slopes[0].Length;

    public int Classes => slopes.Length;

    public PriorOrigin Origin { get; } = new("by hand", "0123", 77);

    /// <summary>The prior whose highest score is the class with the nearest mean of these images.</summary>
    public static LinearPrior OfMeans(IEnumerable<(ReadOnlyMemory<float> Image, int Label)> images, int classes)
    {
        float[][] means = [.. Enumerable.Range(0, classes).Select(k =>
        {
            float[][] own = [.. images.Where(image => image.Label == k).Select(image => image.Image.ToArray())];
            return Enumerable.Range(0, own[0].Length).Select(i => own.Average(pixels => pixels[i])).ToArray();
        })];
        return new LinearPrior(means, [.. means.Select(mean => -mean.Sum(x => x * x) / 2)]);
    }

    /// <summary>White noise.</summary>
    public static LinearPrior OfNoise(int length, int classes)
    {
        var random = new Random(1);
        return new LinearPrior([.. Enumerable.Range(0, classes).Select(_ => Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray())], new float[classes]);
    }

    /// <summary>This prior with all scores negated.</summary>
    public LinearPrior Turned() => new([.. slopes.Select(row => row.Select(x => -x).ToArray())], [.. offsets.Select(x => -x)]);

    /// <summary>This prior for images upside down and of other classes, as if it were one of other data.</summary>
    public LinearPrior Foreign() => new([.. slopes.Skip(3).Concat(slopes.Take(3)).Select(row => row.Reverse().ToArray())], offsets);

    public void Predict(ReadOnlySpan<float> image, ReadOnlySpan<float> weights, Span<float> scores, Span<float> gradient)
    {
        gradient.Clear();
        for (int k = 0; k < slopes.Length; k++)
        {
            scores[k] = offsets[k];
            for (int i = 0; i < image.Length; i++)
            {
                scores[k] += slopes[k][i] * image[i];
                gradient[i] += weights[k] * slopes[k][i];
            }
        }
    }
}
