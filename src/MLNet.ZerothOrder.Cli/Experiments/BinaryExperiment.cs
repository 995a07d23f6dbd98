namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Figure 3: stochastic binary classification, and the effects of q, b and d.</summary>
internal sealed class BinaryExperiment() : Experiment("binary-classification", "Figure 3", "stochastic binary classification: curves, effects of q, b and d, transfer from MNIST")
{
    private const string Learned = "zo-lstm-binary";
    private const string Transferred = "zo-lstm-mnist";

    public override IReadOnlyList<Amount> Trials { get; } = [new(10, 1)];

    public override bool TakesOptimizers => true;

    public override bool ReadsData => false;

    public override Outcome Run(Lab lab)
    {
        int trials = lab.Trials(Trials[0]);
        var traces = new List<(string Task, string Optimizer, IReadOnlyList<StoredProblem> Problems)>();
        var usual = new BinaryTask(lab);
        double scale = usual.TuneScale(Transferred);
        var runs = new List<(string Label, IReadOnlyList<StoredProblem> Problems)>();
        foreach (string optimizer in ((string[])["zo-sgd", "zo-signsgd", "zo-adam", Learned, Transferred, .. lab.Options.With]).Distinct())
        {
            runs.Add((OptimizerLabel.Of(optimizer, Learned), Traced("curves", optimizer, usual.Run(optimizer, trials))));
        }

        string tuned = $"{Transferred}, α = {scale:G}";
        runs.Add((tuned, Traced("curves", tuned, usual.Run(Transferred, trials, scale))));
        string size = lab.Size("data set", usual.Datasets, trials);
        double Final(string label) => runs.First(r => r.Label == label).Problems.Average(p => p.Trace[^1]);
        double Mean(string label) => runs.First(r => r.Label == label).Problems.Average(p => p.MeanLoss);
        string best = new[] { "ZO-SGD", "ZO-signSGD", "ZO-ADAM" }.MinBy(Final)!;
        string fastest = new[] { "ZO-SGD", "ZO-signSGD", "ZO-ADAM" }.MinBy(Mean)!;
        var claims = new List<Claim>
        {
            new("ZO-LSTM is better than every hand-designed optimizer.",
                $"final loss {Draw.Text(Final("ZO-LSTM"))} against {Draw.Text(Final(best))} of {best}; mean loss {Draw.Text(Mean("ZO-LSTM"))} against {Draw.Text(Mean(fastest))} of {fastest}",
                Final("ZO-LSTM") < Final(best) && Mean("ZO-LSTM") < Mean(fastest)),
            new("The optimizer learned on MNIST does almost as well after tuning α.",
                $"final loss {Draw.Text(Final(tuned))} ({tuned}), {Draw.Text(Final(Transferred))} untouched, against {Draw.Text(Final("ZO-LSTM"))}", Final(tuned) <= 1.15 * Final("ZO-LSTM")),
        };
        Chart[] effects =
        [
            Effect("q", "directions q", lab.Options.Quick ? [10, 20] : [10, 20, 50], value => new BinaryTask(lab) { Directions = value }),
            Effect("b", "batch size b", lab.Options.Quick ? [16, 64] : [16, 64, 256], value => new BinaryTask(lab) { Minibatch = value }),
            Effect("d", "dimension d", lab.Options.Quick ? [50, 100] : [50, 100, 200, 300], value => new BinaryTask(lab) { Dimension = value }),
        ];
        return new Outcome
        {
            On = $"{usual.On}; {size}",
            Claims = claims,
            Traces = Draw.Traces(traces),
            Blocks =
            [
                new ChartsBlock("Curves",
                [
                    new Chart("binary-curves", $"Training loss, mean of {size}", ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("loss over all points"),
                        [.. runs.Select(run => Draw.LossCurve(run.Label, run.Problems))]) { Caption = trials > 1 ? "Bands are one standard deviation over trials." : null },
                ]),
                new TableBlock("Figures", ["optimizer", "last loss", "±", "mean loss", "±"],
                    [.. runs.Select(run => (IReadOnlyList<TableCell>)
                    [
                        new TableCell(run.Label),
                        Draw.Number(run.Problems.Average(p => p.Trace[^1])),
                        Draw.Number(Statistics.Error(run.Problems, p => p.Trace[^1])),
                        Draw.Number(run.Problems.Average(p => p.MeanLoss)),
                        Draw.Number(Statistics.Error(run.Problems, p => p.MeanLoss)),
                    ])]) { Note = "± are standard errors over data sets." },
                new ChartsBlock("Effects of q, b and d", effects),
            ],
        };

        Chart Effect(string id, string axis, int[] values, Func<int, BinaryTask> make)
        {
            string[] optimizers = ["zo-sgd", Learned];
            var final = optimizers.ToDictionary(o => o, _ => new List<double>());
            foreach (int value in values)
            {
                BinaryTask task = make(value);
                foreach (string optimizer in optimizers)
                {
                    final[optimizer].Add(Traced($"{id}={value}", optimizer, task.Run(optimizer, trials)).Average(p => p.Trace[^1]));
                }
            }

            claims.Add(new Claim(
                $"ZO-LSTM is better than ZO-SGD for every {axis}.",
                string.Join("; ", values.Select((v, i) => $"{id} = {v}: {Draw.Text(final[Learned][i])} against {Draw.Text(final["zo-sgd"][i])}")),
                values.Select((_, i) => final[Learned][i] < final["zo-sgd"][i]).All(better => better)));
            return new Chart($"binary-{id}", $"Final loss against {axis}", ChartKind.Dots, new ChartAxis(axis), new ChartAxis("final loss"),
                [.. optimizers.Select(o => new ChartSeries(OptimizerLabel.Of(o, Learned), [.. values.Select(v => (double)v)], final[o]))])
            { Caption = lab.Size("data set", usual.Datasets, trials) };
        }

        IReadOnlyList<StoredProblem> Traced(string task, string optimizer, IReadOnlyList<StoredProblem> problems)
        {
            traces.Add((task, optimizer, problems));
            return problems;
        }
    }
}
