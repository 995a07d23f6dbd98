using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Figures 4a–c and 7: what the two networks contribute, on all three tasks.</summary>
internal sealed class AblationExperiment() : Experiment("ablation", "Figures 4a–c and 7", "what UpdateRNN and QueryRNN contribute, on all three tasks")
{
    public override IReadOnlyList<Amount> Images { get; } = [new(100, 8, "MNIST"), new(100, 1, "CIFAR-10")];

    public override IReadOnlyList<Amount> Trials { get; } = [new(10, 1, "MNIST"), new(1, 1, "CIFAR-10"), new(10, 1, "binary classification")];

    public override bool TakesOptimizers => true;

    public override Outcome Run(Lab lab)
    {
        var blocks = new List<ReportBlock>();
        var claims = new List<Claim>();
        var traces = new List<(string Task, string Optimizer, IReadOnlyList<StoredProblem> Problems)>();
        var on = new List<string>();
        Attack(lab, lab.Mnist(), lab.Trials(Trials[0]), lab.Images(Images[0]));
        try
        {
            Attack(lab, lab.Cifar10(), lab.Trials(Trials[1]), lab.Images(Images[1]));
        }
        catch (InputException e) when (lab.Options.Data is null)
        {
            on.Add($"no CIFAR-10 ({e.Message.TrimEnd('.')})");
        }

        Binary();
        return new Outcome { On = string.Join("; ", on), Claims = claims, Traces = Draw.Traces(traces), Blocks = blocks };

        void Attack(Lab lab, AttackTask task, int trials, int count)
        {
            ImageSet images = lab.Right(task, count);
            string[] optimizers = [.. Variants(task.Learned).Concat(lab.Options.With).Distinct()];
            IReadOnlyDictionary<string, IReadOnlyList<StoredProblem>> runs = lab.Attack(task, optimizers, images, trials);
            string size = lab.Size("image", images.Count, trials);
            on.Add($"{task.On}; {size}");
            Add(task.Name, task.Title, "image", task.Learned, optimizers, runs, size, images.ImageName(0), task.Directions);
        }

        void Binary()
        {
            var task = new BinaryTask(lab);
            const string Learned = "zo-lstm-binary";
            string[] optimizers = Variants(Learned);
            int trials = lab.Trials(Trials[2]);
            IReadOnlyDictionary<string, IReadOnlyList<StoredProblem>> runs = optimizers.ToDictionary(o => o, o => task.Run(o, trials));
            on.Add(task.On);
            Add("binary", "Binary classification", "data set", Learned, optimizers, runs, lab.Size("data set", task.Datasets, trials), null, task.Directions);
        }

        void Add(
            string task, string title, string what, string learned, string[] optimizers, IReadOnlyDictionary<string, IReadOnlyList<StoredProblem>> runs, string size, string? single, int directions)
        {
            traces.AddRange(optimizers.Select(o => (task, o, runs[o])));
            (string Label, IReadOnlyList<StoredProblem> Problems)[] labelled = [.. optimizers.Select(o => (OptimizerLabel.Of(o, learned), runs[o]))];
            var charts = new List<Chart> { Curves($"ablation-{task}", $"{title}, mean of {size}", labelled) };
            if (single is not null)
            {
                charts.Add(Curves($"ablation-{task}-single", $"{title}, {what} {single}", [.. labelled.Select(run => (run.Label, (IReadOnlyList<StoredProblem>)[.. run.Problems.Where(p => p.Name == single)]))]));
            }

            blocks.Add(new ChartsBlock(title, charts));
            blocks.Add(Draw.Summary($"{title}: figures", labelled, directions));
            double Mean(string suffix) => runs[suffix.Length == 0 ? learned : $"{learned}:{suffix}"].Average(p => p.MeanLoss);
            double sgd = runs["zo-sgd"].Average(p => p.MeanLoss);
            claims.Add(new Claim($"{title}: QueryRNN improves the learned optimizer.", $"mean loss {Draw.Text(Mean(""))} with it, {Draw.Text(Mean("no-query"))} without", Mean("") < Mean("no-query")));
            claims.Add(new Claim($"{title}: UpdateRNN improves on ZO-SGD's step.", $"mean loss {Draw.Text(Mean(""))} with it, {Draw.Text(Mean("no-update"))} without", Mean("") < Mean("no-update")));
            claims.Add(new Claim($"{title}: QueryRNN improves ZO-SGD.", $"mean loss {Draw.Text(Mean("no-update"))} with it, {Draw.Text(sgd)} without", Mean("no-update") < sgd));
            claims.Add(new Claim($"{title}: guided sampling helps less than QueryRNN.", $"mean loss {Draw.Text(Mean("guided-es"))} against {Draw.Text(Mean(""))}", Mean("") <= Mean("guided-es")));
        }
    }

    private static string[] Variants(string learned) => ["zo-sgd", learned, $"{learned}:no-query", $"{learned}:no-update", $"{learned}:guided-es"];

    private static Chart Curves(string id, string title, IEnumerable<(string Label, IReadOnlyList<StoredProblem> Problems)> runs) => new(
        id, title, ChartKind.Line, new ChartAxis("iteration"), new ChartAxis("loss"), [.. runs.Select(run => Draw.LossCurve(run.Label, run.Problems))]);
}
