namespace MLNet.ZerothOrder;

/// <summary>The distribution of values. It shows the images on which an optimizer fails, which a mean hides.</summary>
/// <param name="Min">The smallest value.</param>
/// <param name="P5">The 5 % quantile.</param>
/// <param name="P25">The 25 % quantile.</param>
/// <param name="P50">The median.</param>
/// <param name="P75">The 75 % quantile.</param>
/// <param name="P95">The 95 % quantile.</param>
/// <param name="Max">The largest value.</param>
public sealed record Quantiles(double Min, double P5, double P25, double P50, double P75, double P95, double Max)
{
    /// <summary>The quantiles of values, linear between neighbours (the p-quantile of n values is at position p (n − 1)); null without values.</summary>
    public static Quantiles? Of(IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : new Quantiles(sorted[0], At(sorted, 0.05), At(sorted, 0.25), At(sorted, 0.5), At(sorted, 0.75), At(sorted, 0.95), sorted[^1]);
    }

    /// <summary>The p-quantile of sorted values, of which there is at least one.</summary>
    internal static double At(double[] sorted, double p)
    {
        double place = p * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
