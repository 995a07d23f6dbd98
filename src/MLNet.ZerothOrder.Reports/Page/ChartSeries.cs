namespace MLNet.ZerothOrder.Reports;

/// <summary>A series of a chart. Values that are not finite are omitted.</summary>
/// <param name="Name">The name in the legend. The same name has the same color in all charts of a report.</param>
/// <param name="X">The positions of the points, ascending; for bars, their edges, one more than <paramref name="Y"/>.</param>
/// <param name="Y">The heights of the points.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The lower edge of the band, one value per point; null for no band.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>The upper edge of the band.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>Whether the line is dashed, which marks a reference.</summary>
    public bool Dashed { get; init; }
}
