namespace MLNet.ZerothOrder;

/// <summary>
/// A report: one self-contained HTML page that asks nothing of a network, built of blocks from top to bottom. Every text may come from
/// anywhere; none of it is ever taken for markup or script.
/// </summary>
/// <param name="Title">What was run.</param>
/// <param name="Blocks">The page's parts, in their order.</param>
public sealed record Report(string Title, IReadOnlyList<ReportBlock> Blocks)
{
    /// <summary>One sentence below the title; null for none.</summary>
    public string? Lead { get; init; }

    /// <summary>What a reader must know before trusting the figures, such as that a run was interrupted; null for none.</summary>
    public string? Warning { get; init; }

    /// <summary>Whether this build holds what draws charts; without it reports have tables alone.</summary>
    public static bool CanDrawCharts => WebFile.Exists("plot.umd.min.js");

    /// <summary>All charts of the page.</summary>
    public IEnumerable<Chart> Charts => Blocks.OfType<ChartsBlock>().SelectMany(block => block.Charts);

    /// <summary>The page.</summary>
    public string ToHtml() => new ReportPage(this).ToHtml();

    /// <summary>Writes the page in UTF-8.</summary>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(ToHtml()));
    }

    /// <summary>A colour for each series, the same wherever its name appears.</summary>
    internal IReadOnlyDictionary<string, int> Colours()
    {
        var colours = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (ChartSeries series in Charts.SelectMany(chart => chart.Series))
        {
            colours.TryAdd(series.Name, colours.Count);
        }

        return colours;
    }
}
