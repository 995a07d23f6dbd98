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

        if (!correlates)
        {
            Smooth(shape, options.Width, Math.Min(radius, Math.Max(shape.Width, shape.Height)), directions);
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(shape.Height * shape.Width);
        for (int start = 0; start < directions.Length; start += shape.Length)
        {
            Correlate(shape.Channels, options.ChannelCorrelation, directions.Slice(start, shape.Length), rented.AsSpan(0, shape.Height * shape.Width));
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

        int pixels = shape.Height * shape.Width;
        for (int at = 0; at < pixels; at++)
        {
            float x = Place(at % shape.Width, shape.Width), y = Place(at / shape.Width, shape.Height);
            float factor = WindowFloor + ((1 - WindowFloor) * MathF.Exp(-((x * x) + (y * y)) / (2 * window * window)));
            for (int value = at; value < deviation.Length; value += pixels)
            {
                deviation[value] *= factor;
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
    private static void Smooth(ImageShape shape, float width, int radius, Span<float> directions)
    {
        int padded = shape.Height * (shape.Width + (2 * radius));
        float[] rented = ArrayPool<float>.Shared.Rent(radius + 1 + shape.Width + shape.Height + padded + shape.Length);
        Span<float> weights = rented.AsSpan(0, radius + 1), across = rented.AsSpan(radius + 1, shape.Width), down = rented.AsSpan(radius + 1 + shape.Width, shape.Height);
        Span<float> scratch = rented.AsSpan(radius + 1 + shape.Width + shape.Height);
        for (int k = 0; k <= radius; k++)
        {
            weights[k] = MathF.Exp(-k * k / (2 * width * width));
        }

        Scale(weights, across);
        Scale(weights, down);
        for (int start = 0; start < directions.Length; start += shape.Length)
        {
            WidestLanes.Run(new SmoothKernel(
                shape.Height, shape.Width, weights, across, down, scratch[..padded], scratch.Slice(padded, shape.Length), directions.Slice(start, shape.Length)));
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
