using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Table 1: adversarial examples of each optimizer at increasing iterations.</summary>
internal static class PanelsExperiment
{
    // The paper's test image.
    private const int PaperImage = 1933;

    private static readonly int[] Iterations = [5, 10, 20, 30, 50, 75, 100, 150, 200];

    public static Findings Run(ExperimentContext context)
    {
        AttackTask task = context.Mnist();
        ImageSet image = Image(context, task);
        var items = new List<GalleryItem>();
        var runs = new List<OptimizerRun>();
        foreach (string optimizer in new[] { "zo-sgd", "zo-signsgd", "zo-adam", task.Learned }.Concat(context.With).Distinct())
        {
            Recording recording = task.Record(image, 0, optimizer);
            var run = new OptimizerRun(task.Name, optimizer, task.Label(optimizer), [OptimizerRun.Result(recording.Problem, image.ImageName(0), 0)]);
            runs.Add(run);
            int[] shown = [.. Iterations.Where(t => t < recording.Steps.Thetas.Count)];
            float[] Input(int t)
            {
                var input = new float[image.Shape.Length];
                recording.Problem.Objective.Decode(recording.Steps.Thetas[t], input);
                return input;
            }

            float[] scores = task.Oracle.ScoreRows(shown.Length, (row, input) => Input(shown[row]).CopyTo(input), cancellation: context.Cancellation);
            int[] classes = task.Oracle.Classes(scores);
            int? first = First(task, run);
            items.Add(new GalleryItem(
                run.Label, "optimizer", first is null ? "held" : "fell",
                [
                    new Picture("original", PixelBuffer.FromImage(image.Image(0).Span, image.Shape)),
                    .. shown.Select((t, i) => new Picture($"t = {t}: {classes[i]}", PixelBuffer.FromImage(Input(t), image.Shape))),
                ],
                [
                    new GalleryFact("first success", first is null ? "never" : $"iteration {first}", first),
                    new GalleryFact("last loss", Numeral.Of(run.FinalLoss), run.FinalLoss),
                ])
            {
                IsGood = first is not null,
                Trace = Figures.Lines($"panel-{items.Count}", run.Label, "loss", run.LossCurve()),
            });
        }

        string what = $"image {image.ImageName(0)}, a {image.Label(0)}{(context.Options.Quick ? " (quick is the same: one image)" : "")}";
        int? learned = First(task, runs.Single(run => run.Optimizer == task.Learned));
        return new Findings
        {
            On = $"{task.On}; {what}",
            Traces = Figures.Traces(runs),
            Claims =
            [
                new Claim("ZO-LSTM finds an adversarial example in the fewest iterations.",
                    string.Join(", ", runs.Select(run => $"{run.Label} {First(task, run)?.ToString() ?? "never"}")),
                    learned is not null && runs.Where(run => run.Label.StartsWith("ZO-", StringComparison.Ordinal)).All(run => First(task, run) is not { } other || other >= learned)),
            ],
            Blocks = [new GalleryBlock("Adversarial examples by iteration", items) { GroupName = "kind", Note = $"{what}. The class below each picture is that of the classifier." }],
        };
    }

    private static int? First(AttackTask task, OptimizerRun run) => (int?)((run.Images[0].QueriesToFirstSuccess - 1) / (task.Directions + 1));

    private static ImageSet Image(ExperimentContext context, AttackTask task)
    {
        if (task.Images.Count > PaperImage)
        {
            ImageSet own = task.Images.Select([PaperImage]);
            if (CorrectImages.Find(task.Oracle, own, cancellation: context.Cancellation).Indices.Count == 1)
            {
                return own;
            }
        }

        return task.FirstCorrect(1);
    }
}
