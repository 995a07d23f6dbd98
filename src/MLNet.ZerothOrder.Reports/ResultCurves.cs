using System.Globalization;

namespace MLNet.ZerothOrder.Reports;

/// <summary>The charts of a result: losses and successes over queries, and the distribution of distortions.</summary>
internal sealed class ResultCurves
{
    private const int Bins = 24;

    private readonly AttackResult _document;

    public ResultCurves(AttackResult document)
    {
        _document = document;
        CountsQueries = document.Runs.All(run => run.Settings.Directions >= 1 || run.Settings.Kind == "method");
        Charts = [.. new[] { Losses(), Successes(), Histogram() }.OfType<Chart>()];
    }

    public IReadOnlyList<Chart> Charts { get; }

    /// <summary>The norm of the run, as a symbol.</summary>
    public string Norm => _document.Norm.Symbol();

    /// <summary>Whether all runs state their queries per iteration. If not, curves are drawn over iterations.</summary>
    public bool CountsQueries { get; }

    /// <summary>The label of the horizontal axis.</summary>
    public string Axis => CountsQueries ? "queries per image" : "iterations per image, from 1";

    /// <summary>The median distortion in the norm of the run.</summary>
    public MedianEstimate? Median(AttackStatistics summary) => summary.Medians?.Of(_document.Norm);

    public double? Change(Distortion? distortion) => distortion?.Of(_document.Norm);

    /// <summary>The distortions of a run's successes in the norm of the run.</summary>
    public double[] Distortions(AttackRun run) => [.. run.Images.Select(p => Change(p.Distortion)).Where(d => d is { } value && double.IsFinite(value)).Select(d => d!.Value)];

    /// <summary>The queries up to and including iterate t: q + 1 for each earlier step, and one.</summary>
    public double QueriesAt(AttackRun run, int t) => CountsQueries ? (t * (run.Settings.Directions + 1.0)) + 1 : t + 1;

    public byte[] ToCsv()
    {
        var csv = new Csv("chart", "series", "x", "y", "low", "high");
        foreach (Chart chart in Charts)
        {
            foreach (ChartSeries series in chart.Series)
            {
                for (int i = 0; i < series.Y.Count; i++)
                {
                    csv.Add(chart.Id, series.Name, series.X[i], series.Y[i], series.Low?[i], series.High?[i]);
                }
            }
        }

        return csv.ToBytes();
    }

    private Chart? Losses()
    {
        ChartSeries[] series = [.. _document.Runs.Where(run => run.Images.Any(p => p.IsMeasured)).Select(Loss)];
        return series.Length == 0 ? null : new Chart("loss", "Loss", ChartKind.Line, new ChartAxis(Axis, Logarithmic: true), new ChartAxis("loss"), series)
        {
            Caption = $"The mean over {(_document.Runs.Any(run => run.Images.Any(p => p.Trial > 0)) ? "images and trials" : "images")}, ± one standard deviation. A run that ended early keeps its last loss.",
        };
    }

    private ChartSeries Loss(AttackRun run)
    {
        ImageResult[] problems = [.. run.Images.Where(p => p.IsMeasured)];
        int length = problems.Max(p => p.Trace.Count);
        double[] x = new double[length], mean = new double[length], low = new double[length], high = new double[length];
        for (int t = 0; t < length; t++)
        {
            x[t] = QueriesAt(run, t);
            double[] losses = [.. problems.Select(p => p.Trace[Math.Min(t, p.Trace.Count - 1)])];
            mean[t] = losses.Average();
            double deviation = losses.Length < 2 ? 0 : Math.Sqrt(losses.Sum(loss => (loss - mean[t]) * (loss - mean[t])) / (losses.Length - 1));
            low[t] = mean[t] - deviation;
            high[t] = mean[t] + deviation;
        }

        var curve = new ChartSeries(Name(run), x, mean);
        return problems.Length < 2 ? curve : curve with { Low = low, High = high };
    }

    private Chart? Successes()
    {
        ChartSeries[] series = [.. _document.Runs.Where(run => run.Images.Any(p => p.IsMeasured)).Select(Success)];
        return series.Length == 0 || !CountsQueries ? null : new Chart("success", "Success rate", ChartKind.Step, new ChartAxis(Axis, Logarithmic: true), new ChartAxis("images with a success, %"), series)
        {
            Caption = "The share of the attacked images with a success within this many queries, with Wilson's 95 % interval.",
        };
    }

    private static ChartSeries Success(AttackRun run)
    {
        ImageResult[] problems = [.. run.Images.Where(p => p.IsMeasured)];
        double[] firsts = [.. problems.Where(p => p.Success && p.QueriesToFirstSuccess is not null).Select(p => (double)p.QueriesToFirstSuccess!.Value).Order()];
        double[] x = [.. firsts.Append(1).Append(problems.Max(p => (double)p.Queries)).Distinct().Order()];
        int reached = 0;
        int[] counts =
        [
            .. x.Select(queries =>
            {
                while (reached < firsts.Length && firsts[reached] <= queries)
                {
                    reached++;
                }

                return reached;
            }),
        ];
        return new ChartSeries(Name(run), x, [.. counts.Select(count => 100.0 * count / problems.Length)])
        {
            Low = [.. counts.Select(count => 100 * AttackStatistics.Wilson(count, problems.Length).Low)],
            High = [.. counts.Select(count => 100 * AttackStatistics.Wilson(count, problems.Length).High)],
        };
    }

    private Chart? Histogram()
    {
        double most = _document.Runs.SelectMany(Distortions).DefaultIfEmpty(0).Max();
        if (!(most > 1e-12))
        {
            return null;
        }

        double width = NiceWidth(most / Bins);
        int bins = (int)Math.Floor(most / width) + 1;
        double[] edges = [.. Enumerable.Range(0, bins + 1).Select(i => i * width)];
        return new Chart("distortion", "Distortion", ChartKind.Bars, new ChartAxis($"{Norm} change of the best adversarial image"), new ChartAxis("images"),
            [.. _document.Runs.Where(run => Distortions(run).Length > 0).Select(run => new ChartSeries(Name(run), edges, Counts(Distortions(run), width, bins)))])
        {
            Caption = "Smaller is closer to the original. Images without a success are excluded.",
        };
    }

    private static double[] Counts(double[] values, double width, int bins)
    {
        var counts = new double[bins];
        foreach (double value in values)
        {
            counts[Math.Clamp((int)(value / width), 0, bins - 1)]++;
        }

        return counts;
    }

    // 1, 2 or 5 times a power of ten, so that the edges are round numbers.
    private static double NiceWidth(double width)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(width)));
        return power * (width / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }

    private static string Name(AttackRun run) => Path.GetFileName(run.Optimizer) is { Length: > 0 } name ? name : run.Optimizer;
}
