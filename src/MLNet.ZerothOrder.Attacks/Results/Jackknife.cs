namespace MLNet.ZerothOrder;

/// <summary>
/// Standard errors by the jackknife: the figure is computed again without each of the n images in turn, and from the spread of
/// these r₋ᵢ follows SE = √((n − 1)/n · Σ (r₋ᵢ − r̄)²). For a plain mean that is the usual deviation/√n.
/// </summary>
public static class Jackknife
{
    /// <summary>Σ aᵢ / Σ bᵢ over images. A mean is the case where b counts, a ratio of paired means the case where a and b are two runs' figures.</summary>
    /// <param name="numerators">aᵢ, one per image.</param>
    /// <param name="denominators">bᵢ, as many.</param>
    /// <returns>
    /// The ratio, NaN where the denominators' sum is not positive, as without images; its error, NaN for one image and where leaving
    /// one out leaves no ratio.
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

        // Summed anew each time: subtracting an image's share from the whole sum would leave rounding where images agree exactly.
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
