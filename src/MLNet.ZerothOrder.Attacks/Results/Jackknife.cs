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

        double above = 0, below = 0;
        for (int i = 0; i < n; i++)
        {
            above += numerators[i];
            below += denominators[i];
        }

        double ratio = Ratio(above, below);
        if (n < 2)
        {
            return new Estimate(ratio, double.NaN);
        }

        double[] numeratorsLeft = SumsWithout(numerators), denominatorsLeft = SumsWithout(denominators);
        var left = new double[n];
        for (int i = 0; i < n; i++)
        {
            left[i] = Ratio(numeratorsLeft[i], denominatorsLeft[i]);
        }

        double mean = left.Average();
        return new Estimate(ratio, Math.Sqrt((n - 1.0) / n * left.Sum(r => (r - mean) * (r - mean))));
    }

    private static double Ratio(double above, double below) => below > 0 ? above / below : double.NaN;

    // The sum of all values but one, for each: what is in front of it and what is behind it. The sums carry their rounding error along, so that they are exact where all values are equal; errors
    // would otherwise look like differences between images that agree.
    private static double[] SumsWithout(ReadOnlySpan<double> values)
    {
        int n = values.Length;
        var front = new (double Sum, double Error)[n];
        (double Sum, double Error) sum = (0, 0);
        for (int i = 0; i < n; i++)
        {
            front[i] = sum;
            sum = Add(sum, (values[i], 0));
        }

        var without = new double[n];
        (double Sum, double Error) behind = (0, 0);
        for (int i = n - 1; i >= 0; i--)
        {
            (double Sum, double Error) both = Add(front[i], behind);
            without[i] = both.Sum + both.Error;
            behind = Add(behind, (values[i], 0));
        }

        return without;
    }

    // Knuth's sum of two numbers, whose error is a number too.
    private static (double Sum, double Error) Add((double Sum, double Error) a, (double Sum, double Error) b)
    {
        double sum = a.Sum + b.Sum, part = sum - a.Sum;
        return (sum, a.Sum - (sum - part) + (b.Sum - part) + a.Error + b.Error);
    }
}
