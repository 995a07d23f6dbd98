using System.Globalization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The results of one optimizer on one task.</summary>
/// <param name="task">The name of the task.</param>
/// <param name="optimizer">The optimizer, as typed.</param>
/// <param name="label">The name of the optimizer in figures.</param>
/// <param name="results">One result per image or data set and trial.</param>
internal sealed class OptimizerRun(string task, string optimizer, string label, IEnumerable<ImageResult> results)
{
    public string Task => task;

    public string Optimizer => optimizer;

    public string Label => label;

    // Stored results have no index, so images are told apart by their names.
    public IReadOnlyList<ImageResult> Images { get; } = [.. results.GroupBy(r => r.Name).SelectMany((image, i) => image.Select(r => r with { Index = i }))];

    public AttackStatistics Summary => field ??= AttackStatistics.From(Images);

    /// <summary>The mean loss of the last iterates.</summary>
    public double FinalLoss => Summary.MeanFinalLoss;

    /// <summary>The mean loss over iterates 1..T.</summary>
    public double MeanLoss => Summary.MeanLossOverIterations;

    /// <summary>The result of a problem that was run without an attack, so the found image was not checked again.</summary>
    public static ImageResult Result(Problem problem, string name, int trial, IReadOnlyList<double>? trace = null) => new()
    {
        Name = name,
        Label = 0,
        Trial = trial,
        BestLoss = problem.BestLoss,
        Success = problem.QueriesToFirstSolved is not null,
        Queries = problem.Ledger.Charged,
        QueriesToFirstSuccess = problem.QueriesToFirstSolved,
        StopReason = problem.Stop ?? StopReason.Cancelled,
        Distortion = null,
        FirstDistortion = null,
        AdversarialLabel = null,
        SavedSuccess = null,
        Trace = trace ?? problem.Trace,
    };

    /// <summary>A result in the place of one that another shard makes. Figures of it are not kept.</summary>
    public static ImageResult StandIn(string name, int trial) => new()
    {
        Name = name,
        Label = 0,
        Trial = trial,
        BestLoss = 1,
        Success = false,
        Queries = 0,
        QueriesToFirstSuccess = null,
        StopReason = StopReason.Iterations,
        Distortion = null,
        FirstDistortion = null,
        AdversarialLabel = null,
        SavedSuccess = null,
        Trace = [1],
    };

    /// <summary>The results on one image.</summary>
    public OptimizerRun ForImage(string image) => new(task, optimizer, label, Images.Where(r => r.Name == image));

    /// <summary>A figure divided by that of another run, paired by image, such as 0.47 ± 0.02.</summary>
    public string RatioTo(OptimizerRun other, Func<PairedComparison, PairedRatio> figure)
    {
        PairedRatio ratio = figure(PairedComparison.Between(Images, other.Images));
        return string.Create(CultureInfo.InvariantCulture, $"{ratio.Ratio:F2}{(double.IsNaN(ratio.StandardError) ? "" : $" ± {ratio.StandardError:F2}")}");
    }

    /// <summary>The mean loss by iteration, with a band of one standard deviation over trials if there are several.</summary>
    public ChartSeries LossCurve()
    {
        int length = Images.Max(r => r.Trace.Count);
        double[][] trials = [.. Images.GroupBy(r => r.Trial).Select(trial => Iterations(t => trial.Average(r => r.LossAt(t))))];
        double[] mean = Iterations(t => trials.Average(trial => trial[t]));
        var curve = new ChartSeries(label, Iterations(t => t), mean);
        double Deviation(int t) => Math.Sqrt(trials.Sum(trial => (trial[t] - mean[t]) * (trial[t] - mean[t])) / (trials.Length - 1));
        return trials.Length < 2 ? curve : curve with { Low = Iterations(t => mean[t] - Deviation(t)), High = Iterations(t => mean[t] + Deviation(t)) };

        double[] Iterations(Func<int, double> value) => [.. Enumerable.Range(0, length).Select(value)];
    }
}
