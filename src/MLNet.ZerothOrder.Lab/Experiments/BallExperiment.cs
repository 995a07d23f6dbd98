using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Every attack method that uses scores, in ℓ∞ and ℓ2 balls of several radii and within several budgets of queries.</summary>
internal static class BallExperiment
{
    /// <summary>The balls on MNIST.</summary>
    public static readonly Ball[] OnMnist =
        [new(DistortionNorm.LInfinity, 0.1, "0.1"), new(DistortionNorm.LInfinity, 0.2, "0.2"), new(DistortionNorm.LInfinity, 0.3, "0.3"), new(DistortionNorm.L2, 1.5, "1.5"), new(DistortionNorm.L2, 2, "2")];

    /// <summary>The balls on CIFAR-10.</summary>
    public static readonly Ball[] OnCifar10 =
    [
        new(DistortionNorm.LInfinity, 8.0 / 255, "8/255"), new(DistortionNorm.LInfinity, 4.0 / 255, "4/255"), new(DistortionNorm.LInfinity, 2.0 / 255, "2/255"),
        new(DistortionNorm.L2, 1, "1"), new(DistortionNorm.L2, 0.5, "0.5"), new(DistortionNorm.L2, 0.25, "0.25"),
    ];

    private const string Reference = "square";
    private const string WithPrior = "zo-prox+prior";
    private const double Goal = 0.8;

    private static readonly long[] Budgets = [100, 500, 2500];

    // Of these, what a run does depends on its budget, as with learned optimizers. A run of any other method with the largest budget begins with its runs with smaller ones.
    private static readonly string[] Scheduled = [Reference, "memory-square"];
    private static readonly string[] Ours = ["memory-square", "zo-prox", "zo-lstm-plus"];
    private static readonly string[] Methods =
        ["signhunter", "memory-square", Reference, WithPrior, "zo-prox", "simba-dct", "bandits", "zo-lstm-plus", "nes", "simba", "zo-signsgd"];

    public static Findings Run(ExperimentContext context, AttackTask task, IReadOnlyList<Ball> balls)
    {
        long[] budgets = context.Options.Quick ? Budgets[..1] : Budgets;
        int trials = context.Trials();
        ImageSet images = task.FirstCorrect(context.Images());
        using OnnxPrior prior = Prior(context, task);
        Cell[] cells = [.. balls.SelectMany(ball => Attack(task with { Prior = prior }, ball, [.. (context.Options.Methods?.Append(Reference) ?? Methods).Concat(context.With).Distinct()], budgets, images, trials))];
        string size = context.Size("image", images.Count, trials);
        return new Findings
        {
            On = $"{Path.GetFileName(task.Oracle.Info.Path)} (SHA-256 {task.Oracle.Info.Sha256[..12]}…), test images of {images.Name}; {size}",
            Claims = [.. Claims(cells)],
            Traces = ToCsv(cells, images.Count, trials),
            Blocks =
            [
                new ChartsBlock("Success against queries", [.. balls.Select(ball => Curves(task, ball, [.. cells.Where(cell => cell.Ball == ball && cell.Budget == budgets[^1])], size))]),
                .. balls.Select(ball => Table(ball, budgets, [.. cells.Where(cell => cell.Ball == ball)])),
            ],
        };
    }

    private static OnnxPrior Prior(ExperimentContext context, AttackTask task)
    {
        string path = Path.Combine(context.Options.Models, "..", "priors", $"{task.Name}-cnn-prior.onnx");
        return File.Exists(path) ? new OnnxPrior(path) : throw new InputException($"The prior {path} is missing.") { Argument = nameof(ExperimentOptions.Models) };
    }

    private static IEnumerable<Cell> Attack(AttackTask task, Ball ball, string[] methods, long[] budgets, ImageSet images, int trials)
    {
        AttackLoss loss = task.Loss with { Norm = ball.Norm, Epsilon = ball.Epsilon };
        AttackTask inBall = task with { Loss = loss, Directions = NamedOptimizer.DefaultDirections };
        foreach (string method in methods)
        {
            using NamedOptimizer choice = inBall.Optimizer(method);
            if (!choice.Optimizer.Fits(loss))
            {
                continue;
            }

            bool isScheduled = Scheduled.Contains(method) || !choice.IsHandDesigned;
            foreach (long budget in budgets)
            {
                IReadOnlyList<ImageResult> found = (inBall with { Budget = isScheduled ? budget : budgets[^1] }).Attack([method], images, trials)[0].Images;
                yield return new Cell(ball, method, budget, [.. found.Select(result => Within(result, budget))]);
            }
        }
    }

    // A failure counts with the whole budget, though a method with long steps may leave some of it.
    private static ImageResult Within(ImageResult result, long budget) => result.QueriesToFirstSuccess is { } queries && queries <= budget
        ? result with { Queries = queries } : result with { Success = false, QueriesToFirstSuccess = null, Queries = budget };

