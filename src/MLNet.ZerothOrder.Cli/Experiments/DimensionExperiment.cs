using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Figure 8: iterations to the first success against the dimension of the perturbation, which is enlarged to the image.</summary>
internal sealed class DimensionExperiment() : Experiment("dimension", "Figure 8", "iterations to the first success against the problem's dimension, with and without QueryRNN")
{
    private static readonly (int Height, int Width)[] Sizes = [(7, 7), (7, 14), (14, 14), (14, 28), (21, 28), (28, 28)];

    public override IReadOnlyList<Amount> Images { get; } = [new(100, 10)];

    public override IReadOnlyList<Amount> Trials { get; } = [new(1, 1)];

    public override bool TakesOptimizers => true;

    public override Outcome Run(Lab lab)
    {
        AttackTask task = lab.Mnist();
        string[] optimizers = [.. new[] { "zo-sgd", $"{task.Learned}:no-update" }.Concat(lab.Options.With).Distinct()];
        (int Height, int Width)[] sizes = lab.Options.Quick ? [Sizes[0], Sizes[2], Sizes[5]] : Sizes;
        int trials = lab.Trials(Trials[0]);
        ImageSet images = lab.Right(task, lab.Images(Images[0]));
        var runs = new List<(string Optimizer, int Dimension, IReadOnlyList<StoredProblem> Problems)>();
        foreach (string typed in optimizers)
        {
            foreach ((int height, int width) in sizes)
            {
                runs.Add((typed, height * width, Attack(lab, task, typed, images, trials, height, width)));
            }
        }

        double Iterations(string o, int d) => Mean(runs.Single(r => r.Optimizer == o && r.Dimension == d).Problems, task);
        string size = lab.Size("image", images.Count, trials);
        int largest = sizes[^1].Height * sizes[^1].Width;
        int smallest = sizes[0].Height * sizes[0].Width;
        string with = optimizers[1];
        double ratio = Iterations(with, largest) / Iterations("zo-sgd", largest);
        double small = Iterations(with, smallest) / Iterations("zo-sgd", smallest);
        var csv = new Csv("optimizer", "dimension", "image", "trial", "iterationsToSuccess", "finalLoss");
        foreach ((string optimizer, int dimension, IReadOnlyList<StoredProblem> problems) in runs)
        {
            foreach (StoredProblem p in problems)
            {
                csv.Add(optimizer, dimension, p.Name, p.Trial, p.IterationsToSuccess(task.Directions), p.Trace[^1]);
            }
        }

        return new Outcome
        {
            On = $"{task.On}; {size}",
            Traces = csv,
            Claims =
            [
                new Claim("With QueryRNN, ZO-SGD needs fewer iterations to the first success at 28 × 28.", $"{ratio:F2} times as many", ratio < 1),
                new Claim("Its lead grows with the dimension.", $"{small:F2} times as many at d = {smallest}, {ratio:F2} at d = {largest}", ratio < small),
            ],
            Blocks =
            [
                new ChartsBlock("Iteration complexity",
                [
                    new Chart("dimension", $"Iterations to the first success, mean of {size}", ChartKind.Dots, new ChartAxis("dimension d"), new ChartAxis("iterations"),
                    [
                        .. optimizers.Select(o => new ChartSeries(
                            OptimizerLabel.Of(o, task.Learned), [.. sizes.Select(s => (double)(s.Height * s.Width))], [.. sizes.Select(s => Iterations(o, s.Height * s.Width))])),
                    ])
                    {
                        Caption = $"An image that never fell counts with all {task.Iterations} iterations.",
                    },
                ]),
                new TableBlock("Figures", ["optimizer", "d", "iterations to success", "success", "last loss"],
                [
                    .. runs.Select(r => (IReadOnlyList<TableCell>)
                    [
                        new TableCell(OptimizerLabel.Of(r.Optimizer, task.Learned)),
                        Draw.Number(r.Dimension),
                        Draw.Number(Mean(r.Problems, task)),
                        Draw.Percent((double)r.Problems.Count(p => p.QueriesToSuccess is not null) / r.Problems.Count),
                        Draw.Number(r.Problems.Average(p => p.Trace[^1])),
                    ]),
                ]),
            ],
        };
    }

    private static double Mean(IReadOnlyList<StoredProblem> problems, AttackTask task) => problems.Average(p => p.IterationsToSuccess(task.Directions) ?? task.Iterations);

    private static IReadOnlyList<StoredProblem> Attack(Lab lab, AttackTask task, string typed, ImageSet images, int trials, int height, int width)
    {
        using NamedOptimizer choice = lab.Optimizer(task, typed);
        SortedDictionary<string, string> identity = lab.Identity(task, choice, images, trials);
        identity["kind"] = "upscaled";
        identity["size"] = $"{height}x{width}";
        return lab.Store.Get(identity, () =>
        {
            var attack = new BlackBoxAttack(task.Oracle, choice.Optimizer, lab.AttackOptions(task, choice.Optimizer));
            Problem[] problems =
            [
                .. from i in Enumerable.Range(0, images.Count)
                   from trial in Enumerable.Range(0, trials)
                   select new Problem(
                       $"image {images.ImageName(i)}",
                       new UpscaledObjective(new AttackObjective(images.Image(i), images.Label(i), task.Oracle.ScoreLength, task.Loss), height, width, images.Shape.Height, images.Shape.Width),
                       choice.Optimizer,
                       (float)Lab.Smoothing(choice.Optimizer),
                       attack.ProblemKey(images.Image(i).Span, images.Label(i), trial),
                       new RunLimits { Iterations = task.Iterations }),
            ];
            lab.Run(task.Oracle, problems, $"{choice.Name.Short} at {height} × {width}");
            return
            [
                .. problems.Select((p, i) => new StoredProblem
                {
                    Name = images.ImageName(i / trials),
                    Trial = i % trials,
                    Trace = [.. p.Trace],
                    Queries = p.Ledger.Charged,
                    QueriesToSuccess = p.QueriesToFirstSolved,
                }),
            ];
        });
    }
}
