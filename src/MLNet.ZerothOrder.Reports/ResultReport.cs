using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder;

/// <summary>The report of an attack or a comparison.</summary>
public static class ResultReport
{
    // What a page can hold and still open at once: pictures of small images are about 2 kB.
    private const int MostItems = 200;
    private const long MostPictureBytes = 2_500_000;
    private const int TracePoints = 100;

    /// <summary>Builds the report of a result.</summary>
    /// <param name="document">The result.</param>
    /// <param name="folder">The folder that holds its pictures.</param>
    /// <exception cref="InputException">The result names a picture outside the folder.</exception>
    public static Report Of(ResultDocument document, string folder)
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
            Warning = document.Failure is { } failure ? $"The model failed, so these are partial results: {failure}"
                : document.Partial ? "The run was interrupted: these are partial results."
                : document.Runs.Sum(run => run.Summary.Failed) is > 0 and var failed
                    ? $"The model failed on {Numeral.Of(failed)} of {Numeral.Of(document.Runs.Sum(run => run.Problems.Count))} problems, which are left out of the figures: {document.Runs.SelectMany(run => run.Problems).First(p => p.Failure is not null).Failure}" : null,
        };
    }

    private static string ModelName(ResultDocument document) => Path.GetFileName(document.Model.Path);

    private static string Lead(ResultDocument document, string names)
    {
        int images = document.Runs.Count == 0 ? 0 : document.Runs[0].Problems.Select(p => p.Id).Distinct().Count();
        int trials = document.Runs.Count == 0 ? 1 : document.Runs[0].Problems.Select(p => p.Trial).DefaultIfEmpty().Max() + 1;
        return $"A query-only attack on {images} image{(images == 1 ? "" : "s")} of {document.Dataset}{(trials > 1 ? $", {trials} trials each" : "")}{(document.Runs.Count > 1 ? $": {names}" : "")}.";
    }

    private static List<Card> Cards(ResultDocument document, ResultCurves curves)
    {
        var cards = new List<Card>();
        if (document.Runs.Count == 1)
        {
            RunRecord run = document.Runs[0];
            SummaryRecord summary = run.Summary;
            double[] distortions = curves.Distortions(run);
            cards.Add(new Card("Success rate", Numeral.Percent(summary.SuccessRate), Interval(summary)));
            cards.Add(new Card("Queries to success", Numeral.Of(summary.MedianQueriesToFirstSuccess), Note(summary.Medians?.QueriesToFirstSuccess)));
            cards.Add(new Card($"{curves.Norm} change", Numeral.Of(Quantiles.Of(distortions)?.P50), Note(curves.Median(summary))));
            cards.Add(new Card("Final loss", Numeral.Of(summary.MeanFinalLoss), $"mean, from {Numeral.Of(summary.MeanInitialLoss)}"));
        }
        else if (document.Runs.Count > 1)
        {
            cards.Add(Best("Highest success rate", run => run.Summary.SuccessRate, value => Numeral.Percent(value), highest: true));
            cards.Add(Best("Fewest queries", run => run.Summary.MedianQueriesToFirstSuccess, value => Numeral.Of(value), note: "median to success, "));
            cards.Add(Best($"Smallest {curves.Norm} change", run => Quantiles.Of(curves.Distortions(run))?.P50, value => Numeral.Of(value), note: "median, "));
            cards.Add(Best("Lowest final loss", run => run.Summary.MeanFinalLoss, value => Numeral.Of(value), note: "mean, "));
        }

        cards.Add(new Card("Queries", Numeral.Of(document.Runs.Sum(run => run.Summary.TotalQueries)), $"and {Numeral.Of(document.OverheadQueries)} for checks{Counts(document)}"));
        cards.Add(new Card("Time", Numeral.Seconds(document.Timing.Seconds), $"{Numeral.Of(document.Timing.QueriesPerSecond)} queries a second"));
        return cards;

        Card Best(string label, Func<RunRecord, double?> figure, Func<double, string> text, bool highest = false, string note = "")
        {
            (RunRecord Run, double? Value)[] all = [.. document.Runs.Select(run => (run, figure(run))).Where(pair => pair.Item2 is not null)];
            if (all.Length == 0)
            {
                return new Card(label, Numeral.None);
            }

            double best = highest ? all.Max(pair => pair.Value!.Value) : all.Min(pair => pair.Value!.Value);
            string[] winners = [.. all.Where(pair => pair.Value == best).Select(pair => Path.GetFileName(pair.Run.Optimizer))];
            return new Card(label, text(best), note + (winners.Length <= 2 ? string.Join(", ", winners) : $"{winners.Length} optimizers"));
        }
    }

    private static string Counts(ResultDocument document)
    {
        return string.Concat(
            Counted(document.RetriedQueries, "asked again"), Counted(document.CheckQueries, "asked twice"),
            Counted(document.ResentQueries, "sent again"), Counted(document.CachedQueries, "from memory"));

        static string Counted(long queries, string how) => queries == 0 ? "" : $", {Numeral.Of(queries)} {how}";
    }

    private static string Interval(SummaryRecord summary) => $"95 %: {Interval(summary.SuccessRateInterval95)}";

    private static string Interval(IReadOnlyList<double>? rates) => rates is null ? Numeral.None
        : string.Create(CultureInfo.InvariantCulture, $"{rates[0] * 100:0}–{rates[1] * 100:0} %");

    private static string Interval(MedianRecord? median) => median?.Interval95 is { } ends ? $"{Numeral.Of(ends[0])}–{Numeral.Of(ends[1])}" : Numeral.None;

    private static string Note(MedianRecord? median) => median?.Interval95 is null ? "median over successes" : $"median over successes, 95 %: {Interval(median)}";

    private static List<Fact> Facts(ResultDocument document)
    {
        var facts = new List<Fact>
        {
            new("Classifier", $"{ModelName(document)}, {document.Model.Classes} classes, {document.Model.Output}"),
            new("SHA-256", document.Model.Sha256),
            new("Input", document.Model.Input),
            new("Images", document.Dataset),
        };
        if (document.Runs.Count > 0)
        {
            RunRecord run = document.Runs[0];
            string target = Setting(run, "target") is { Length: > 0 } label ? $"targeted at class {label}" : "untargeted";
            facts.Add(new Fact("Loss", $"{target}, {NormText(Setting(run, "norm"))} with c = {Setting(run, "distortionWeight")}, κ = {Setting(run, "confidence")}"));
            string budget = Setting(run, "budget") is { Length: > 0 } most ? $", at most {most} queries" : "";
            string[] directions = [.. document.Runs.Select(r => Setting(r, "directions")).Distinct()];
            facts.Add(new Fact("Run", $"{Setting(run, "iterations")} iterations of {string.Join(" or ", directions)} directions{budget}, {(Setting(run, "stop") == "success" ? "to the first success" : "no early stop")}"));
        }

        facts.Add(new Fact("Seed", document.Seed.ToString(CultureInfo.InvariantCulture)));
        facts.Add(new Fact("Made by", $"{document.Tool} {document.Version}"));
        return facts;
    }

    private static TableBlock OptimizersTable(ResultDocument document, ResultCurves curves) => new(
        "Optimizers",
        ["optimizer", "success", "95 %", "final loss", "± s.e.", "mean loss", "± s.e.", "queries to success, median", "95 %", "mean", "ℓ1 there, mean", $"{curves.Norm}, median", "95 %", "8-bit files hold", "95 %", "queries"],
        [.. document.Runs.Select(run => (IReadOnlyList<TableCell>)
        [
            new TableCell(run.Optimizer),
            new TableCell(Numeral.Percent(run.Summary.SuccessRate), run.Summary.SuccessRate),
            new TableCell(Interval(run.Summary.SuccessRateInterval95), run.Summary.SuccessRateInterval95[0]),
            Cell(run.Summary.MeanFinalLoss),
            Cell(run.Summary.MeanFinalLossStandardError),
            Cell(run.Summary.MeanLossOverIterations),
            Cell(run.Summary.MeanLossOverIterationsStandardError),
            Cell(run.Summary.MedianQueriesToFirstSuccess),
            Ends(run.Summary.Medians?.QueriesToFirstSuccess),
            Cell(run.Summary.MeanQueriesToFirstSuccess),
            Cell(run.Summary.MeanL1AtFirstSuccess),
            Cell(curves.Median(run.Summary)?.Median),
            Ends(curves.Median(run.Summary)),
            new TableCell(Numeral.Percent(run.Summary.SavedSuccessRate), run.Summary.SavedSuccessRate),
            new TableCell(Interval(run.Summary.SavedSuccessRateInterval95), run.Summary.SavedSuccessRateInterval95?[0] ?? double.NaN),
            new TableCell(Numeral.Of(run.Summary.TotalQueries), run.Summary.TotalQueries),
        ])])
    {
        Note = "Losses are means over images and trials, of the last iterate and of iterates 1..T; s.e. is the standard error over images. Queries and changes are over successes; 8-bit files are scored again. Intervals of rates are Wilson's, of medians the bootstrap's over images.",
    };

    private static TableCell Ends(MedianRecord? median) => new(Interval(median), median?.Interval95?[0] ?? double.NaN);

    private static TableCell Cell(double? value) => new(Numeral.Of(value), value ?? double.NaN);

    private static TableBlock? PairsTable(ResultDocument document)
    {
        TableCell[][] rows = [.. document.Runs.SelectMany(run => (run.Comparison?.Against ?? []).Select(against => new[]
        {
            new TableCell(run.Optimizer),
            new TableCell(against.Optimizer),
            new TableCell(Numeral.Of(against.Images), against.Images),
            Ratio(against.FinalLoss),
            Ratio(against.LossOverIterations),
            Ratio(against.QueriesToFirstSuccess),
            Cell(against.IterationsToItsFinalLoss),
        }))];
        return rows.Length == 0 ? null : new TableBlock(
            "Pair by pair", ["optimizer", "reference", "images", "final loss", "mean loss", "queries to success", "iterations to the reference's final loss"], rows)
        {
            Note = "Ratios of the optimizer's mean to the reference's on the images that both were queried on, below 1 where the optimizer is better, ± their standard error paired by image.",
            Folded = true,
        };
    }

    private static TableCell Ratio(RatioRecord ratio) => new(
        ratio.StandardError is { } error ? $"{Numeral.Of(ratio.Ratio)} ± {Numeral.Of(error)}" : Numeral.Of(ratio.Ratio), ratio.Ratio ?? double.NaN);

    private static TableBlock? SettingsTable(ResultDocument document)
    {
        string[] names = [.. document.Runs.SelectMany(run => run.Settings.Keys).Distinct().Order(StringComparer.Ordinal)];
        return names.Length == 0 ? null : new TableBlock(
            "All settings",
            ["setting", .. document.Runs.Select(run => run.Optimizer)],
            [.. names.Select(name => (IReadOnlyList<TableCell>)[new TableCell(name), .. document.Runs.Select(run => new TableCell(Setting(run, name) is { Length: > 0 } text ? text : Numeral.None))])])
        { Folded = true };
    }

    private static TableBlock? SkippedTable(ResultDocument document) => document.Skipped.Count == 0 ? null : new TableBlock(
        $"Skipped images ({document.Skipped.Count})",
        ["image", "class", "predicted", "reason"],
        [.. document.Skipped.Select(s => (IReadOnlyList<TableCell>)[new TableCell(s.Id), new TableCell($"{s.Label}", s.Label), s.Predicted < 0 ? new TableCell(Numeral.None) : new TableCell($"{s.Predicted}", s.Predicted), new TableCell(s.Reason)])])
    { Folded = true };

    private static GalleryBlock? Gallery(ResultDocument document, ResultCurves curves, StoredImages images)
    {
        int total = document.Runs.Sum(run => run.Problems.Count);
        var items = new List<GalleryItem>();
        long bytes = 0;

        // Image by image rather than run by run, so that a gallery that is cut off still shows each optimizer on the same images.
        IEnumerable<(RunRecord Run, ProblemRecord Problem)> all = Enumerable.Range(0, document.Runs.Select(run => run.Problems.Count).DefaultIfEmpty().Max())
            .SelectMany(i => document.Runs.Where(run => i < run.Problems.Count).Select(run => (run, run.Problems[i])));
        foreach ((RunRecord run, ProblemRecord problem) in all)
        {
            if (items.Count == MostItems || bytes > MostPictureBytes)
            {
                break;
            }

            GalleryItem item = Item(run, problem, curves, images);
            bytes += item.Pictures.Sum(picture => (long)picture.Pixels.Pixels.Length / 3);
            items.Add(item);
        }

        string left = items.Count < total ? $"The first {items.Count} of {Numeral.Of(total)}; the files are in the folder of the run." : "";
        string missing = images.Missing > 0 ? $" {images.Missing} picture{(images.Missing == 1 ? " was" : "s were")} not found beside the result file." : "";
        return items.Count == 0 ? null : new GalleryBlock("Images", items)
        {
            GroupName = "optimizer",
            Note = $"Differences are amplified: red is brighter than the original, blue darker. Open an image for its losses. {left}{missing}".TrimEnd(),
        };
    }

    private static GalleryItem Item(RunRecord run, ProblemRecord problem, ResultCurves curves, StoredImages images)
    {
        bool trials = run.Problems.Any(p => p.Trial > 0);
        double? distortion = curves.Distortion(problem.Distortion);
        string outcome = problem.Failure is not null ? "set aside" : problem.Trace.Count == 0 ? "not reached" : !problem.Success ? "no success" : problem.SavedSuccess == false ? "success, undone by 8 bits" : "success";
        int count = Math.Min(problem.Trace.Count, TracePoints);
        int[] points = [.. Enumerable.Range(0, count).Select(i => count == 1 ? 0 : (int)((long)i * (problem.Trace.Count - 1) / (count - 1)))];
        string group = Path.GetFileName(run.Optimizer);
        return new GalleryItem(trials ? $"{problem.Id}, trial {problem.Trial}" : problem.Id, group, outcome, images.Of(problem),
        [
            new GalleryFact("class", problem.AdversarialLabel is { } label ? $"{problem.Label} → {label}" : $"{problem.Label}", problem.Label),
            new GalleryFact("queries to success", problem.QueriesToFirstSuccess is { } first ? Numeral.Of(first) : Numeral.None, problem.QueriesToFirstSuccess),
            new GalleryFact("queries", Numeral.Of(problem.Queries), problem.Queries),
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

    private static List<Download> Downloads(ResultDocument document, ResultCurves curves)
    {
        var problems = new Csv("optimizer", "image", "label", "trial", "success", "adversarialLabel", "queries", "queriesToFirstSuccess", "initialLoss", "finalLoss", "bestLoss", "l1", "l2", "linf", "firstL1", "savedSuccess", "stopReason");
        foreach (RunRecord run in document.Runs)
        {
            foreach (ProblemRecord p in run.Problems)
            {
                problems.Add(run.Optimizer, p.Id, p.Label, p.Trial, p.Success, p.AdversarialLabel, p.Queries, p.QueriesToFirstSuccess, p.InitialLoss, p.FinalLoss, p.BestLoss, p.Distortion?.L1, p.Distortion?.L2, p.Distortion?.LInf, p.FirstDistortion?.L1, p.SavedSuccess, p.StopReason);
            }
        }

        return
        [
            new Download("problems.csv", "a line for each image, trial and optimizer", problems.ToBytes()),
            new Download("curves.csv", "the charts' points", curves.ToCsv()),
            new Download("result.json", "everything, with each iterate's loss", Encoding.UTF8.GetBytes(document.ToJson() + "\n")),
        ];
    }

    private static string NormText(string norm) => norm switch { "l2" => "ℓ2", "linf" => "ℓ∞", _ => "ℓ1" };

    private static string Setting(RunRecord run, string name) =>
        run.Settings.TryGetValue(name, out object? value) ? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "" : "";
}
