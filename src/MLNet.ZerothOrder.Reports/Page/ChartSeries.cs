namespace MLNet.ZerothOrder;

/// <summary>A series of a chart. Values that are not finite are left out.</summary>
/// <param name="Name">Its name in the legend; the same name has the same colour in all charts of a report.</param>
/// <param name="X">The points' places, rising; of bars their edges, one more than <paramref name="Y"/>.</param>
/// <param name="Y">The points' heights.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The band's lower edge, one value per point; null for no band.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>The band's upper edge.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>Drawn with dashes: a reference rather than a result.</summary>
    public bool Dashed { get; init; }
}
