using System.Runtime.CompilerServices;

namespace MLNet.ZerothOrder.Numerics;

/// <summary>
/// Arithmetic over spans on the widest registers of the machine, with the same bits on every width: products that are added are
/// rounded once, and totals are double precision in a fixed order.
/// </summary>
/// <remarks>
/// All spans of a call have the same length, which may be 0. A destination may be one of the inputs, but must not overlap an input at
/// an offset. Otherwise an <see cref="ArgumentException"/> names the span. A NaN among the inputs gives NaN.
/// </remarks>
public static class SimdKernels
{
    /// <summary>y ← y + a x.</summary>
    public static void Axpy(float a, ReadOnlySpan<float> x, Span<float> y)
    {
        RequireLength(x, y.Length);
        Map<ScaledAddMap>(a, y, x, default, y);
    }

    /// <summary>destination ← x + a u.</summary>
    public static void ScaledAdd(ReadOnlySpan<float> x, float a, ReadOnlySpan<float> u, Span<float> destination)
    {
        RequireLength(u, x.Length);
        Map<ScaledAddMap>(a, x, u, default, destination);
    }

    /// <summary>destination ← x + delta, clipped to [0, 1].</summary>
    public static void AddClip(ReadOnlySpan<float> x, ReadOnlySpan<float> delta, Span<float> destination)
    {
        RequireLength(delta, x.Length);
        Map<AddClipMap>(0, x, delta, default, destination);
    }

    /// <summary>destination ← x + (delta + a u), clipped to [0, 1].</summary>
    internal static void MoveClip(ReadOnlySpan<float> x, ReadOnlySpan<float> delta, float a, ReadOnlySpan<float> u, Span<float> destination)
    {
        RequireLength(delta, x.Length);
        RequireLength(u, x.Length);
        Map<MoveClipMap>(a, x, delta, u, destination);
    }

    /// <summary>destination ← center + sign(x − center) · max(|x − center| − threshold, 0).</summary>
    /// <param name="x">The elements to move towards the center.</param>
    /// <param name="center">The center. An element within its threshold of the center becomes the center.</param>
    /// <param name="threshold">The distance that each element moves; not negative.</param>
    /// <param name="destination">Receives the result.</param>
    public static void SoftThreshold(
        ReadOnlySpan<float> x, ReadOnlySpan<float> center, ReadOnlySpan<float> threshold, Span<float> destination)
    {
        RequireLength(center, x.Length);
        RequireLength(threshold, x.Length);
        Map<SoftThresholdMap>(0, x, center, threshold, destination);
    }

    /// <summary>destination ← x, clipped to [lower, upper].</summary>
    internal static void Clip(ReadOnlySpan<float> x, ReadOnlySpan<float> lower, ReadOnlySpan<float> upper, Span<float> destination)
    {
        RequireLength(lower, x.Length);
        RequireLength(upper, x.Length);
        Map<BoxMap>(0, x, lower, upper, destination);
    }

    /// <summary>destination ← tanh x. Relative error below 3e-7, within [−1, 1].</summary>
    public static void Tanh(ReadOnlySpan<float> x, Span<float> destination) =>
        Map<TanhMap>(0, x, default, default, destination);

    /// <summary>
    /// destination ← 1 / (1 + e⁻ˣ), in (0, 1]. Relative error below 3e-7 for x ≥ −87; constant 1.6e-38 below.
    /// </summary>
    public static void Sigmoid(ReadOnlySpan<float> x, Span<float> destination) =>
        Map<SigmoidMap>(0, x, default, default, destination);

    /// <summary>
    /// destination ← (tanh w + 1) / 2, in (0, 1]: the change of variables that keeps pixels within [0, 1]. Relative error below
    /// 3e-7 for w ≥ −43.
    /// </summary>
    public static void TanhBox(ReadOnlySpan<float> w, Span<float> destination) =>
        Map<TanhBoxMap>(0, w, default, default, destination);

    /// <summary>
    /// destination ← atanh(2x − 1), the inverse of <see cref="TanhBox"/>, with x first clipped to [epsilon, 1 − epsilon].
    /// Absolute error below 3e-7 + 3e-7 |w|.
    /// </summary>
    /// <param name="x">Pixels.</param>
    /// <param name="epsilon">In [2⁻²⁴, ½). Below 2⁻²⁴, 1 − ε equals 1 in floats.</param>
    /// <param name="destination">Receives the result.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is outside its range.</exception>
    public static void TanhBoxInverse(ReadOnlySpan<float> x, float epsilon, Span<float> destination)
    {
        if (!(epsilon is >= 1f / (1 << 24) and < 0.5f))
        {
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "ε must be in [2^-24, 0.5), such as 1e-6.");
        }

        Map<TanhBoxInverseMap>(epsilon, x, default, default, destination);
    }

    /// <summary>Σ |x − y|.</summary>
    public static double L1Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        RequireLength(y, x.Length);
        return Reduction.Of<DifferenceSum>(x, y);
    }

    /// <summary>√Σ (x − y)².</summary>
    public static double L2Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        RequireLength(y, x.Length);
        return Math.Sqrt(Reduction.Of<SquaredDifferenceSum>(x, y));
    }

    /// <summary>max |x − y|; 0 for empty spans.</summary>
    public static double LInfDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        RequireLength(y, x.Length);
        return Reduction.Of<DifferenceMax>(x, y);
    }

    /// <summary>Σ x y.</summary>
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        RequireLength(y, x.Length);
        return Reduction.Of<ProductSum>(x, y);
    }

    /// <summary>Σ x².</summary>
    public static double SumOfSquares(ReadOnlySpan<float> x) => Reduction.Of<ProductSum>(x, x);

    private static void Map<TMap>(
        float parameter,
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> y,
        ReadOnlySpan<float> z,
        Span<float> destination)
        where TMap : struct, IMap
    {
        RequireLength(destination, x.Length);
        RequireAligned(x, destination);
        RequireAligned(y, destination);
        RequireAligned(z, destination);
        WidestLanes.Run(new MapKernel<TMap>(parameter, x, y, z, destination));
    }

    private static void RequireLength(
        ReadOnlySpan<float> span, int length, [CallerArgumentExpression(nameof(span))] string name = "")
    {
        if (span.Length != length)
        {
            throw new ArgumentException(
                $"{name} has {span.Length} elements; the other spans have {length}, and all must be equally long.", name);
        }
    }

    private static void RequireAligned(ReadOnlySpan<float> input, ReadOnlySpan<float> destination)
    {
        if (input.Overlaps(destination, out int offset) && offset != 0)
        {
            throw new ArgumentException(
                $"The destination overlaps an input at an offset of {offset} elements; pass the input itself or a separate span.",
                nameof(destination));
        }
    }
}
