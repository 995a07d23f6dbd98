using System.Globalization;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>What several experiments draw and write.</summary>
internal static class Draw
{
    /// <summary>Mean loss by iteration with a band of one standard deviation over trials; without one for a single trial.</summary>
    /// <param name="name">The series' name.</param>
    /// <param name="problems">Its problems; those of a trial are averaged first.</param>
    public static ChartSeries LossCurve(string name, IEnumerable<StoredProblem> problems)
    {
        double[][] trials = [.. problems.GroupBy(p => p.Trial).Select(trial => Statistics.Mean([.. trial.Select(p => p.Trace)]))];
        double[] mean = Statistics.Mean(trials);
        double[] x = [.. Enumerable.Range(0, mean.Length).Select(t => (double)t)];
        if (trials.Length < 2)
        {
            return new ChartSeries(name, x, mean);
        }

        double[] deviation = Statistics.Deviation(trials);
        return new ChartSeries(name, x, mean)
        {
            Low = [.. mean.Zip(deviation, (m, s) => m - s)],
            High = [.. mean.Zip(deviation, (m, s) => m + s)],
        };
    }

    /// <summary>Each run's mean final loss and so on, with standard errors over images.</summary>
    public static TableBlock Summary(string title, IEnumerable<(string Label, IReadOnlyList<StoredProblem> Problems)> runs, int directions) => new(
        title,
        ["optimizer", "success", "last loss", "±", "mean loss", "±", "iterations to success", "ℓ1 there"],
        [.. runs.Select(run => (IReadOnlyList<TableCell>)
        [
            new TableCell(run.Label),
            Percent((double)run.Problems.Count(p => p.QueriesToSuccess is not null) / run.Problems.Count),
            Number(run.Problems.Average(p => p.Trace[^1])),
            Number(Statistics.Error(run.Problems, p => p.Trace[^1])),
            Number(run.Problems.Average(p => p.MeanLoss)),
            Number(Statistics.Error(run.Problems, p => p.MeanLoss)),
            Number(run.Problems.Average(p => p.IterationsToSuccess(directions)) ?? double.NaN),
            Number(run.Problems.Average(p => p.L1AtFirstSuccess) ?? double.NaN),
        ])])
    {
        Note = "± are standard errors over images; iterations to the first success are means over successes, and ℓ1 is the change there.",
    };

    /// <summary>A table of what the paper says.</summary>
    public static TableBlock Claims(IReadOnlyList<Claim> claims) => new(
        "What the paper says, and what was measured here",
        ["the paper", "here", ""],
        [.. claims.Select(claim => (IReadOnlyList<TableCell>)[new TableCell(claim.Paper), new TableCell(claim.Measured), new TableCell(Verdict(claim))])]);

    public static string Verdict(Claim claim) => claim.Holds switch
    {
        true => "holds",
        false => "does not hold",
        null => "open",
    };

    /// <summary>Traces, a line per iterate.</summary>
    public static Csv Traces(IEnumerable<(string Task, string Optimizer, IReadOnlyList<StoredProblem> Problems)> runs)
    {
        var csv = new Csv("task", "optimizer", "problem", "trial", "iteration", "loss");
        foreach ((string task, string optimizer, IReadOnlyList<StoredProblem> problems) in runs)
        {
            foreach (StoredProblem problem in problems)
            {
                for (int t = 0; t < problem.Trace.Length; t++)
                {
                    csv.Add(task, optimizer, problem.Name, problem.Trial, t, problem.Trace[t]);
                }
            }
        }

        return csv;
    }

    public static TableCell Number(double value) => new(Text(value), value);

    public static TableCell Percent(double share) => new(share.ToString("P0", CultureInfo.InvariantCulture), share);

    public static string Text(double value) => Numeral.Of(value);
}
