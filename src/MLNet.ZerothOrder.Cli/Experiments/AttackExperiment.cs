using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Figures 2, 5 and 6: attack losses of hand-designed and learned optimizers, image by image and averaged.</summary>
internal sealed class AttackExperiment(string name, string figure, string summary, bool isCifar) : Experiment(name, figure, summary)
{
    // Fig. 2 shows two images, Fig. 5 and 6 some more.
    private const int SingleImages = 4;

    private static readonly string[] HandDesigned = ["zo-sgd", "zo-signsgd", "zo-adam"];

    public override IReadOnlyList<Amount> Images => [isCifar ? new(100, 2) : new(100, 10)];

    public override IReadOnlyList<Amount> Trials => [isCifar ? new(1, 1) : new(10, 1)];

    public override bool TakesOptimizers => true;

    public override Outcome Run(Lab lab)
    {
        AttackTask task = isCifar ? lab.Cifar10() : lab.Mnist();
        string[] optimizers = isCifar
            ? [.. HandDesigned, task.Learned, "zo-lstm-cifar10-finetuned", "zo-lstm-mnist", .. lab.Options.With]
            : [.. HandDesigned, task.Learned, .. lab.Options.With];
        optimizers = [.. optimizers.Distinct()];
        int trials = lab.Trials(Trials[0]);
        ImageSet images = lab.Right(task, lab.Images(Images[0]));
        IReadOnlyDictionary<string, IReadOnlyList<StoredProblem>> runs = lab.Attack(task, optimizers, images, trials);
        (string Label, IReadOnlyList<StoredProblem> Problems)[] labelled = [.. optimizers.Select(o => (OptimizerLabel.Of(o, task.Learned), runs[o]))];
        string size = lab.Size("image", images.Count, trials);

        var average = new Chart(
            $"{task.Name}-average", $"{task.Title}: attack loss, mean of {size}", ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("loss"),
            [.. labelled.Select(run => Draw.LossCurve(run.Label, run.Problems))])
        {
            Caption = trials > 1 ? "Bands are one standard deviation over trials." : null,
        };
        Chart[] single =
        [
            .. Enumerable.Range(0, Math.Min(SingleImages, images.Count)).Select(i => new Chart(
                $"{task.Name}-image-{i}", $"Image {images.ImageName(i)}, a {images.Label(i)}, {lab.Size("image", 1, trials)}", ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("loss"),
                [.. labelled.Select(run => Draw.LossCurve(run.Label, run.Problems.Where(p => p.Name == images.ImageName(i))))])),
        ];
        return new Outcome
        {
            On = $"{task.On}; {size}",
            Claims = Claims(task, runs, optimizers),
            Traces = Draw.Traces(optimizers.Select(o => (task.Name, o, runs[o]))),
            Blocks =
            [
                new ChartsBlock("Averaged over images", [average]),
                Draw.Summary("Figures", labelled, task.Directions),
                new ChartsBlock("Single images", single),
            ],
        };
    }

    private static List<Claim> Claims(AttackTask task, IReadOnlyDictionary<string, IReadOnlyList<StoredProblem>> runs, string[] optimizers)
    {
        double Final(string o) => runs[o].Average(p => p.Trace[^1]);
        double Mean(string o) => runs[o].Average(p => p.MeanLoss);
        string best = HandDesigned.MinBy(Final)!;
        string fastest = HandDesigned.MinBy(Mean)!;
        var claims = new List<Claim>
        {
            new("ZO-LSTM ends at a lower loss than every hand-designed optimizer.",
                $"{Draw.Text(Final(task.Learned))} against {Draw.Text(Final(best))} of {OptimizerLabel.Of(best, task.Learned)}, the best of them", Final(task.Learned) < Final(best)),
            new("ZO-LSTM converges faster.",
                $"mean loss over iterations {Draw.Text(Mean(task.Learned))} against {Draw.Text(Mean(fastest))} of {OptimizerLabel.Of(fastest, task.Learned)}", Mean(task.Learned) < Mean(fastest)),
        };
        const string Finetuned = "zo-lstm-cifar10-finetuned";
        if (optimizers.Contains(Finetuned))
        {
            claims.Add(new Claim(
                "Fine-tuned from MNIST, the optimizer does about as well as when it is trained from scratch.",
                $"final loss {Draw.Text(Final(Finetuned))} against {Draw.Text(Final(task.Learned))}, mean loss {Draw.Text(Mean(Finetuned))} against {Draw.Text(Mean(task.Learned))}",
                Final(Finetuned) <= 1.1 * Final(task.Learned)));
        }

        return claims;
    }
}
