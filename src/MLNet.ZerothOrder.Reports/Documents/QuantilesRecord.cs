namespace MLNet.ZerothOrder;

/// <summary>How a figure is distributed over images, in a result file; see <see cref="Quantiles"/>.</summary>
/// <param name="Min">The least.</param>
/// <param name="P5">5 % are below.</param>
/// <param name="P25">25 % are below.</param>
/// <param name="P50">The median.</param>
/// <param name="P75">75 % are below.</param>
/// <param name="P95">95 % are below.</param>
/// <param name="Max">The greatest.</param>
public sealed record QuantilesRecord(double Min, double P5, double P25, double P50, double P75, double P95, double Max)
{
    internal static QuantilesRecord? From(Quantiles? q) => q is null ? null : new QuantilesRecord(q.Min, q.P5, q.P25, q.P50, q.P75, q.P95, q.Max);
}
