namespace MLNet.ZerothOrder;

/// <summary>A chart of one or more series on two axes.</summary>
/// <param name="Id">Its name as a file, such as <c>loss</c>: small letters, digits and hyphens.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Kind">How it is drawn.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Series">What is drawn.</param>
/// <exception cref="ArgumentException">The id is no such name, or a series' lists differ in length.</exception>
public sealed record Chart(string Id, string Title, ChartKind Kind, ChartAxis X, ChartAxis Y, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>Its name as a file.</summary>
    public string Id { get; } = Id.Length > 0 && Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        ? Id : throw new ArgumentException($"The chart's id '{Id}' becomes a file's name; give small letters, digits and hyphens.", nameof(Id));

    /// <summary>What is drawn.</summary>
    public IReadOnlyList<ChartSeries> Series { get; } = Checked(Series, Kind);

    /// <summary>How to read it, such as what its bands are; null for none.</summary>
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
                throw new ArgumentException($"The series '{series.Name}' has {series.X.Count} x, {series.Y.Count} y, {series.Low?.Count} low and {series.High?.Count} high; give as many of each, and of bars one x more.", nameof(all));
            }
        }

        return all;
    }
}
