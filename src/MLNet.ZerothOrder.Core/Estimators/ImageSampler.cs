using System.Buffers;
using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Normal directions that look like the changes which matter in images: alike in all channels, or smooth where there is one channel, and larger in the middle.</summary>
internal static class ImageSampler
{
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
        ImageFilter filter = ImageFilter.Of(shape, options.Width, options.Window);
        Draw(key, shape, options, filter, directions);
        Focus(filter, deviation);
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
    public static void Draw(RandomKey key, ImageShape shape, ProximalOptions options, Span<float> directions) =>
        Draw(key, shape, options, ImageFilter.Of(shape, options.Width, options.Window), directions);

    /// <summary>Multiplies σ by the window around the image's centre and scales it to ‖σ‖₂ = √d.</summary>
    /// <param name="filter">The window.</param>
    /// <param name="deviation">σ, d floats.</param>
    public static void Focus(ImageFilter filter, Span<float> deviation)
    {
        if (filter.Window.Length == 0)
        {
            return;
        }

        for (int channel = 0; channel < deviation.Length; channel += filter.Window.Length)
        {
            Span<float> values = deviation.Slice(channel, filter.Window.Length);
            TensorPrimitives.Multiply(values, filter.Window, values);
        }

        TensorPrimitives.Multiply(deviation, (float)Math.Sqrt(deviation.Length / SimdKernels.SumOfSquares(deviation)), deviation);
    }

    private static void Draw(RandomKey key, ImageShape shape, ProximalOptions options, ImageFilter filter, Span<float> directions)
    {
        CounterRandom.Normals(key, directions);
        bool correlates = shape.Channels > 1 && options.ChannelCorrelation > 0;
        if (filter.Radius == 0 && !correlates)
        {
            return;
        }

        if (!correlates)
        {
            Smooth(shape, filter, directions);
            return;
        }

        float[] rented = ArrayPool<float>.Shared.Rent(shape.Height * shape.Width);
        for (int start = 0; start < directions.Length; start += shape.Length)
        {
            Correlate(shape.Channels, options.ChannelCorrelation, directions.Slice(start, shape.Length), rented.AsSpan(0, shape.Height * shape.Width));
        }

        ArrayPool<float>.Shared.Return(rented);
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
    private static void Smooth(ImageShape shape, ImageFilter filter, Span<float> directions)
    {
        int between = filter.Across.Length, padded = between + (2 * filter.Radius);
        float[] rented = ArrayPool<float>.Shared.Rent(padded + between);
        Span<float> scratch = rented.AsSpan(0, padded + between);
        scratch[..padded].Clear();
        for (int start = 0; start < directions.Length; start += shape.Length)
        {
            WidestLanes.Run(new SmoothKernel(
                shape.Height, shape.Width, filter.Weights, filter.Across, filter.Down, scratch[..padded], scratch[padded..], directions.Slice(start, shape.Length)));
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}
