namespace MLNet.ZerothOrder.Lab;

/// <summary>Charts, tables and files of several experiments.</summary>
internal static class Figures
{
    /// <summary>A chart of losses by iteration, with bands over trials if there are several.</summary>
    public static Chart Losses(string id, string title, IEnumerable<OptimizerRun> runs, string axis = "loss")
    {
        ChartSeries[] curves = [.. runs.Select(run => run.LossCurve())];
        return Lines(id, title, axis, curves) with { Caption = curves.Any(curve => curve.Low is not null) ? "Bands are one standard deviation over trials." : null };
    }

    /// <summary>A chart of values by iteration.</summary>
    public static Chart Lines(string id, string title, string axis, params IReadOnlyList<ChartSeries> series) =>
        new(id, title, ChartKind.Line, new ChartAxis("iteration"), new ChartAxis(axis), series);

    /// <summary>A table of the losses of each run with their standard errors.</summary>
    /// <param name="title">The heading.</param>
    /// <param name="runs">The runs.</param>
    /// <param name="over">The samples of the standard errors: images or data sets.</param>
    /// <param name="directions">q, from which the iterations to the first success are computed; null for a task without success.</param>
    public static TableBlock Summary(string title, IEnumerable<OptimizerRun> runs, string over, int? directions = null) => new(
        title,
        ["optimizer", .. directions is null ? Array.Empty<string>() : ["success"], "last loss", "±", "mean loss", "±", .. directions is null ? Array.Empty<string>() : ["iterations to success", "ℓ1 there"]],
        [.. runs.Select(run => (IReadOnlyList<TableCell>)
        [
            new TableCell(run.Label),
            .. directions is null ? Array.Empty<TableCell>() : [Percent(run.Summary.SuccessRate)],
            Number(run.FinalLoss),
            Number(run.Summary.MeanFinalLossStandardError),
            Number(run.MeanLoss),
            Number(run.Summary.MeanLossOverIterationsStandardError),
            .. directions is null ? Array.Empty<TableCell>() : [Number((run.Summary.MeanQueriesToFirstSuccess - 1) / (directions + 1)), Number(run.Summary.MeanL1AtFirstSuccess)],
        ])])
    {
        Note = $"± are standard errors over {over}{(directions is null ? "." : "; iterations to the first success are means over successes, and ℓ1 is the size of the change at that iterate.")}",
    };

    /// <summary>The losses of all runs, one line per iterate.</summary>
    public static Csv Traces(IEnumerable<OptimizerRun> runs)
    {
        var csv = new Csv("task", "optimizer", "problem", "trial", "iteration", "loss");
        foreach (OptimizerRun run in runs)
        {
            foreach (ImageResult image in run.Images)
            {
                for (int t = 0; t < image.Trace.Count; t++)
                {
                    csv.Add(run.Task, run.Optimizer, image.Name, image.Trial, t, image.Trace[t]);
                }
            }
        }

        return csv;
    }

    /// <summary>Pearson's correlation; 0 if one of the two is constant.</summary>
    public static double Correlation(double[] a, double[] b)
    {
        double meanA = a.Average();
        double meanB = b.Average();
        double dot = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum();
        double lengths = Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
        return lengths > 0 ? dot / lengths : 0;
    }

    public static TableCell Number(double? value) => new(Numeral.Of(value), value ?? double.NaN);

    public static TableCell Percent(double share) => new(Numeral.Percent(share), share);
}
