using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Normal directions that look like the changes which matter in images: alike in all channels, or smooth where there is one channel, and larger in the middle.</summary>
internal static class ImageSampler
{
    // The window's value far from the centre, so that objects there are still seen.
    private const float WindowFloor = 0.3f;

    // Beyond this many widths, the weights of the Gaussian are below 0.02.
    private const float Reach = 2.8f;

    /// <summary>The size of the image that an objective changes; null if it changes no image, or one of a single row or column.</summary>
    public static ImageShape? Shape(IObjective objective) => objective is AttackObjective { Shape: { Height: > 1, Width: > 1 } shape } ? shape : null;

    /// <summary>Writes rows of directions.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="shape">The size of the image.</param>
    /// <param name="options">What is assumed of the image.</param>
    /// <param name="deviation">σ before the window, d floats. The window is applied to it.</param>
    /// <param name="directions">Receives rows × d floats.</param>
    public static void Sample(RandomKey key, ImageShape shape, ProximalOptions options, Span<float> deviation, Span<float> directions)
    {
        Draw(key, shape, options, directions);
        Focus(shape, options.Window, deviation);
        for (int start = 0; start < directions.Length; start += deviation.Length)
        {
            Span<float> row = directions.Slice(start, deviation.Length);
            TensorPrimitives.Multiply(row, deviation, row);
        }
    }

    /// <summary>Writes rows of normal numbers of variance 1, correlated between channels, or in one channel between neighbours.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="shape">The size of the image.</param>
    /// <param name="options">The correlations.</param>
    /// <param name="directions">Receives rows × d floats.</param>
    public static void Draw(RandomKey key, ImageShape shape, ProximalOptions options, Span<float> directions)
    {
        CounterRandom.Normals(key, directions);
        int radius = shape.Channels == 1 ? (int)MathF.Ceiling(Reach * options.Width) : 0;
        bool correlates = shape.Channels > 1 && options.ChannelCorrelation > 0;
        if (radius == 0 && !correlates)
        {
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(shape.Height * shape.Width);
        Span<float> scratch = rented.AsSpan(0, shape.Height * shape.Width);
        for (int start = 0; start < directions.Length; start += shape.Length)
        {
            Span<float> row = directions.Slice(start, shape.Length);
            if (correlates)
            {
                Correlate(shape.Channels, options.ChannelCorrelation, row, scratch);
            }
            else
            {
                Smooth(shape, options.Width, radius, row, scratch);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Multiplies σ by the window around the image's centre and scales it to ‖σ‖₂ = √d.</summary>
    /// <param name="shape">The size of the image.</param>
    /// <param name="window">The window's standard deviation as a share of each side; 0 for none.</param>
    /// <param name="deviation">σ, d floats.</param>
    public static void Focus(ImageShape shape, float window, Span<float> deviation)
    {
        if (window == 0)
        {
            return;
        }

        for (int at = 0; at < deviation.Length; at += shape.Width)
        {
            float y = Place(at / shape.Width % shape.Height, shape.Height);
            for (int x = 0; x < shape.Width; x++)
            {
                float along = Place(x, shape.Width);
                deviation[at + x] *= WindowFloor + ((1 - WindowFloor) * MathF.Exp(-((along * along) + (y * y)) / (2 * window * window)));
            }
        }

        TensorPrimitives.Multiply(deviation, (float)Math.Sqrt(deviation.Length / SimdKernels.SumOfSquares(deviation)), deviation);

        // A pixel's distance from the middle, in sides.
        static float Place(int at, int side) => ((at + 0.5f) / side) - 0.5f;
    }

    // z ← a z + b Σ z over the channels of a pixel, with a and b such that the variance stays 1 and the correlation becomes the given one.
    private static void Correlate(int channels, float correlation, Span<float> row, Span<float> sum)
    {
        float own = MathF.Sqrt(1 - correlation);
        float shared = (MathF.Sqrt(1 + ((channels - 1) * correlation)) - own) / channels;
        sum.Clear();
        for (int at = 0; at < row.Length; at += sum.Length)
        {
            SimdKernels.Axpy(shared, row.Slice(at, sum.Length), sum);
        }

        for (int at = 0; at < row.Length; at += sum.Length)
        {
            Span<float> channel = row.Slice(at, sum.Length);
            TensorPrimitives.Multiply(channel, own, channel);
            TensorPrimitives.Add(channel, sum, channel);
        }
    }

    // A Gaussian along the rows, then along the columns. Near the border fewer neighbours are averaged; the variance stays 1.
    private static void Smooth(ImageShape shape, float width, int radius, Span<float> image, Span<float> scratch)
    {
        int side = Math.Max(shape.Width, shape.Height);
        radius = Math.Min(radius, side);
        float[] rented = ArrayPool<float>.Shared.Rent(radius + 1 + side);
        Span<float> weights = rented.AsSpan(0, radius + 1), scale = rented.AsSpan(radius + 1, side);
        for (int k = 0; k <= radius; k++)
        {
            weights[k] = MathF.Exp(-k * k / (2 * width * width));
        }

        Scale(weights, scale[..shape.Width]);
        scratch.Clear();
        for (int at = 0; at < image.Length; at += shape.Width)
        {
            ReadOnlySpan<float> source = image.Slice(at, shape.Width);
            Span<float> target = scratch.Slice(at, shape.Width);
            for (int k = -Math.Min(radius, shape.Width - 1); k <= Math.Min(radius, shape.Width - 1); k++)
            {
                int length = shape.Width - Math.Abs(k);
                SimdKernels.Axpy(weights[Math.Abs(k)], source.Slice(Math.Max(k, 0), length), target.Slice(Math.Max(-k, 0), length));
            }

            TensorPrimitives.Multiply(target, scale[..shape.Width], target);
        }

        Scale(weights, scale[..shape.Height]);
        image.Clear();
        for (int y = 0; y < shape.Height; y++)
        {
            Span<float> target = image.Slice(y * shape.Width, shape.Width);
            for (int k = Math.Max(-radius, -y); k <= Math.Min(radius, shape.Height - 1 - y); k++)
            {
                SimdKernels.Axpy(scale[y] * weights[Math.Abs(k)], scratch.Slice((y + k) * shape.Width, shape.Width), target);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // 1 / the root of the sum of the squared weights that lie inside, for each place of a line.
    private static void Scale(ReadOnlySpan<float> weights, Span<float> scale)
    {
        for (int at = 0; at < scale.Length; at++)
        {
            float sum = 0;
            for (int k = Math.Max(1 - weights.Length, -at); k < Math.Min(weights.Length, scale.Length - at); k++)
            {
                sum += weights[Math.Abs(k)] * weights[Math.Abs(k)];
            }

            scale[at] = 1 / MathF.Sqrt(sum);
        }
    }
}
