namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>The figures of figures that experiments share.</summary>
internal static class Statistics
{
    /// <summary>The mean of some curves, place by place; one that is shorter counts on with its last value.</summary>
    public static double[] Mean(double[][] curves) =>
        [.. Enumerable.Range(0, curves.Max(curve => curve.Length)).Select(t => At(curves, t).Average())];

    /// <summary>The curves' standard deviation, place by place.</summary>
    public static double[] Deviation(double[][] curves) =>
        [.. Enumerable.Range(0, curves.Max(curve => curve.Length)).Select(t => Deviation([.. At(curves, t)]))];

    /// <summary>The standard deviation; NaN for fewer than two values.</summary>
    public static double Deviation(double[] values)
    {
        double mean = values.Average();
        return values.Length < 2 ? double.NaN : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }

    /// <summary>The standard error of a mean over images; an image's trials are no independent evidence. NaN for one image.</summary>
    public static double Error(IReadOnlyList<StoredProblem> problems, Func<StoredProblem, double> figure)
    {
        StoredProblem[][] images = [.. problems.GroupBy(p => p.Name).Select(image => image.ToArray())];
        return Jackknife.RatioOfSums([.. images.Select(image => image.Sum(figure))], [.. images.Select(image => (double)image.Length)]).StandardError;
    }

    /// <summary>Pearson's correlation; 0 where one of the two does not vary.</summary>
    public static double Correlation(double[] a, double[] b)
    {
        double meanA = a.Average();
        double meanB = b.Average();
        double dot = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum();
        double lengths = Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
        return lengths > 0 ? dot / lengths : 0;
    }

    private static IEnumerable<double> At(double[][] curves, int t) => curves.Select(curve => curve[Math.Min(t, curve.Length - 1)]);
}
