using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Figures 2, 5 and 6: attack losses of hand-designed and learned optimizers, image by image and averaged.</summary>
internal static class AttackExperiment
{
    // Fig. 2 shows two single images, Fig. 5 and 6 show more.
    private const int SingleImages = 4;

    private const string Finetuned = "zo-lstm-cifar10-finetuned";

    private static readonly string[] HandDesigned = ["zo-sgd", "zo-signsgd", "zo-adam"];

    public static Findings Run(ExperimentContext context, AttackTask task)
    {
        string[] transferred = task.Name == "cifar10" ? [Finetuned] : [];
        int trials = context.Trials();
        ImageSet images = task.FirstCorrect(context.Images());
        IReadOnlyList<OptimizerRun> runs = task.Attack([.. HandDesigned, task.Learned, .. transferred, .. context.With], images, trials);
        string size = context.Size("image", images.Count, trials);
        return new Findings
        {
            On = $"{task.On}; {size}",
            Claims = [.. Claims(task, runs.ToDictionary(run => run.Optimizer))],
            Traces = Figures.Traces(runs),
            Blocks =
            [
                new ChartsBlock("Averaged over images", [Figures.Losses($"{task.Name}-average", $"{task.Title}: attack loss, mean of {size}", runs)]),
                Figures.Summary("Figures", runs, "images", task.Directions),
                new ChartsBlock("Single images",
                [
                    .. Enumerable.Range(0, Math.Min(SingleImages, images.Count)).Select(i => Figures.Losses(
                        $"{task.Name}-image-{i}", $"Image {images.ImageName(i)}, a {images.Label(i)}, {context.Size("image", 1, trials)}", runs.Select(run => run.ForImage(images.ImageName(i))))),
                ]),
            ],
        };
    }

    private static IEnumerable<Claim> Claims(AttackTask task, Dictionary<string, OptimizerRun> runs)
    {
        OptimizerRun learned = runs[task.Learned];
        OptimizerRun best = HandDesigned.Select(name => runs[name]).MinBy(run => run.FinalLoss)!;
        OptimizerRun fastest = HandDesigned.Select(name => runs[name]).MinBy(run => run.MeanLoss)!;
        yield return new Claim(
            "ZO-LSTM ends at a lower loss than every hand-designed optimizer.",
            $"{Numeral.Of(learned.FinalLoss)} against {Numeral.Of(best.FinalLoss)} of {best.Label}, the best of them", learned.FinalLoss < best.FinalLoss);
        yield return new Claim(
            "ZO-LSTM converges faster.",
            $"mean loss over iterations {Numeral.Of(learned.MeanLoss)} against {Numeral.Of(fastest.MeanLoss)} of {fastest.Label}", learned.MeanLoss < fastest.MeanLoss);
        if (runs.TryGetValue(Finetuned, out OptimizerRun? finetuned))
        {
            yield return new Claim(
                "Fine-tuned from MNIST, the optimizer does about as well as when it is trained from scratch.",
                $"final loss {Numeral.Of(finetuned.FinalLoss)} against {Numeral.Of(learned.FinalLoss)}, mean loss {Numeral.Of(finetuned.MeanLoss)} against {Numeral.Of(learned.MeanLoss)}",
                finetuned.FinalLoss <= 1.1 * learned.FinalLoss);
        }
    }
}
