using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder.Reports;

/// <summary>The report of an attack or a comparison.</summary>
public static class ResultReport
{
    // A page with more items opens slowly: pictures of small images take about 2 kB each.
    private const int MostItems = 200;
    private const long MostPictureBytes = 2_500_000;
    private const int TracePoints = 100;

    // The text of more would take more memory than the run itself, to be left out of the page in the end.
    private const int MostEmbedded = 5000;

    /// <summary>Builds the report of a result.</summary>
    /// <param name="document">The result.</param>
    /// <param name="folder">The folder of the pictures.</param>
    /// <exception cref="InputException">The result names a picture outside the folder.</exception>
    public static Report Of(AttackResult document, string folder)
    {
        ArgumentNullException.ThrowIfNull(document);
        var curves = new ResultCurves(document);
        string names = string.Join(", ", document.Runs.Select(run => Path.GetFileName(run.Optimizer)));
        IEnumerable<ReportBlock?> blocks =
        [
            new CardsBlock(Cards(document, curves)),
            new FactsBlock(Facts(document)),
            curves.Charts.Count > 0 ? new ChartsBlock("Over queries", curves.Charts) : null,
            document.Runs.Count > 0 ? OptimizersTable(document, curves) : null,
            PairsTable(document),
            Gallery(document, curves, new StoredImages(folder)),
            SettingsTable(document),
            SkippedTable(document),
            new CommandBlock(document.Command),
            new DownloadsBlock(Downloads(document, curves)),
        ];
        return new Report(document.Runs.Count == 1 ? $"{names} against {ModelName(document)}" : $"{document.Runs.Count} optimizers against {ModelName(document)}", [.. blocks.OfType<ReportBlock>()])
        {
            Lead = Lead(document, names),
            Warnings = [.. Interruption(document) is { } interruption ? new[] { interruption } : [], .. document.Warnings],
        };
    }

    /// <summary>Writes the report of a result to <c>report.html</c> in its folder, and returns it.</summary>
    public static Report Write(AttackResult result, string folder)
    {
        Report report = Of(result, folder);
        AtomicFile.Write(Path.Combine(folder, "report.html"), report.WriteTo);
        return report;
    }

    private static string? Interruption(AttackResult document) =>
        document.Failure is { } failure ? $"The model failed, so these are partial results: {failure.Message}"
        : document.Partial ? "The run was interrupted: these are partial results."
        : document.Runs.Sum(run => run.Summary.Failed) is > 0 and var failed
            ? $"The model failed on {Numeral.Of(failed)} of {Numeral.Of(document.Runs.Sum(run => run.Images.Count))} problems, which are excluded from the figures: {document.Runs.SelectMany(run => run.Images).First(p => p.Failure is not null).Failure!.Message}" : null;

    private static string ModelName(AttackResult document) => Path.GetFileName(document.Model.Path);

    private static string Lead(AttackResult document, string names)
    {
        int images = document.Runs.Count == 0 ? 0 : document.Runs[0].Images.Select(p => p.Name).Distinct().Count();
        int trials = document.Runs.Count == 0 ? 1 : document.Runs[0].Images.Select(p => p.Trial).DefaultIfEmpty().Max() + 1;
        return $"A query-only attack on {images} image{(images == 1 ? "" : "s")} of {document.Dataset}{(trials > 1 ? $", {trials} trials each" : "")}{(document.Runs.Count > 1 ? $": {names}" : "")}.";
    }

