namespace MLNet.ZerothOrder;

/// <summary>A median in a result file; see <see cref="Bootstrap"/>.</summary>
/// <param name="Median">The median.</param>
/// <param name="Interval95">Low and high end of its 95 % interval; null for fewer than two images.</param>
public sealed record MedianRecord(double Median, IReadOnlyList<double>? Interval95)
{
    internal static MedianRecord? Of(IEnumerable<ImageResult> problems, Func<ImageResult, double?> figure) =>
        Bootstrap.Median(problems.GroupBy(p => p.Index).Select(image => image.Select(figure).OfType<double>().ToArray())) is { } median
            ? new MedianRecord(median.Value, double.IsNaN(median.Low) ? null : [median.Low, median.High]) : null;

    internal bool IsWhole => Interval95 is null or { Count: 2 };
}
