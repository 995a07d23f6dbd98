using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Figures 4a–c and 7: the contributions of UpdateRNN and QueryRNN, on all three tasks.</summary>
internal static class AblationExperiment
{
    public static Findings Run(ExperimentContext context)
    {
        var blocks = new List<ReportBlock>();
        var claims = new List<Claim>();
        var all = new List<OptimizerRun>();
        var on = new List<string>();
        Attack(context.Mnist(), 0);
        try
        {
            Attack(context.Cifar10(), 1);
        }
        catch (InputException e) when (context.Options.Data is null)
        {
            on.Add($"no CIFAR-10 ({e.Message.TrimEnd('.')})");
        }

        Binary();
        return new Findings { On = string.Join("; ", on), Claims = claims, Traces = Figures.Traces(all), Blocks = blocks };

        void Attack(AttackTask task, int place)
        {
            int trials = context.Trials(place);
            ImageSet images = task.FirstCorrect(context.Images(place));
            IReadOnlyList<OptimizerRun> runs = task.Attack([.. Variants(task.LearnedWithQuery), .. context.With], images, trials);
            string size = context.Size("image", images.Count, trials);
            on.Add($"{task.On}; {size}");
            string image = images.ImageName(0);
            Add(
                task.Title, task.LearnedWithQuery, runs, Figures.Summary($"{task.Title}: figures", runs, "images", task.Directions),
                Figures.Losses($"ablation-{task.Name}", $"{task.Title}, mean of {size}", runs),
                Figures.Losses($"ablation-{task.Name}-single", $"{task.Title}, image {image}", runs.Select(run => run.ForImage(image))));
        }

        void Binary()
        {
            const string Title = "Binary classification";
            var task = new BinaryTask(context);
            int trials = context.Trials(2);
            OptimizerRun[] runs = [.. Variants(BinaryTask.Learned).Where(Exists).Select(optimizer => task.Run("binary", optimizer, trials))];
            on.Add(task.On);
            Add(
                Title, BinaryTask.Learned, runs, Figures.Summary($"{Title}: figures", runs, "data sets"),
                Figures.Losses("ablation-binary", $"{Title}, mean of {context.Size("data set", task.Datasets, trials)}", runs));
        }

        void Add(string title, string learned, IReadOnlyList<OptimizerRun> runs, TableBlock summary, params Chart[] charts)
        {
            all.AddRange(runs);
            blocks.AddRange([new ChartsBlock(title, charts), summary]);
            double Mean(string optimizer) => runs.First(run => run.Optimizer == optimizer).MeanLoss;
            if (!Variants(learned).All(Exists))
            {
                claims.Add(new Claim($"{title}: QueryRNN improves the learned optimizer.", $"not measured: {learned} was learned without QueryRNN", null));
                claims.Add(new Claim($"{title}: UpdateRNN improves on ZO-SGD's step.", $"mean loss {Numeral.Of(Mean(learned))} with it, {Numeral.Of(Mean("zo-sgd"))} of ZO-SGD", Mean(learned) < Mean("zo-sgd")));
                return;
            }

            double[] means = [.. Variants(learned).Select(Mean)];
            (double sgd, double full, double noQuery, double noUpdate, double guided) = (means[0], means[1], means[2], means[3], means[4]);
            void Claim(string text, double with, string between, double without, bool holds, string end = "") =>
                claims.Add(new Claim($"{title}: {text}", $"mean loss {Numeral.Of(with)} {between} {Numeral.Of(without)}{end}", holds));
            Claim("QueryRNN improves the learned optimizer.", full, "with it,", noQuery, full < noQuery, " without");
            Claim("UpdateRNN improves on ZO-SGD's step.", full, "with it,", noUpdate, full < noUpdate, " without");
            Claim("QueryRNN improves ZO-SGD.", noUpdate, "with it,", sgd, noUpdate < sgd, " without");
            Claim("guided sampling helps less than QueryRNN.", guided, "against", full, full <= guided);
        }
    }

    // An optimizer that was trained without QueryRNN has neither of the variants :no-query and :no-update.
    private static bool Exists(string optimizer) =>
        optimizer.Split(':') is not [var learned, OptimizerName.NoQuery or OptimizerName.NoUpdate]
        || OptimizerFile.Describe(BundledOptimizers.Read(learned), learned).Model.Query is not null;

    private static string[] Variants(string learned) => ["zo-sgd", learned, $"{learned}:no-query", $"{learned}:no-update", $"{learned}:guided-es"];
}
