namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// An attack whose θ is a small perturbation that is enlarged to the image by bilinear interpolation (Fig. 8), pixel centres at halves as
/// usual; the distortion is measured on the image. Nothing about it is known beforehand, since an enlarged pixel is a sum of θ's.
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
        // As large as in the whole image, where it is inner's own.
        var whole = new float[inner.Dimension];
        inner.Initialize(key, whole);
        whole.AsSpan(0, theta.Length).CopyTo(theta);
    }

    public void Decode(ReadOnlySpan<float> theta, Span<float> input)
    {
        var enlarged = new float[imageHeight * imageWidth];
        for (int y = 0; y < imageHeight; y++)
        {
            (int top, int bottom, float down) = _rows[y];
            for (int x = 0; x < imageWidth; x++)
            {
                (int left, int right, float across) = _columns[x];
                float above = theta[(top * width) + left] + (across * (theta[(top * width) + right] - theta[(top * width) + left]));
                float below = theta[(bottom * width) + left] + (across * (theta[(bottom * width) + right] - theta[(bottom * width) + left]));
                enlarged[(y * imageWidth) + x] = above + (down * (below - above));
            }
        }

        inner.Decode(enlarged, input);
    }

    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        Evaluation whole = inner.Evaluate(input, scores);
        return whole with { Queried = whole.Loss };
    }

    // Where each pixel of the large side falls between two of the small one.
    private static (int From, int To, float Share)[] Weights(int small, int large) =>
    [
        .. Enumerable.Range(0, large).Select(i =>
        {
            double at = Math.Clamp(((i + 0.5) * small / large) - 0.5, 0, small - 1);
            int from = (int)at;
            return (from, Math.Min(from + 1, small - 1), (float)(at - from));
        }),
    ];
}
