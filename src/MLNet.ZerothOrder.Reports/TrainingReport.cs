using System.Globalization;
using System.Text;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Reports;

/// <summary>The report of a training.</summary>
public static class TrainingReport
{
    /// <summary>Builds the report of a training.</summary>
    public static Report Of(TrainingResult document)
    {
        ArgumentNullException.ThrowIfNull(document);
        string name = Path.GetFileName(document.File);
        TrainingPoint? best = document.Points.Where(p => p.IsBest).LastOrDefault();
        Chart[] charts = [.. document.Points.GroupBy(p => p.Stage).SelectMany(stage => Charts(stage.Key, [.. stage]))];
        return new Report($"Training of {name}",
        [
            new CardsBlock(
            [
                new Card("Validation loss", Numeral.Of(document.ValidationLoss), document.Points.Count > 0 ? $"from {Numeral.Of(document.Points[0].ValidationLoss)}" : null),
                new Card("Final loss", Numeral.Of(best?.FinalLoss), document.Points.Count > 0 ? $"of a validation problem, from {Numeral.Of(document.Points[0].FinalLoss)}" : null),
                new Card("Queries", Numeral.Of(document.Queries), $"and {Numeral.Of(document.ValidationQueries)} of validation"),
                new Card("Supplied gradients", Numeral.Of(document.SuppliedGradients), document.SuppliedGradients == 0 ? "all gradients come from queries" : null),
                new Card("Time", Numeral.Seconds(document.Seconds)),
            ]),
            new FactsBlock([new Fact("Optimizer", name), new Fact("SHA-256", document.Sha256), new Fact("Created by", $"{document.Tool} {document.Version}")]),
            new ChartsBlock("Over the training", charts),
            new TableBlock("Validations", ["stage", "problems", "training loss", "validation loss", "", "final loss", "mean loss", "learning rate", "queries"],
                [.. document.Points.Select(p => (IReadOnlyList<TableCell>)
                [
                    new TableCell(p.Stage),
                    new TableCell(Numeral.Of(p.Done), p.Done),
                    new TableCell(Numeral.Of(p.TrainingLoss), p.TrainingLoss ?? double.NaN),
                    new TableCell(Numeral.Of(p.ValidationLoss), p.ValidationLoss),
                    new TableCell(p.IsBest ? "best" : ""),
                    new TableCell(Numeral.Of(p.FinalLoss), p.FinalLoss),
                    new TableCell(Numeral.Of(p.MeanLoss), p.MeanLoss),
                    new TableCell(Numeral.Of(p.LearningRate), p.LearningRate),
                    new TableCell(Numeral.Of(p.Queries), p.Queries),
                ])])
            { Note = "“best” marks each validation that was the best of its stage so far. The optimizer of the last one was saved." },
            new TableBlock("All settings", ["setting", "value"], [.. document.Options.Select(o => (IReadOnlyList<TableCell>)[new TableCell(o.Key), new TableCell(o.Value)])]) { Folded = true },
            new CommandBlock(document.Command),
            new DownloadsBlock([new Download("validations.csv", "one line per validation", ToCsv(document)), new Download("training.json", "the whole result", Encoding.UTF8.GetBytes(document.ToJson() + "\n"))]),
        ])
        {
            Lead = $"Trained on {document.TrainedOn}.",
            Warnings = document.Partial ? ["The training was interrupted: the optimizer is the best so far."] : [],
        };
    }

    private static IEnumerable<Chart> Charts(string stage, TrainingPoint[] points)
    {
        string id = string.Concat(stage.ToLowerInvariant().Where(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)));
        string of = string.Create(CultureInfo.InvariantCulture, $", stage {stage}");
        double[] done = [.. points.Select(p => (double)p.Done)];
        ChartAxis x = new("problems trained on");
        TrainingPoint[] best = [.. points.Where(p => p.IsBest)];
        ChartRule[] rules = best.Length > 0 ? [new ChartRule(best[^1].Done, "best")] : [];
        yield return new Chart($"objective-{id}", $"Objective{of}", ChartKind.Dots, x, new ChartAxis("objective"),
            [new ChartSeries("validation", done, [.. points.Select(p => p.ValidationLoss)]), new ChartSeries("training", done, [.. points.Select(p => p.TrainingLoss ?? double.NaN)]) { Dashed = true }])
        { Caption = "The objective of the training: on the validation problems, and on the training problems since the previous validation.", Rules = rules };
        yield return new Chart($"loss-{id}", $"Loss{of}", ChartKind.Dots, x, new ChartAxis("loss"),
            [new ChartSeries("last iterate", done, [.. points.Select(p => p.FinalLoss)]), new ChartSeries("mean over iterates", done, [.. points.Select(p => p.MeanLoss)])])
        { Caption = "Means over the validation problems.", Rules = rules };
    }

    private static byte[] ToCsv(TrainingResult document)
    {
        var csv = new Csv("stage", "problems", "trainingLoss", "validationLoss", "isBest", "finalLoss", "meanLoss", "learningRate", "queries");
        foreach (TrainingPoint p in document.Points)
        {
            csv.Add(p.Stage, p.Done, p.TrainingLoss, p.ValidationLoss, p.IsBest, p.FinalLoss, p.MeanLoss, p.LearningRate, p.Queries);
        }

        return csv.ToBytes();
    }
}
