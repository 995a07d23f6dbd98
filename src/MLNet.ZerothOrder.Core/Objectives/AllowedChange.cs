using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The changes δ of an image x0 that an <see cref="AttackLoss"/> allows: x0 + δ is in [0, 1], and ‖δ‖_p ≤ ε or at most k pixels differ. Distances are those
/// of the float images, so that an image counts as inside only if it is measured inside.
/// </summary>
internal static class AllowedChange
{
    private const int Rescalings = 8;
    private const int Bisections = 50;

    /// <summary>δ ← an allowed change near δ; the nearest one in ℓ∞ and ℓ1, up to rounding.</summary>
    /// <param name="loss">The loss, with an ε or a number of pixels.</param>
    /// <param name="image">x0.</param>
    /// <param name="channels">The channels of the image, stored one after the other.</param>
    /// <param name="change">δ.</param>
    public static void Project(AttackLoss loss, ReadOnlySpan<float> image, int channels, Span<float> change)
    {
        if (loss.Pixels is { } pixels)
        {
            Clip(image, change);
            KeepLargest(change, channels, pixels);
        }
        else if (loss.Norm == DistortionNorm.LInfinity)
        {
            float radius = Below(loss.Epsilon!.Value);
            TensorPrimitives.Clamp(change, -radius, radius, change);
            Clip(image, change);
        }
        else
        {
            Shorten(loss.Norm, loss.Epsilon!.Value, image, change);
        }
    }

    /// <summary>Writes x0 + δ for the allowed change near δ.</summary>
    public static void Decode(AttackLoss loss, ReadOnlySpan<float> image, int channels, ReadOnlySpan<float> change, Span<float> input)
    {
        change.CopyTo(input);
        Project(loss, image, channels, input);
        SimdKernels.AddClip(image, input, input);
        if (loss.Pixels is not null)
        {
            return;
        }

        // Adding to x0 rounds, possibly away from x0.
        double epsilon = loss.Epsilon!.Value;
        if (loss.Norm == DistortionNorm.LInfinity)
        {
            for (int i = 0; i < input.Length; i++)
            {
                double distance = (double)input[i] - image[i];
                if (Math.Abs(distance) > epsilon)
                {
                    input[i] = distance > 0 ? MathF.BitDecrement(input[i]) : MathF.BitIncrement(input[i]);
                }
            }

            return;
        }

        for (double less = 1.0 / (1 << 24); Measure(loss.Norm, input, image) > epsilon; less *= 2)
        {
            for (int i = 0; i < input.Length; i++)
            {
                input[i] = (float)(image[i] + (((double)input[i] - image[i]) * (1 - less)));
            }
        }
    }

    /// <summary>The largest float that is at most a positive number.</summary>
    public static float Below(double value) => (float)value is var rounded && rounded > value ? MathF.BitDecrement(rounded) : rounded;

    private static double Measure(DistortionNorm norm, ReadOnlySpan<float> input, ReadOnlySpan<float> image) =>
        norm == DistortionNorm.L1 ? SimdKernels.L1Distance(input, image) : SimdKernels.L2Distance(input, image);

    private static void Clip(ReadOnlySpan<float> image, Span<float> change)
    {
        for (int i = 0; i < change.Length; i++)
        {
            change[i] = Math.Clamp(change[i], -image[i], 1 - image[i]);
        }
    }

    // The nearest point of ball and box is clip(s δ) in ℓ2 and clip(soft(δ, λ)) in ℓ1.
    private static void Shorten(DistortionNorm norm, double epsilon, ReadOnlySpan<float> image, Span<float> change)
    {
        double length = Length(norm, image, change, 1, 0);
        if (length <= epsilon)
        {
            Clip(image, change);
            return;
        }

        double scale = 1, threshold = 0;
        if (norm == DistortionNorm.L2)
        {
            // The length is a concave function of s that is 0 at 0, so no step falls short of ε.
            for (int i = 0; i < Rescalings && length > epsilon; i++)
            {
                scale *= epsilon / length;
                length = Length(norm, image, change, scale, 0);
            }
        }
        else
        {
            double low = 0, high = TensorPrimitives.MaxMagnitude(change) is var most ? Math.Abs((double)most) : 0;
            for (int i = 0; i < Bisections && high > low; i++)
            {
                double middle = (low + high) / 2;
                (low, high) = Length(norm, image, change, 1, middle) > epsilon ? (middle, high) : (low, middle);
            }

            threshold = high;
            length = Length(norm, image, change, 1, threshold);
        }

        double rest = length > epsilon ? epsilon / length : 1;
        for (int i = 0; i < change.Length; i++)
        {
            change[i] = (float)(rest * Shortened(change[i], image[i], scale, threshold));
        }
    }

    private static double Length(DistortionNorm norm, ReadOnlySpan<float> image, ReadOnlySpan<float> change, double scale, double threshold)
    {
        double sum = 0;
        for (int i = 0; i < change.Length; i++)
        {
            double moved = Shortened(change[i], image[i], scale, threshold);
            sum += norm == DistortionNorm.L1 ? Math.Abs(moved) : moved * moved;
        }

        return norm == DistortionNorm.L1 ? sum : Math.Sqrt(sum);
    }

    private static double Shortened(float change, float pixel, double scale, double threshold)
    {
        double size = Math.Max((Math.Abs((double)change) * scale) - threshold, 0);
        return Math.Clamp(change < 0 ? -size : size, -(double)pixel, 1 - (double)pixel);
    }

    // Sets all pixels but the k with the largest Σ |δ| over channels to 0.
    private static void KeepLargest(Span<float> change, int channels, int pixels)
    {
        int positions = change.Length / channels;
        for (int changed = Count(change, channels); changed > pixels; changed--)
        {
            int least = -1;
            double smallest = double.PositiveInfinity;
            for (int i = 0; i < positions; i++)
            {
                double size = Size(change, i, positions);
                if (size > 0 && size < smallest)
                {
                    (least, smallest) = (i, size);
                }
            }

            for (int i = least; i < change.Length; i += positions)
            {
                change[i] = 0;
            }
        }
    }

    /// <summary>The pixels that a change touches in any channel.</summary>
    public static int Count(ReadOnlySpan<float> change, int channels)
    {
        int positions = change.Length / channels;
        int count = 0;
        for (int i = 0; i < positions; i++)
        {
            count += Size(change, i, positions) > 0 ? 1 : 0;
        }

        return count;
    }

    private static double Size(ReadOnlySpan<float> change, int position, int positions)
    {
        double size = 0;
        for (int i = position; i < change.Length; i += positions)
        {
            size += Math.Abs(change[i]);
        }

        return size;
    }
}
