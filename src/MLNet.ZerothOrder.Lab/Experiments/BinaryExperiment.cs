namespace MLNet.ZerothOrder.Lab;

/// <summary>Figure 3: stochastic binary classification, and the effects of q, b and d.</summary>
internal static class BinaryExperiment
{
    private const string Finetuned = "zo-lstm-binary-finetuned";
    private const string Transferred = "zo-lstm-mnist";

    public static Findings Run(ExperimentContext context)
    {
        int trials = context.Trials();
        bool quick = context.Options.Quick;
        var usual = new BinaryTask(context);
        string[] handDesigned = ["zo-sgd", "zo-signsgd", "zo-adam"];
        string[] finetuned = BundledOptimizers.Names.Contains(Finetuned) ? [Finetuned] : [];
        string[] optimizers = [.. handDesigned, PulledSgd.Label, BinaryTask.Learned, .. finetuned, Transferred, .. context.With];
        double scale = usual.TuneScale(Transferred);
        OptimizerRun[] runs = [.. optimizers.Distinct().Select(optimizer => usual.Run("curves", optimizer, trials)), usual.Run("curves", Transferred, trials, scale)];
        string size = context.Size("data set", usual.Datasets, trials);
        OptimizerRun Of(string optimizer) => runs.First(run => run.Optimizer == optimizer);
        OptimizerRun best = handDesigned.Select(Of).MinBy(run => run.FinalLoss)!;
        OptimizerRun fastest = handDesigned.Select(Of).MinBy(run => run.MeanLoss)!;
        OptimizerRun learned = Of(BinaryTask.Learned);
        OptimizerRun tuned = runs[^1];
        var claims = new List<Claim>
        {
            new("ZO-LSTM is better than every hand-designed optimizer.",
                $"final loss {Numeral.Of(learned.FinalLoss)} against {Numeral.Of(best.FinalLoss)} of {best.Label} ({learned.RatioTo(best, c => c.FinalLoss)} times); mean loss {Numeral.Of(learned.MeanLoss)} against {Numeral.Of(fastest.MeanLoss)} of {fastest.Label} ({learned.RatioTo(fastest, c => c.LossOverIterations)} times)",
                learned.FinalLoss < best.FinalLoss && learned.MeanLoss < fastest.MeanLoss),
            new("The optimizer learned on MNIST does almost as well after tuning α.",
                $"final loss {Numeral.Of(tuned.FinalLoss)} ({tuned.Label}), {Numeral.Of(Of(Transferred).FinalLoss)} untouched, against {Numeral.Of(learned.FinalLoss)}", tuned.FinalLoss <= 1.15 * learned.FinalLoss),
        };
        foreach (OptimizerRun further in finetuned.Select(Of))
        {
            claims.Add(new Claim("The optimizer learned on MNIST, fine-tuned, is better than every hand-designed optimizer.",
                $"final loss {further.RatioTo(best, c => c.FinalLoss)} times that of {best.Label}, mean loss {further.RatioTo(fastest, c => c.LossOverIterations)} times that of {fastest.Label}",
                further.FinalLoss < best.FinalLoss && further.MeanLoss < fastest.MeanLoss));
        }

        var all = new List<OptimizerRun>(runs);
        Chart[] effects =
        [
            Effect("q", "directions q", quick ? [10, 20] : [10, 20, 50], value => new BinaryTask(context) { Directions = value }),
            Effect("b", "batch size b", quick ? [16, 64] : [16, 64, 256], value => new BinaryTask(context) { Minibatch = value }),
            Effect("d", "dimension d", quick ? [50, 100] : [50, 100, 200, 300], value => new BinaryTask(context) { Dimension = value }),
            Effect("T", "iterations T", quick ? [200] : [200, 500, 1000], value => new BinaryTask(context) { Iterations = value }),
        ];
        return new Findings
        {
            On = $"{usual.On}; {size}",
            Claims = claims,
            Traces = Figures.Traces(all),
            Blocks =
            [
                new ChartsBlock("Curves", [Figures.Losses("binary-curves", $"Training loss, mean of {size}", runs, "loss over all points")]),
                Figures.Summary("Figures", runs, "data sets"),
                new ChartsBlock("Effects of q, b, d and T", effects),
            ],
        };

        Chart Effect(string id, string axis, int[] values, Func<int, BinaryTask> make)
        {
            string[] compared = ["zo-sgd", BinaryTask.Learned];
            OptimizerRun[][] byValue = [.. values.Select(value => make(value) is var task ? compared.Select(optimizer => task.Run($"{id}={value}", optimizer, trials)).ToArray() : [])];
            all.AddRange(byValue.SelectMany(pair => pair));
            claims.Add(new Claim(
                $"ZO-LSTM is better than ZO-SGD for every {axis}.",
                string.Join("; ", byValue.Select((pair, i) => $"{id} = {values[i]}: {Numeral.Of(pair[1].FinalLoss)} against {Numeral.Of(pair[0].FinalLoss)} ({pair[1].RatioTo(pair[0], c => c.FinalLoss)} times, mean loss {pair[1].RatioTo(pair[0], c => c.LossOverIterations)} times)")),
                byValue.All(pair => pair[1].FinalLoss < pair[0].FinalLoss)));
            return new Chart($"binary-{id.ToLowerInvariant()}", $"Final loss against {axis}", ChartKind.Dots, new ChartAxis(axis), new ChartAxis("final loss"),
                [.. compared.Select((_, o) => new ChartSeries(byValue[0][o].Label, [.. values.Select(v => (double)v)], [.. byValue.Select(pair => pair[o].FinalLoss)]))])
            { Caption = size };
        }
    }
}
