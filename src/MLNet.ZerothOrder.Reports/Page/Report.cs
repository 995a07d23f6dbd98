namespace MLNet.ZerothOrder.Reports;

/// <summary>
/// A report: one self-contained HTML page, built of blocks from top to bottom, which loads nothing from a network. All texts are untrusted
/// and are never interpreted as markup or script.
/// </summary>
/// <param name="Title">The title.</param>
/// <param name="Blocks">The blocks, in order.</param>
public sealed record Report(string Title, IReadOnlyList<ReportBlock> Blocks)
{
    /// <summary>One sentence below the title; null for none.</summary>
    public string? Lead { get; init; }

    /// <summary>Warnings about the figures, such as that a run was interrupted, one text each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether this build holds the packages from npm that draw interactive charts; without them charts are static.</summary>
    public static bool HasInteractiveCharts => WebFile.Exists("plot.umd.min.js");

    /// <summary>All charts of the page.</summary>
    public IEnumerable<Chart> Charts => Blocks.OfType<ChartsBlock>().SelectMany(block => block.Charts);

    /// <summary>The page.</summary>
    public string ToHtml() => ToHtml(HasInteractiveCharts);

    /// <summary>The page with interactive or static charts.</summary>
    internal string ToHtml(bool isInteractive) => new ReportPage(this, isInteractive).ToHtml();

    /// <summary>Writes the page as UTF-8.</summary>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(ToHtml()));
    }

    /// <summary>The color of each series. The same name has the same color everywhere.</summary>
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
