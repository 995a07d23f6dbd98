using System.Globalization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>All that one optimizer did on one task.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Optimizer">The optimizer, as typed.</param>
/// <param name="Label">The optimizer, as figures call it.</param>
/// <param name="Problems">Its problems: one per image or data set, and trial.</param>
internal sealed record OptimizerRun(string Task, string Optimizer, string Label, IReadOnlyList<StoredProblem> Problems)
{
    /// <summary>The mean loss of the last iterates.</summary>
    public double FinalLoss => Problems.Average(p => p.FinalLoss);

    /// <summary>The mean loss over iterates 1..T.</summary>
    public double MeanLoss => Problems.Average(p => p.MeanLoss);

    /// <summary>The share of problems with a success.</summary>
    public double SuccessRate => (double)Problems.Count(p => p.QueriesToSuccess is not null) / Problems.Count;

    /// <summary>Its problems on one image alone.</summary>
    public OptimizerRun On(string image) => this with { Problems = [.. Problems.Where(p => p.Name == image)] };

    /// <summary>The standard error of a mean over images; an image's trials are no independent evidence. NaN for one image.</summary>
    public double StandardError(Func<StoredProblem, double> figure)
    {
        StoredProblem[][] images = [.. Problems.GroupBy(p => p.Name).Select(image => image.ToArray())];
        return Jackknife.RatioOfSums([.. images.Select(image => image.Sum(figure))], [.. images.Select(image => (double)image.Length)]).StandardError;
    }

    /// <summary>A figure's mean in units of another run's, paired by image, such as 0.47 ± 0.02.</summary>
    public string RatioTo(OptimizerRun other, Func<StoredProblem, double> figure)
    {
        Dictionary<string, double> below = other.Problems.GroupBy(p => p.Name).ToDictionary(image => image.Key, image => image.Average(figure));
        (string Name, double Mean)[] above = [.. Problems.GroupBy(p => p.Name).Select(image => (image.Key, image.Average(figure)))];
        Estimate ratio = Jackknife.RatioOfSums([.. above.Select(image => image.Mean)], [.. above.Select(image => below[image.Name])]);
        return string.Create(CultureInfo.InvariantCulture, $"{ratio.Value:F2}{(double.IsNaN(ratio.StandardError) ? "" : $" ± {ratio.StandardError:F2}")}");
    }

    /// <summary>The mean loss by iteration, with a band of one standard deviation over trials where there are several.</summary>
    public ChartSeries LossCurve()
    {
        int length = Problems.Max(p => p.Trace.Length);
        double[][] trials = [.. Problems.GroupBy(p => p.Trial).Select(trial => Iterations(t => trial.Average(p => p.LossAt(t))))];
        double[] mean = Iterations(t => trials.Average(trial => trial[t]));
        var curve = new ChartSeries(Label, Iterations(t => t), mean);
        double Deviation(int t) => Math.Sqrt(trials.Sum(trial => (trial[t] - mean[t]) * (trial[t] - mean[t])) / (trials.Length - 1));
        return trials.Length < 2 ? curve : curve with { Low = Iterations(t => mean[t] - Deviation(t)), High = Iterations(t => mean[t] + Deviation(t)) };

        double[] Iterations(Func<int, double> value) => [.. Enumerable.Range(0, length).Select(value)];
    }
}
