using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The proximal operator of c‖x − x0‖_p over a box that contains x0, with one rate η per coordinate:
/// <code>
/// x ← argmin c ‖z − x0‖_p + Σ (z − x)² / 2η   over z in the box
/// </code>
/// </summary>
internal static class DistortionProx
{
    private const int Bisections = 20;

    /// <param name="norm">p.</param>
    /// <param name="pull">ηc, d floats.</param>
    /// <param name="center">x0, d floats.</param>
    /// <param name="lower">The lower corner of the box, d floats.</param>
    /// <param name="upper">The upper corner of the box, d floats.</param>
    /// <param name="x">d floats; replaced by the result.</param>
    public static void Apply(
        DistortionNorm norm, ReadOnlySpan<float> pull, ReadOnlySpan<float> center, ReadOnlySpan<float> lower, ReadOnlySpan<float> upper, Span<float> x)
    {
        if (norm == DistortionNorm.L1)
        {
            // Norm and box are separable, so applying them one after the other is exact.
            SimdKernels.SoftThreshold(x, center, pull, x);
        }
        else
        {
            double radius = Radius(norm, pull, center, lower, upper, x);
            for (int i = 0; i < x.Length; i++)
            {
                double change = (double)x[i] - center[i];
                x[i] = center[i] + (float)(norm == DistortionNorm.L2 ? Kept(change, radius, pull[i]) : Math.Clamp(change, -radius, radius));
            }
        }

        TensorPrimitives.Max(x, lower, x);
        TensorPrimitives.Min(x, upper, x);
    }

    // The change after shrinking by the solution's radius ‖z − x0‖_p, before the box.
    private static double Kept(double change, double radius, double pull) => radius > 0 ? change * (radius / (radius + pull)) : 0;

    // The solution depends on its radius alone. The radius solves one scalar equation with exactly one root.
    private static double Radius(
        DistortionNorm norm, ReadOnlySpan<float> pull, ReadOnlySpan<float> center, ReadOnlySpan<float> lower, ReadOnlySpan<float> upper, ReadOnlySpan<float> x)
    {
        double low = 0;
        double high = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double size = Math.Abs((double)Math.Clamp(x[i], lower[i], upper[i]) - center[i]);
            high = norm == DistortionNorm.L2 ? high + (size * size) : Math.Max(high, size);
        }

        high = norm == DistortionNorm.L2 ? Math.Sqrt(high) : high;
        for (int bisection = 0; bisection < Bisections; bisection++)
        {
            double radius = (low + high) / 2;
            double sum = 0;
            for (int i = 0; i < x.Length; i++)
            {
                double change = (double)x[i] - center[i];
                double size = Math.Abs(change);
                double room = change > 0 ? (double)upper[i] - center[i] : (double)center[i] - lower[i];
                if (norm == DistortionNorm.L2)
                {
                    double kept = Math.Min(room, Kept(size, radius, pull[i]));
                    sum += kept * kept;
                }
                else if (Math.Min(room, size) > radius)
                {
                    sum += (size - radius) / pull[i];
                }
            }

            bool isBelow = norm == DistortionNorm.L2 ? sum > radius * radius : sum > 1;
            (low, high) = isBelow ? (radius, high) : (low, radius);
        }

        return low > 0 ? high : 0;
    }
}
