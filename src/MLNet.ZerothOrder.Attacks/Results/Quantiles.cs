namespace MLNet.ZerothOrder;

/// <summary>How values are distributed: a mean hides the images that an optimizer fails on.</summary>
/// <param name="Min">The least.</param>
/// <param name="P5">5 % are below.</param>
/// <param name="P25">25 % are below.</param>
/// <param name="P50">The median.</param>
/// <param name="P75">75 % are below.</param>
/// <param name="P95">95 % are below.</param>
/// <param name="Max">The greatest.</param>
public sealed record Quantiles(double Min, double P5, double P25, double P50, double P75, double P95, double Max)
{
    /// <summary>The quantiles of some values, linear between neighbours in order (the p-quantile of n is at place p (n − 1)); null without any.</summary>
    public static Quantiles? Of(IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : new Quantiles(sorted[0], At(0.05), At(0.25), At(0.5), At(0.75), At(0.95), sorted[^1]);

        double At(double p)
        {
            double place = p * (sorted.Length - 1);
            int below = (int)place;
            int above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
        }
    }
}
