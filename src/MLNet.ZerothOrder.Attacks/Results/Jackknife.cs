namespace MLNet.ZerothOrder;

/// <summary>
/// Standard errors by the jackknife. The figure r₋ᵢ is computed without each of the n images in turn;
/// SE = √((n − 1)/n · Σ (r₋ᵢ − r̄)²). For a plain mean, this is the usual deviation/√n.
/// </summary>
public static class Jackknife
{
    /// <summary>Σ aᵢ / Σ bᵢ over images. For a mean, b counts; for a ratio of paired means, a and b are the figures of two runs.</summary>
    /// <param name="numerators">aᵢ, one per image.</param>
    /// <param name="denominators">bᵢ, one per image.</param>
    /// <returns>
    /// The ratio, NaN if the sum of the denominators is not positive, as without images; and its error, NaN for one image and if leaving
    /// out an image leaves no ratio.
    /// </returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static Estimate RatioOfSums(ReadOnlySpan<double> numerators, ReadOnlySpan<double> denominators)
    {
        int n = numerators.Length;
        if (denominators.Length != n)
        {
            throw new ArgumentException($"{denominators.Length} denominators do not pair with {n} numerators; give as many.", nameof(denominators));
        }

        double ratio = Ratio(numerators, denominators, without: -1);
        if (n < 2)
        {
            return new Estimate(ratio, double.NaN);
        }

        // Summed again for each image: subtracting its share from the total would leave rounding errors where images agree exactly.
        var left = new double[n];
        for (int i = 0; i < n; i++)
        {
            left[i] = Ratio(numerators, denominators, without: i);
        }

        double mean = left.Average();
        return new Estimate(ratio, Math.Sqrt((n - 1.0) / n * left.Sum(r => (r - mean) * (r - mean))));
    }

    private static double Ratio(ReadOnlySpan<double> numerators, ReadOnlySpan<double> denominators, int without)
    {
        double above = 0;
        double below = 0;
        for (int i = 0; i < numerators.Length; i++)
        {
            if (i != without)
            {
                above += numerators[i];
                below += denominators[i];
            }
        }

        return below > 0 ? above / below : double.NaN;
    }
}
