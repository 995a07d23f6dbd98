namespace MLNet.ZerothOrder.Reports;

/// <summary>A chart of one or more series on two axes.</summary>
/// <param name="Id">The file name of the chart, such as <c>loss</c>: lower-case letters, digits and hyphens.</param>
/// <param name="Title">The title.</param>
/// <param name="Kind">How the chart is drawn.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Series">The series.</param>
/// <exception cref="ArgumentException">The id has other characters, or the lists of a series differ in length.</exception>
public sealed record Chart(string Id, string Title, ChartKind Kind, ChartAxis X, ChartAxis Y, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>The file name of the chart.</summary>
    public string Id { get; } = Id.Length > 0 && Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        ? Id : throw new ArgumentException($"The chart's id '{Id}' is used as a file name; give only lower-case letters, digits and hyphens.", nameof(Id));

    /// <summary>The series.</summary>
    public IReadOnlyList<ChartSeries> Series { get; } = Checked(Series, Kind);

    /// <summary>How to read the chart, such as the meaning of its bands; null for none.</summary>
    public string? Caption { get; init; }

    /// <summary>Vertical lines.</summary>
    public IReadOnlyList<ChartRule> Rules { get; init; } = [];

    private static IReadOnlyList<ChartSeries> Checked(IReadOnlyList<ChartSeries> all, ChartKind kind)
    {
        foreach (ChartSeries series in all)
        {
            int points = series.X.Count - (kind == ChartKind.Bars ? 1 : 0);
            if (series.Y.Count != points || (series.Low?.Count ?? points) != points || (series.High?.Count ?? points) != points || series.Low is null != series.High is null)
            {
                throw new ArgumentException($"The series '{series.Name}' has {series.X.Count} x, {series.Y.Count} y, {series.Low?.Count} low and {series.High?.Count} high; give as many of each, and for bars one more x.", nameof(all));
            }
        }

        return all;
    }
}