    private static List<Card> Cards(AttackResult document, ResultCurves curves)
    {
        var cards = new List<Card>();
        if (document.Runs.Count == 1)
        {
            AttackRun run = document.Runs[0];
            AttackStatistics summary = run.Summary;
            double[] distortions = curves.Distortions(run);
            if (document.RobustAccuracy(run) is { } robust)
            {
                cards.Add(new Card("Robust accuracy", Numeral.Percent(robust.Rate), $"{run.Settings.Threat}, 95 %: {Interval(robust.Interval95)}"));
            }

            cards.Add(new Card("Success rate", Numeral.Percent(summary.SuccessRate), Interval(summary)));
            cards.Add(new Card("Queries to success", Numeral.Of(summary.MedianQueriesToFirstSuccess), Note(summary.Medians?.QueriesToFirstSuccess)));
            cards.Add(new Card($"{curves.Norm} change", Numeral.Of(Quantiles.Of(distortions)?.P50), Note(curves.Median(summary))));
            cards.Add(new Card("Final loss", Numeral.Of(summary.MeanFinalLoss), $"mean, from {Numeral.Of(summary.MeanInitialLoss)}"));
        }
        else if (document.Runs.Count > 1)
        {
            if (document.Runs.Any(run => document.RobustAccuracy(run) is not null))
            {
                cards.Add(Best("Lowest robust accuracy", run => document.RobustAccuracy(run)?.Rate, value => Numeral.Percent(value), note: $"{document.Runs[0].Settings.Threat}, "));
            }

            cards.Add(Best("Highest success rate", run => run.Summary.SuccessRate, value => Numeral.Percent(value), highest: true));
            cards.Add(Best("Fewest queries", run => run.Summary.MedianQueriesToFirstSuccess, value => Numeral.Of(value), note: "median to success, "));
            cards.Add(Best($"Smallest {curves.Norm} change", run => Quantiles.Of(curves.Distortions(run))?.P50, value => Numeral.Of(value), note: "median, "));
            cards.Add(Best("Lowest final loss", run => run.Summary.MeanFinalLoss, value => Numeral.Of(value), note: "mean, "));
        }

        cards.Add(new Card("Queries", Numeral.Of(document.Runs.Sum(run => run.Summary.TotalQueries)), $"and {Numeral.Of(document.OverheadQueries)} for checks{Counts(document)}"));
        cards.Add(new Card("Time", Numeral.Seconds(document.Timing.Seconds), $"{Numeral.Of(document.Timing.QueriesPerSecond)} queries per second"));
        return cards;

        Card Best(string label, Func<AttackRun, double?> figure, Func<double, string> text, bool highest = false, string note = "")
        {
            (AttackRun Run, double? Value)[] all = [.. document.Runs.Select(run => (run, figure(run))).Where(pair => pair.Item2 is not null)];
            if (all.Length == 0)
            {
                return new Card(label, Numeral.None);
            }

            double best = highest ? all.Max(pair => pair.Value!.Value) : all.Min(pair => pair.Value!.Value);
            string[] winners = [.. all.Where(pair => pair.Value == best).Select(pair => Path.GetFileName(pair.Run.Optimizer))];
            return new Card(label, text(best), note + (winners.Length <= 2 ? string.Join(", ", winners) : $"{winners.Length} optimizers"));
        }
    }

    private static string Counts(AttackResult document)
    {
        return string.Concat(
            Counted(document.RetriedQueries, "retried"), Counted(document.CheckQueries, "repeated as checks"),
            Counted(document.ResentQueries, "sent again after an interruption"), Counted(document.CachedQueries, "answered from memory"));

        static string Counted(long queries, string how) => queries == 0 ? "" : $", {Numeral.Of(queries)} {how}";
    }

    private static string Interval(AttackStatistics summary) => $"95 %: {Interval(summary.SuccessRateInterval95)}";

    private static string Interval(Interval? rates) => rates is not { } ends ? Numeral.None
        : string.Create(CultureInfo.InvariantCulture, $"{ends.Low * 100:0}–{ends.High * 100:0} %");

    private static string Ends(Interval? interval) => interval is { } ends ? $"{Numeral.Of(ends.Low)}–{Numeral.Of(ends.High)}" : Numeral.None;

    private static string Note(MedianEstimate? median) => median?.Interval95 is { } interval ? $"median over successes, 95 %: {Ends(interval)}" : "median over successes";