    private static IEnumerable<Claim> Claims(Cell[] cells)
    {
        if (!cells.Any(cell => Ours.Contains(cell.Method)))
        {
            yield break;
        }

        Cell[] references = [.. cells.Where(cell => cell.Method == Reference)];
        Cell?[] best = [.. references.Select(reference => cells
            .Where(cell => cell.Ball == reference.Ball && cell.Budget == reference.Budget && Ours.Contains(cell.Method) && cell.Success >= reference.Success).MinBy(cell => cell.MeanQueries))];
        int found = best.Count(cell => cell is not null);
        int fewer = best.Zip(references).Count(pair => pair.First is not null && pair.First.MeanQueries <= Goal * pair.Second.MeanQueries);
        yield return new Claim("One of our methods succeeds as often as Square in every ball and budget.", $"{found} of {best.Length}", found == best.Length);
        yield return new Claim($"In two thirds of them it needs at most {Goal} × as many queries.", $"{fewer} of {best.Length}", 3 * fewer >= 2 * best.Length);
    }

    private static TableBlock Table(Ball ball, long[] budgets, Cell[] cells) => new(
        $"{ball}",
        ["method", .. budgets.SelectMany(budget => new[] { $"success, {Numeral.Of(budget)} queries", "95 %", "mean queries", "median", "/ Square's", "±" })],
        [
            .. cells.GroupBy(cell => cell.Method).Select(method => (IReadOnlyList<TableCell>)
            [
                new TableCell(method.Key),
                .. method.SelectMany(cell =>
                {
                    PairedRatio ratio = cell.RatioTo(cells.Single(other => other.Method == Reference && other.Budget == cell.Budget));
                    return new[]
                    {
                        Figures.Percent(cell.Success),
                        new TableCell($"{cell.Interval95.Low * 100:0}–{cell.Interval95.High * 100:0}"),
                        Figures.Number(Math.Round(cell.MeanQueries)),
                        cell.MedianQueries is { } median ? Figures.Number(median) : new TableCell($"> {Numeral.Of(cell.Budget)}", double.PositiveInfinity),
                        Figures.Number(ratio.Ratio),
                        Figures.Number(ratio.StandardError),
                    };
                }),
            ]),
        ])
    {
        Note = "Mean and median queries are over all images; a failure counts with the whole budget. Intervals are Wilson's over images, and ratios of the means are paired by image. "
            + $"{WithPrior} starts from a network that was taught with queries about training images, which are not counted here.",
    };

    private static Chart Curves(AttackTask task, Ball ball, Cell[] cells, string size)
    {
        double[] queries = [.. Enumerable.Range(0, 60).Select(i => Math.Round(Math.Pow(cells[0].Budget, i / 59.0))).Distinct()];
        return new Chart(
            $"{task.Name}-{ball.Norm.Word()}-{ball.Text.Replace('/', '-').Replace('.', '-')}", $"{task.Title}, {ball}, {size}", ChartKind.Line, new ChartAxis("queries"), new ChartAxis("fooled, %"),
            [.. cells.Select(cell => new ChartSeries(cell.Method, queries, [.. queries.Select(q => 100.0 * cell.Images.Count(image => image.Success && image.Queries <= q) / cell.Images.Count)]))]);
    }

    private static Csv ToCsv(Cell[] cells, int images, int trials)
    {
        var csv = new Csv("norm", "epsilon", "budget", "method", "images", "trials", "success", "low95", "high95", "meanQueries", "medianQueries", "ratioToSquare", "standardError");
        foreach (Cell cell in cells)
        {
            PairedRatio ratio = cell.RatioTo(cells.Single(other => other.Method == Reference && other.Ball == cell.Ball && other.Budget == cell.Budget));
            csv.Add(
                cell.Ball.Norm.Word(), cell.Ball.Text, cell.Budget, cell.Method, images, trials, cell.Success, cell.Interval95.Low, cell.Interval95.High, cell.MeanQueries, cell.MedianQueries,
                ratio.Ratio, ratio.StandardError);
        }

        return csv;
    }

    /// <summary>A ball around each image.</summary>
    internal sealed record Ball(DistortionNorm Norm, double Epsilon, string Text)
    {
        public override string ToString() => $"{Norm.Symbol()}, ε = {Text}";
    }

    private sealed record Cell(Ball Ball, string Method, long Budget, IReadOnlyList<ImageResult> Images)
    {
        public double Success { get; } = Images.Average(image => image.Success ? 1.0 : 0);

        public double MeanQueries { get; } = Images.Average(image => (double)image.Queries);

        // Null where it is a failure.
        public double? MedianQueries
        {
            get
            {
                long[] sorted = [.. Images.Select(image => image.Success ? image.Queries : long.MaxValue).Order()];
                long low = sorted[(sorted.Length - 1) / 2], high = sorted[sorted.Length / 2];
                return high == long.MaxValue ? null : (low + high) / 2.0;
            }
        }

        // The trials of an image are not independent, so an interval counts images only.
        public Interval Interval95
        {
            get
            {
                int images = Images.DistinctBy(image => image.Index).Count();
                return AttackStatistics.Wilson((int)Math.Round(Success * images), images);
            }
        }

        public PairedRatio RatioTo(Cell other) => PairedComparison.Between(Images, other.Images).QueriesToFirstSuccess;
    }
}
