using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Figure 8: iterations to the first success against the dimension of the perturbation. A perturbation smaller than the image is enlarged to it.</summary>
internal static class DimensionExperiment
{
    private static readonly (int Height, int Width)[] Sizes = [(7, 7), (7, 14), (14, 14), (14, 28), (21, 28), (28, 28)];

    public static Findings Run(ExperimentContext context)
    {
        AttackTask task = context.Mnist();
        string with = $"{task.LearnedWithQuery}:no-update";
        string[] optimizers = [.. new[] { "zo-sgd", with }.Concat(context.With).Distinct()];
        (int Height, int Width)[] sizes = context.Options.Quick ? [Sizes[0], Sizes[2], Sizes[5]] : Sizes;
        int[] dimensions = [.. sizes.Select(s => s.Height * s.Width)];
        int trials = context.Trials();
        ImageSet images = task.FirstCorrect(context.Images());
        (OptimizerRun Run, int Dimension)[] runs =
            [.. optimizers.SelectMany(_ => sizes, (optimizer, s) => (new OptimizerRun(task.Name, optimizer, task.Label(optimizer), Attack(task, optimizer, images, trials, s)), s.Height * s.Width))];
        double Iterations(OptimizerRun run) => run.Images.Average(r => IterationsToSuccess(task, r) ?? task.Iterations);
        double IterationsAt(string optimizer, int dimension) => Iterations(runs.Single(r => r.Run.Optimizer == optimizer && r.Dimension == dimension).Run);
        double Ratio(int dimension) => IterationsAt(with, dimension) / IterationsAt("zo-sgd", dimension);
        string size = context.Size("image", images.Count, trials);
        double large = Ratio(dimensions[^1]);
        double small = Ratio(dimensions[0]);
        var csv = new Csv("optimizer", "dimension", "image", "trial", "iterationsToSuccess", "finalLoss");
        foreach ((OptimizerRun run, int dimension) in runs)
        {
            foreach (ImageResult r in run.Images)
            {
                csv.Add(run.Optimizer, dimension, r.Name, r.Trial, IterationsToSuccess(task, r), r.FinalLoss);
            }
        }

        return new Findings
        {
            On = $"{task.On}; {size}",
            Traces = csv,
            Claims =
            [
                new Claim("With QueryRNN, ZO-SGD needs fewer iterations to the first success at 28 × 28.", $"{large:F2} times as many", large < 1),
                new Claim("Its lead grows with the dimension.", $"{small:F2} times as many at d = {dimensions[0]}, {large:F2} at d = {dimensions[^1]}", large < small),
            ],
            Blocks =
            [
                new ChartsBlock("Iteration complexity",
                [
                    new Chart("dimension", $"Iterations to the first success, mean of {size}", ChartKind.Dots, new ChartAxis("dimension d"), new ChartAxis("iterations"),
                        [.. optimizers.Select(o => new ChartSeries(task.Label(o), [.. dimensions.Select(d => (double)d)], [.. dimensions.Select(d => IterationsAt(o, d))]))])
                    {
                        Caption = $"An image without a success counts with all {task.Iterations} iterations.",
                    },
                ]),
                new TableBlock("Figures", ["optimizer", "d", "iterations to success", "success", "last loss"],
                [
                    .. runs.Select(r => (IReadOnlyList<TableCell>)
                    [
                        new TableCell(r.Run.Label),
                        Figures.Number(r.Dimension),
                        Figures.Number(Iterations(r.Run)),
                        Figures.Percent(r.Run.Summary.SuccessRate),
                        Figures.Number(r.Run.FinalLoss),
                    ]),
                ]),
            ],
        };
    }

    private static double? IterationsToSuccess(AttackTask task, ImageResult result) => (result.QueriesToFirstSuccess - 1) / (task.Directions + 1.0);

    private static IReadOnlyList<ImageResult> Attack(AttackTask task, string typed, ImageSet images, int trials, (int Height, int Width) size)
    {
        using NamedOptimizer choice = task.Optimizer(typed);
        return task.Stored(choice, "upscaled", images, trials, [("size", $"{size.Height}x{size.Width}")], () =>
        {
            Problem[] problems =
            [
                .. from image in Enumerable.Range(0, images.Count)
                   from trial in Enumerable.Range(0, trials)
                   select task.Problem(choice, images, image, trial, change: whole => new UpscaledObjective(whole, size.Height, size.Width, images.Shape.Height, images.Shape.Width)),
            ];
            return task.Context.Run(
                task.Oracle, problems, $"{choice.Name.Short} at {size.Height} × {size.Width}", (p, i) => OptimizerRun.Result(p, images.ImageName(i / trials), i % trials));
        });
    }
}