    private static List<Fact> Facts(AttackResult document)
    {
        List<Fact> facts =
        [
            new("Classifier", $"{ModelName(document)}, {document.Model.Classes} classes, {document.Model.Output}"),
            .. document.Model.Sha256.Length > 0 ? [new Fact("SHA-256", document.Model.Sha256)] : Array.Empty<Fact>(),
            new("Input", document.Model.Input),
            new("Images", document.Fit is null ? document.Dataset : $"{document.Dataset}; {document.Fit}"),
        ];
        ImageResult[] photos = [.. document.Runs.SelectMany(run => run.Images).Where(p => p.PhotoSuccess is not null)];
        if (photos.Length > 0)
        {
            facts.Add(new Fact("Pictures", $"{photos.Count(p => p.PhotoSuccess == true)} of {photos.Length} changes fool the model also when they are put back into the pictures at their own size"));
        }

        if (document.Runs.Count > 0)
        {
            RunSettings run = document.Runs[0].Settings;
            string target = run.Target is { } label ? $"targeted at class {document.Model.NameOf(label)}" : run.TargetChoice is { } choice ? $"targeted at a {(choice == TargetChoice.LeastLikely.Word() ? "class for each image, the least likely one" : "random other class for each image")}" : "untargeted";
            facts.Add(new Fact("Loss", !run.IsMinimalDistortion ? $"{target}, {run.Threat}"
                : string.Create(CultureInfo.InvariantCulture, $"{target}, {run.Norm.Symbol()} with c = {run.DistortionWeight}{(run.BisectionRounds is { } rounds ? $" at first (bisection in {rounds} rounds)" : "")}, κ = {run.Confidence}")));
            string budget = run.Budget is { } most ? string.Create(CultureInfo.InvariantCulture, $", at most {most} queries") : "";
            IEnumerable<int> directions = document.Runs.Select(r => r.Settings.Directions).Distinct();
            facts.Add(new Fact("Run", $"{(run.Kind == "method" ? "a method" : $"{run.Iterations} iterations of {string.Join(" or ", directions)} directions")}{budget}, {(run.Stop == "success" ? "to the first success" : "no early stop")}"));
        }

        facts.AddRange(BisectionNotes.Of(document).Select(note => new Fact("Weight c", note)));
        facts.AddRange(PriorNotes.Of(document).Select(note => new Fact("Prior", note)));
        facts.AddRange(document.Cost is { } cost ? [CostFact(cost)] : Array.Empty<Fact>());
        facts.Add(new Fact("Seed", document.Seed.ToString(CultureInfo.InvariantCulture)));
        facts.Add(new Fact("Created by", $"{document.Tool} {document.Version}"));
        return facts;
    }

    /// <summary>What a service charged for a run.</summary>
    internal static Fact CostFact(decimal cost) => new("Cost", string.Create(CultureInfo.InvariantCulture, $"{cost:0.######}, for all rows that were sent, at the price that was given"));

    private static TableBlock OptimizersTable(AttackResult document, ResultCurves curves) => new(
        "Optimizers",
        ["optimizer", "success", "95 %", "final loss", "± s.e.", "mean loss", "± s.e.", "queries to success, median", "95 %", "mean", "ℓ1 there, mean", $"{curves.Norm}, median", "95 %", "8-bit files hold", "95 %", "queries", .. document.Runs.Any(CountsFlagged) ? ["flagged"] : Array.Empty<string>()],
        [.. document.Runs.Select(run => (IReadOnlyList<TableCell>)
        [
            new TableCell(run.Optimizer),
            new TableCell(Numeral.Percent(run.Summary.SuccessRate), run.Summary.SuccessRate),
            new TableCell(Interval(run.Summary.SuccessRateInterval95), run.Summary.SuccessRateInterval95.Low),
            Cell(run.Summary.MeanFinalLoss),
            Cell(run.Summary.MeanFinalLossStandardError),
            Cell(run.Summary.MeanLossOverIterations),
            Cell(run.Summary.MeanLossOverIterationsStandardError),
            Cell(run.Summary.MedianQueriesToFirstSuccess),
            Ends(run.Summary.Medians?.QueriesToFirstSuccess),
            Cell(run.Summary.MeanQueriesToFirstSuccess),
            Cell(run.Summary.MeanL1AtFirstSuccess),
            Cell(curves.Median(run.Summary)?.Value),
            Ends(curves.Median(run.Summary)),
            new TableCell(Numeral.Percent(run.Summary.SavedSuccessRate), run.Summary.SavedSuccessRate),
            new TableCell(Interval(run.Summary.SavedSuccessRateInterval95), run.Summary.SavedSuccessRateInterval95?.Low ?? double.NaN),
            new TableCell(Numeral.Of(run.Summary.TotalQueries), run.Summary.TotalQueries),
            .. document.Runs.Any(CountsFlagged) ? [new TableCell(Numeral.Of(run.Summary.FlaggedQueries ?? 0), run.Summary.FlaggedQueries ?? 0)] : Array.Empty<TableCell>(),
        ])])
    {
        Note = "Losses are means over images and trials, of the last iterate and of iterates 1..T; s.e. is the standard error over images. Queries and changes are over successes; 8-bit files are scored again. Rates have Wilson intervals, medians have bootstrap intervals over images.",
    };

