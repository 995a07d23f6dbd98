using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// The quality of the estimate of Eq. 1: how well it points along the gradient g. With directions u = σ ⊙ z, Σσ² = d, its cosine with g is
/// <code>
/// cos² ≈ v² / (‖g‖² (v d/q + (1 + 1/q) w)),   v = Σ σ²g²,   w = Σ σ⁴g²
/// </code>
/// Both terms are measured with queries alone: v is the mean squared slope, since E(u·g)² = v. w = ‖E ĝ‖² is the product of the means
/// of s u over two disjoint halves of the directions.
/// </summary>
internal static class EstimateQuality
{
    /// <summary>Measures v and w. Both are unbiased on a linear function; w may be negative.</summary>
    /// <param name="directions">u, q rows of d floats.</param>
    /// <param name="slopes">s = [f(θ + μu) − f(θ)]/μ, q of them, at least 2.</param>
    /// <exception cref="ArgumentException">There are fewer than 2 slopes, or the number of directions differs.</exception>
    public static (double Squares, double Fourths) Measure(ReadOnlySpan<float> directions, ReadOnlySpan<double> slopes)
    {
        int q = slopes.Length;
        if (q < 2 || directions.Length % q != 0)
        {
            throw new ArgumentException($"There are {q} slopes for {directions.Length} floats of directions; give at least 2 slopes, each with a row of d floats.", nameof(slopes));
        }

        int d = directions.Length / q;
        float[] means = new float[2 * d];
        double squares = 0;
        int first = q / 2;
        for (int i = 0; i < q; i++)
        {
            squares += slopes[i] * slopes[i] / q;
            bool isFirst = i < first;
            SimdKernels.Axpy((float)(slopes[i] / (isFirst ? first : q - first)), directions.Slice(i * d, d), means.AsSpan(isFirst ? 0 : d, d));
        }

        return (squares, SimdKernels.Dot(means.AsSpan(0, d), means.AsSpan(d)));
    }

    /// <summary>−log[v² / (v d/q + (1 + 1/q) w)]: −log cos² without the length of the gradient, which σ does not change.</summary>
    /// <param name="squares">v, positive.</param>
    /// <param name="fourths">w. A negative value, which only noise causes, counts as 0.</param>
    /// <param name="dimension">d.</param>
    /// <param name="directions">q.</param>
    public static double Loss(double squares, double fourths, int dimension, int directions) =>
        Math.Log(Denominator(squares, fourths, dimension, directions)) - (2 * Math.Log(squares));

    /// <summary>∂Loss/∂σ from the measured v and w and two independent estimates of g, whose product is unbiased for g²; zeros if v is not positive.</summary>
    /// <param name="deviation">σ, d floats.</param>
    /// <param name="first">One estimate of g.</param>
    /// <param name="second">An independent second estimate of g.</param>
    /// <param name="squares">v.</param>
    /// <param name="fourths">w.</param>
    /// <param name="directions">q.</param>
    /// <param name="gradient">Receives d floats.</param>
    public static void Gradient(
        ReadOnlySpan<float> deviation, ReadOnlySpan<float> first, ReadOnlySpan<float> second, double squares, double fourths, int directions, Span<float> gradient)
    {
        if (!(squares > 0 && double.IsFinite(squares)))
        {
            gradient.Clear();
            return;
        }

        double by = 1 / Denominator(squares, fourths, deviation.Length, directions);
        double linear = (2 * by * deviation.Length / directions) - (4 / squares);
        double cubic = fourths > 0 ? 4 * by * (1 + (1.0 / directions)) : 0;
        for (int i = 0; i < gradient.Length; i++)
        {
            double sigma = deviation[i];
            gradient[i] = (float)((double)first[i] * second[i] * sigma * (linear + (cubic * sigma * sigma)));
        }
    }

    private static double Denominator(double squares, double fourths, int dimension, int directions) =>
        (squares * dimension / directions) + ((1 + (1.0 / directions)) * Math.Max(fourths, 0));
}
