using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>What <see cref="ImageSampler"/> needs of a size of images and does not change from step to step: the weights of the smoothing, and the window.</summary>
internal sealed class ImageFilter
{
    // The window's value far from the centre, so that objects there are still seen.
    private const float WindowFloor = 0.3f;

    // Beyond this many widths, the weights of the Gaussian are below 0.02.
    private const float Reach = 2.8f;

    // The images of a run have one size.
    private static ImageFilter? _last;

    private readonly ImageShape _shape;
    private readonly float _width;
    private readonly float _window;

    private ImageFilter(ImageShape shape, float width, float window)
    {
        (_shape, _width, _window) = (shape, width, window);
        if (shape.Channels == 1 && width > 0)
        {
            Radius = Math.Min((int)MathF.Ceiling(Reach * width), Math.Max(shape.Width, shape.Height));
            Weights = new float[Radius + 1];
            for (int k = 0; k <= Radius; k++)
            {
                Weights[k] = MathF.Exp(-k * k / (2 * width * width));
            }

            int stride = SmoothKernel.Stride(shape.Width, Radius);
            Down = Scale(Weights, shape.Height);
            Across = new float[shape.Height * stride];
            float[] across = Scale(Weights, shape.Width);
            for (int y = 0; y < shape.Height; y++)
            {
                across.CopyTo(Across, y * stride);
            }
        }

        if (window > 0)
        {
            Window = new float[shape.Height * shape.Width];
            for (int at = 0; at < Window.Length; at++)
            {
                float x = Place(at % shape.Width, shape.Width), y = Place(at / shape.Width, shape.Height);
                Window[at] = WindowFloor + ((1 - WindowFloor) * MathF.Exp(-((x * x) + (y * y)) / (2 * window * window)));
            }
        }
    }

    /// <summary>r, how far the smoothing reaches; 0 for none.</summary>
    public int Radius { get; }

    /// <summary>The weights of the distances 0..r.</summary>
    public float[] Weights { get; } = [];

    /// <summary>The scale of each column, for rows of <see cref="SmoothKernel.Stride"/>.</summary>
    public float[] Across { get; } = [];

    /// <summary>The scale of each row.</summary>
    public float[] Down { get; } = [];

    /// <summary>The window's value at each pixel; empty for none.</summary>
    public float[] Window { get; } = [];

    /// <summary>The filter of a size.</summary>
    /// <param name="shape">The size of the image.</param>
    /// <param name="width">The width of the smoothing, in pixels; without effect on images of several channels.</param>
    /// <param name="window">The window's standard deviation as a share of each side; 0 for none.</param>
    public static ImageFilter Of(ImageShape shape, float width, float window)
    {
        // Two threads may make the same one, and either may stay.
        ImageFilter? last = _last;
        return last is not null && last._shape == shape && last._width == width && last._window == window ? last : _last = new ImageFilter(shape, width, window);
    }

    // A pixel's distance from the middle, in sides.
    private static float Place(int at, int side) => ((at + 0.5f) / side) - 0.5f;

    // 1 / the root of the sum of the squared weights that lie inside, for each place of a line.
    private static float[] Scale(ReadOnlySpan<float> weights, int length)
    {
        var scale = new float[length];
        for (int at = 0; at < length; at++)
        {
            float sum = 0;
            for (int k = Math.Max(1 - weights.Length, -at); k < Math.Min(weights.Length, length - at); k++)
            {
                sum += weights[Math.Abs(k)] * weights[Math.Abs(k)];
            }

            scale[at] = 1 / MathF.Sqrt(sum);
        }

        return scale;
    }
}