    private static bool CountsFlagged(AttackRun run) => run.Summary.FlaggedQueries is not null;

    private static TableCell Ends(MedianEstimate? median) => new(Ends(median?.Interval95), median?.Interval95?.Low ?? double.NaN);

    private static TableCell Cell(double? value) => new(Numeral.Of(value), value ?? double.NaN);

    private static TableBlock? PairsTable(AttackResult document)
    {
        TableCell[][] rows = [.. document.Runs.SelectMany(run => (run.Comparison?.Against ?? []).Select(against => new[]
        {
            new TableCell(run.Optimizer),
            new TableCell(against.Reference),
            new TableCell(Numeral.Of(against.Images), against.Images),
            Ratio(against.FinalLoss),
            Ratio(against.LossOverIterations),
            Ratio(against.QueriesToFirstSuccess),
            Cell(against.IterationsToReferencesFinalLoss),
        }))];
        return rows.Length == 0 ? null : new TableBlock(
            "Pair by pair", ["optimizer", "reference", "images", "final loss", "mean loss", "queries to success", "iterations to the reference's final loss"], rows)
        {
            Note = "The ratio of the optimizer's mean to the reference's mean on the images that both attacked, ± its standard error paired by image. Below 1, the optimizer is better.",
            Folded = true,
        };
    }

    private static TableCell Ratio(PairedRatio ratio) => new(
        double.IsFinite(ratio.StandardError) ? $"{Numeral.Of(ratio.Ratio)} ± {Numeral.Of(ratio.StandardError)}" : Numeral.Of(ratio.Ratio), ratio.Ratio);

    private static TableBlock? SettingsTable(AttackResult document)
    {
        Dictionary<string, string>[] settings = [.. document.Runs.Select(run => run.Settings.ToText().ToDictionary(s => s.Name, s => s.Text))];
        string[] names = [.. settings.SelectMany(run => run.Keys).Distinct().Order(StringComparer.Ordinal)];
        return names.Length == 0 ? null : new TableBlock(
            "All settings",
            ["setting", .. document.Runs.Select(run => run.Optimizer)],
            [.. names.Select(name => (IReadOnlyList<TableCell>)[new TableCell(name), .. settings.Select(run => new TableCell(run.GetValueOrDefault(name, "") is { Length: > 0 } text ? text : Numeral.None))])])
        { Folded = true };
    }

    private static TableBlock? SkippedTable(AttackResult document) => document.Skipped.Count == 0 ? null : new TableBlock(
        $"Skipped images ({document.Skipped.Count})",
        ["image", "class", "predicted", "reason"],
        [.. document.Skipped.Select(s => (IReadOnlyList<TableCell>)[new TableCell(s.Name), new TableCell(document.Model.NameOf(s.Label), s.Label), s.Predicted < 0 ? new TableCell(Numeral.None) : new TableCell(document.Model.NameOf(s.Predicted), s.Predicted), new TableCell(s.Reason)])])
    { Folded = true };

    private static GalleryBlock? Gallery(AttackResult document, ResultCurves curves, StoredImages images)
    {
        int total = document.Runs.Sum(run => run.Images.Count);
        var items = new List<GalleryItem>();
        long bytes = 0;

        // Ordered by image and not by run, so that a truncated gallery shows all optimizers on the same images.
        IEnumerable<(AttackRun Run, ImageResult Problem)> all = Enumerable.Range(0, document.Runs.Select(run => run.Images.Count).DefaultIfEmpty().Max())
            .SelectMany(i => document.Runs.Where(run => i < run.Images.Count).Select(run => (run, run.Images[i])));
        foreach ((AttackRun run, ImageResult problem) in all)
        {
            if (items.Count == MostItems || bytes > MostPictureBytes)
            {
                break;
            }

            GalleryItem item = Item(document.Model, run, problem, curves, images);
            bytes += item.Pictures.Sum(picture => (long)picture.Pixels.Pixels.Length / 3);
            items.Add(item);
        }

        string left = items.Count < total ? $"The first {items.Count} of {Numeral.Of(total)}; the files are in the folder of the run." : "";
        string missing = images.Missing > 0 ? $" {images.Missing} picture{(images.Missing == 1 ? " was" : "s were")} not found beside the result file." : "";
        return items.Count == 0 ? null : new GalleryBlock("Images", items)
        {
            GroupName = "optimizer",
            Note = $"Differences are amplified: red is brighter than the original, blue is darker. Open an image to see its losses. {left}{missing}".TrimEnd(),
        };
    }

