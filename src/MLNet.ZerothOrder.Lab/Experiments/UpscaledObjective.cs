namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// An attack whose θ is a small perturbation (Fig. 8). Bilinear interpolation, with pixel centres at halves, enlarges it to the image, and
/// the distortion is measured on the image. No part of the gradient counts as known, since every pixel of the image depends on several coordinates of θ.
/// </summary>
/// <param name="inner">The attack on the whole image, with the clip transform.</param>
/// <param name="height">θ's height.</param>
/// <param name="width">θ's width.</param>
/// <param name="imageHeight">The image's height.</param>
/// <param name="imageWidth">The image's width; it has one channel.</param>
internal sealed class UpscaledObjective(AttackObjective inner, int height, int width, int imageHeight, int imageWidth) : IObjective
{
    private readonly (int From, int To, float Share)[] _rows = Weights(height, imageHeight);
    private readonly (int From, int To, float Share)[] _columns = Weights(width, imageWidth);

    public int Dimension => height * width;

    public int InputLength => inner.InputLength;

    public KnownTerm? Known => null;

    public void Initialize(RandomKey key, Span<float> theta)
    {
        // The same distribution as the start of an attack on the whole image.
        var whole = new float[inner.Dimension];
        inner.Initialize(key, whole);
        whole.AsSpan(0, theta.Length).CopyTo(theta);
    }

    public void Decode(ReadOnlySpan<float> theta, Span<float> input)
    {
        var enlarged = new float[imageHeight * imageWidth];
        for (int i = 0; i < enlarged.Length; i++)
        {
            (int top, int bottom, float down) = _rows[i / imageWidth];
            (int left, int right, float across) = _columns[i % imageWidth];
            float above = Between(theta[(top * width) + left], theta[(top * width) + right], across);
            float below = Between(theta[(bottom * width) + left], theta[(bottom * width) + right], across);
            enlarged[i] = Between(above, below, down);
        }

        inner.Decode(enlarged, input);

        static float Between(float a, float b, float share) => a + (share * (b - a));
    }

    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        Evaluation whole = inner.Evaluate(input, scores);
        return whole with { Queried = whole.Loss };
    }

    // The two neighbours of each pixel of the large side on the small side, and the weight of the second one.
    private static (int From, int To, float Share)[] Weights(int small, int large) =>
    [
        .. Enumerable.Range(0, large).Select(i => Math.Clamp(((i + 0.5) * small / large) - 0.5, 0, small - 1))
            .Select(at => ((int)at, Math.Min((int)at + 1, small - 1), (float)(at - (int)at))),
    ];
}
