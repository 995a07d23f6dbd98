using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Table 1: adversarial examples of each optimizer at increasing iterations.</summary>
internal sealed class PanelsExperiment() : Experiment("panels", "Table 1", "adversarial examples of each optimizer at increasing iterations")
{
    // The paper's test image.
    private const int PaperImage = 1933;

    private static readonly int[] Iterations = [5, 10, 20, 30, 50, 75, 100, 150, 200];

    public override bool TakesOptimizers => true;

    public override Outcome Run(Lab lab)
    {
        AttackTask task = lab.Mnist();
        string[] optimizers = [.. new[] { "zo-sgd", "zo-signsgd", "zo-adam", task.Learned }.Concat(lab.Options.With).Distinct()];
        ImageSet image = Image(lab, task);
        var items = new List<GalleryItem>();
        var traces = new List<(string Task, string Optimizer, IReadOnlyList<StoredProblem> Problems)>();
        var firsts = new List<(string Label, int? First)>();
        foreach (string optimizer in optimizers)
        {
            string label = OptimizerLabel.Of(optimizer, task.Learned);
            Recording recording = Recording.Of(lab, task, image, 0, optimizer);
            var objective = (AttackObjective)recording.Problem.Objective;
            float[] Input(int t)
            {
                var input = new float[image.Shape.Length];
                objective.Decode(recording.Thetas[t - 1], input);
                return input;
            }

            int[] shown = [.. Iterations.Where(t => t <= recording.Thetas.Count)];
            float[] scores = task.Oracle.ScoreRows(shown.Length, (row, input) => Input(shown[row]).CopyTo(input), cancellation: lab.Cancellation);
            int[] classes = task.Oracle.Classes(scores);
            long? first = recording.Problem.QueriesToFirstSolved;
            int? iterations = first is null ? null : (int)((first.Value - 1) / (task.Directions + 1));
            firsts.Add((label, iterations));
            items.Add(new GalleryItem(
                label, "optimizer", first is null ? "held" : "fell",
                [
                    new Picture("original", PixelBuffer.FromImage(image.Image(0).Span, image.Shape)),
                    .. shown.Select((t, i) => new Picture($"t = {t}: {classes[i]}", PixelBuffer.FromImage(Input(t), image.Shape))),
                ],
                [
                    new GalleryFact("first success", iterations is null ? "never" : $"iteration {iterations}", iterations),
                    new GalleryFact("last loss", Draw.Text(recording.Problem.Trace[^1]), recording.Problem.Trace[^1]),
                ])
            {
                IsGood = first is not null,
                Trace = new Chart($"panel-{items.Count}", label, ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("loss"),
                    [new ChartSeries(label, [.. Enumerable.Range(0, recording.Problem.Trace.Count).Select(t => (double)t)], recording.Problem.Trace)]),
            });
            traces.Add((task.Name, optimizer, [new StoredProblem { Name = image.ImageName(0), Trial = 0, Trace = [.. recording.Problem.Trace], Queries = recording.Problem.Ledger.Charged, QueriesToSuccess = first }]));
        }

        string what = $"image {image.ImageName(0)}, a {image.Label(0)}{(lab.Options.Quick ? " (quick is the same: one image)" : "")}";
        string learned = OptimizerLabel.Of(task.Learned, task.Learned);
        return new Outcome
        {
            On = $"{task.On}; {what}",
            Traces = Draw.Traces(traces),
            Claims =
            [
                new Claim("ZO-LSTM finds an adversarial example in the fewest iterations.",
                    string.Join(", ", firsts.Select(f => $"{f.Label} {(f.First is null ? "never" : f.First)}")),
                    firsts.Single(f => f.Label == learned).First is { } own && firsts.Where(f => f.Label.StartsWith("ZO-", StringComparison.Ordinal) && f.Label != learned).All(f => f.First is null || f.First >= own)),
            ],
            Blocks = [new GalleryBlock("Adversarial examples by iteration", items) { GroupName = "kind", Note = $"{what}. Below each picture the class that the classifier gives it." }],
        };
    }

    private static ImageSet Image(Lab lab, AttackTask task)
    {
        if (task.Images.Count > PaperImage)
        {
            ImageSet own = task.Images.Select([PaperImage]);
            if (task.Oracle.Classify(own, lab.Cancellation)[0] == own.Label(0))
            {
                return own;
            }
        }

        return lab.Right(task, 1);
    }
}