    private static GalleryItem Item(AttackedModel model, AttackRun run, ImageResult problem, ResultCurves curves, StoredImages images)
    {
        bool trials = run.Images.Any(p => p.Trial > 0);
        double? distortion = curves.Change(problem.Distortion);
        string outcome = problem.Failure is not null ? "set aside" : problem.Trace.Count == 0 ? "not reached" : !problem.Success ? "no success" : problem.SavedSuccess == false ? "success, undone by 8 bits" : "success";
        int count = Math.Min(problem.Trace.Count, TracePoints);
        int[] points = [.. Enumerable.Range(0, count).Select(i => count == 1 ? 0 : (int)((long)i * (problem.Trace.Count - 1) / (count - 1)))];
        string group = Path.GetFileName(run.Optimizer);
        return new GalleryItem(trials ? $"{problem.Name}, trial {problem.Trial}" : problem.Name, group, outcome, images.Of(problem),
        [
            new GalleryFact("class", problem.AdversarialLabel is { } label ? $"{model.NameOf(problem.Label)} → {model.NameOf(label)}" : model.NameOf(problem.Label), problem.Label),
            new GalleryFact("queries to success", problem.QueriesToFirstSuccess is { } first ? Numeral.Of(first) : Numeral.None, problem.QueriesToFirstSuccess),
            new GalleryFact("queries", Numeral.Of(problem.Queries), problem.Queries),
            .. problem.FlaggedQueries is { } flagged ? [new GalleryFact("flagged", Numeral.Of(flagged), flagged)] : Array.Empty<GalleryFact>(),
            new GalleryFact(curves.Norm, Numeral.Of(distortion), distortion),
            new GalleryFact("final loss", Numeral.Of(problem.FinalLoss), problem.FinalLoss),
        ])
        {
            IsGood = problem.Success,
            Trace = count == 0 ? null : new Chart(
                "trace", "Loss", ChartKind.Line, new ChartAxis(curves.Axis, Logarithmic: true), new ChartAxis("loss"),
                [new ChartSeries(group, [.. points.Select(t => curves.QueriesAt(run, t))], [.. points.Select(t => problem.Trace[t])])])
            {
                Rules = problem.QueriesToFirstSuccess is { } success && curves.CountsQueries ? [new ChartRule(success, "first success")] : [],
            },
        };
    }

    private static List<Download> Downloads(AttackResult document, ResultCurves curves)
    {
        var problems = new Csv("optimizer", "image", "label", "trial", "success", "adversarialLabel", "queries", "queriesToFirstSuccess", "initialLoss", "finalLoss", "bestLoss", "l1", "l2", "linf", "firstL1", "savedSuccess", "stopReason");
        foreach (AttackRun run in document.Runs)
        {
            foreach (ImageResult p in run.Images)
            {
                problems.Add(run.Optimizer, p.Name, p.Label, p.Trial, p.Success, p.AdversarialLabel, p.Queries, p.QueriesToFirstSuccess, p.InitialLoss, p.FinalLoss, p.BestLoss, p.Distortion?.L1, p.Distortion?.L2, p.Distortion?.LInfinity, p.FirstDistortion?.L1, p.SavedSuccess, p.StopReason);
            }
        }

        return
        [
            new Download("problems.csv", "one line per image, trial and optimizer", problems.ToBytes()),
            new Download("curves.csv", "the points of the charts", curves.ToCsv()),
            new Download("result.json", "the whole result, with the loss of each iterate", document.Runs.Sum(run => run.Images.Count) > MostEmbedded ? null : Encoding.UTF8.GetBytes(document.ToJson() + "\n")),
        ];
    }
}
