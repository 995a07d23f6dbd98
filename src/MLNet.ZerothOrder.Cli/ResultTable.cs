using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The result as text: a table of images for one optimizer, or a table of optimizers.</summary>
internal static class ResultTable
{
    private const int MostRows = 20;
    private const int MostNames = 8;

    public static void Write(AttackResult document, string folder, Terminal terminal)
    {
        TextWriter output = terminal.Output;
        if (document.Runs.Count == 1)
        {
            WriteImages(document.Runs[0], document.Model, terminal);
            output.WriteLine();
        }

        WriteRuns(document, terminal);
        foreach (AttackRun run in document.Runs)
        {
            if (document.RobustAccuracy(run) is { } robust)
            {
                output.WriteLine(Terminal.Printable(string.Create(
                    CultureInfo.InvariantCulture, $"Robust accuracy against {run.Optimizer} ({run.Settings.Threat}): {robust.Rate * 100:0.#} % (95 %: {robust.Interval95.Low * 100:0}–{robust.Interval95.High * 100:0} %), misclassified images included")));
            }
        }

        foreach (string note in BisectionNotes.Of(document).Concat(PriorNotes.Of(document)))
        {
            output.WriteLine(Terminal.Printable(note));
        }

        output.WriteLine();
        WriteIntervals(document, terminal);
        output.WriteLine();
        ComparisonTable.Write(document, terminal);
        if (document.Skipped.Count > 0)
        {
            string names = string.Join(", ", document.Skipped.Take(MostNames).Select(s => s.Name)) + (document.Skipped.Count > MostNames ? ", …" : "");
            string[] all = [.. document.Skipped.Select(s => s.Reason).Distinct()];
            string reasons = string.Join(" or ", all.Take(MostNames)) + (all.Length > MostNames ? " or …" : "");
            output.WriteLine(Terminal.Printable($"Skipped {document.Skipped.Count} image{(document.Skipped.Count == 1 ? "" : "s")} ({reasons}): {names}"));
        }

        ImageResult[] photos = [.. document.Runs.SelectMany(run => run.Images).Where(p => p.PhotoSuccess is not null)];
        if (photos.Length > 0)
        {
            output.WriteLine($"Put back into the pictures at their own size, {photos.Count(p => p.PhotoSuccess == true)} of {photos.Length} changes still fool the model: {Path.Combine(folder, "photos")}");
        }

        ImageResult[] failed = [.. document.Runs.SelectMany(run => run.Images).Where(p => p.Failure is not null)];
        if (failed.Length > 0)
        {
            string names = string.Join(", ", failed.Select(p => p.Name).Distinct().Take(MostNames)) + (failed.Select(p => p.Name).Distinct().Count() > MostNames ? ", …" : "");
            output.WriteLine(Terminal.Printable($"Set aside, in no figure above: {names} ({failed[0].Failure!.Message.TrimEnd('.')})"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{document.Runs.Sum(r => r.Summary.TotalQueries):N0} queries{Flagged(document)} (and {document.OverheadQueries:N0} for checks{Counts(document)}) in {document.Timing.Seconds:F1} s, {document.Timing.QueriesPerSecond:N0} a second{(document.Cost is { } cost ? $", at a cost of {cost:0.######}" : "")}"));
        output.WriteLine($"Report:  {Path.Combine(folder, "report.html")}");
        output.WriteLine($"Results: {Path.Combine(folder, "result.json")}, pictures beside it");
    }

    private static string Flagged(AttackResult document) => document.Runs.Any(run => run.Summary.FlaggedQueries is not null)
        ? string.Create(CultureInfo.InvariantCulture, $", {document.Runs.Sum(run => run.Summary.FlaggedQueries ?? 0):N0} of them flagged") : "";

    private static string Counts(AttackResult document)
    {
        return string.Concat(
            Counted(document.RetriedQueries, "asked again after a failure"), Counted(document.CheckQueries, "asked twice to compare"),
            Counted(document.ResentQueries, "sent again after an interruption"), Counted(document.CachedQueries, "not sent but answered from memory"));

        static string Counted(long queries, string how) => queries == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {queries:N0} {how}");
    }

    private static void WriteImages(AttackRun run, AttackedModel model, Terminal terminal)
    {
        DistortionNorm norm = run.Settings.Norm;
        bool flags = run.Settings.FlaggedCost is not null;
        var table = new TextTable(["image", "class", "loss\nfirst", "loss\nlast", "queries\nin all", .. flags ? ["of these\nflagged"] : Array.Empty<string>(), "queries to\nsuccess", $"{norm.Word()}\nchange", "8-bit\nfile"]);
        foreach (ImageResult problem in run.Images.Take(MostRows))
        {
            table.Add([
                run.Images.Any(p => p.Trial > 0) ? $"{problem.Name} #{problem.Trial}" : problem.Name,
                Terminal.Printable(problem.AdversarialLabel is { } label ? $"{model.NameOf(problem.Label)} → {model.NameOf(label)}" : model.NameOf(problem.Label)),
                Text(problem.InitialLoss),
                Text(problem.FinalLoss),
                Text(problem.Queries),
                .. flags ? [Text(problem.FlaggedQueries ?? 0)] : Array.Empty<string>(),
                problem.QueriesToFirstSuccess is { } first ? Text(first) : "–",
                Text(problem.Distortion?.Of(norm)),
                problem.SavedSuccess switch { true => "holds", false => "undone", _ => "–" }]);
        }

        table.WriteTo(terminal.Output, terminal.OutputWidth);
        if (run.Images.Count > MostRows)
        {
            terminal.Output.WriteLine($"… and {run.Images.Count - MostRows} more in the result file");
        }
    }

    private static void WriteRuns(AttackResult document, Terminal terminal)
    {
        var table = new TextTable("optimizer", "success", "95 %\ninterval", "first\nloss", "last\nloss", "mean\nloss", "queries to\nsuccess", "l1\nthere");
        foreach (AttackRun run in document.Runs)
        {
            AttackStatistics summary = run.Summary;
            table.Add(
                run.Optimizer,
                string.Create(CultureInfo.InvariantCulture, $"{summary.SuccessRate * 100:0.#} %"),
                string.Create(CultureInfo.InvariantCulture, $"{summary.SuccessRateInterval95.Low * 100:0}–{summary.SuccessRateInterval95.High * 100:0} %"),
                Text(summary.MeanInitialLoss),
                Text(summary.MeanFinalLoss),
                Text(summary.MeanLossOverIterations),
                summary.MedianQueriesToFirstSuccess is { } median ? median.ToString("N0", CultureInfo.InvariantCulture) : "–",
                summary.MeanL1AtFirstSuccess is { } l1 ? l1.ToString("0.0", CultureInfo.InvariantCulture) : "–");
        }

        table.WriteTo(terminal.Output, terminal.OutputWidth);
        terminal.Output.WriteLine("(Losses of the first, the last and all iterates are means over images; queries\nto the first success are the median over successes, its l1 change their mean.)");
    }

    private static void WriteIntervals(AttackResult document, Terminal terminal)
    {
        DistortionNorm norm = document.Norm;
        var table = new TextTable("optimizer", "8-bit\nfiles", "95 %\ninterval", "queries\n(median)", "95 %\ninterval", $"{norm.Word()} change\n(median)", "95 %\ninterval");
        foreach (AttackRun run in document.Runs)
        {
            AttackStatistics summary = run.Summary;
            MedianEstimate? queries = summary.Medians?.QueriesToFirstSuccess;
            MedianEstimate? change = summary.Medians?.Of(norm);
            table.Add(
                run.Optimizer,
                string.Create(CultureInfo.InvariantCulture, $"{summary.SavedSuccessRate * 100:0.#} %"),
                summary.SavedSuccessRateInterval95 is { } rates ? string.Create(CultureInfo.InvariantCulture, $"{rates.Low * 100:0}–{rates.High * 100:0} %") : "–",
                queries?.Value.ToString("N0", CultureInfo.InvariantCulture) ?? "–",
                Interval(queries, "N0"),
                change?.Value.ToString("0.0##", CultureInfo.InvariantCulture) ?? "–",
                Interval(change, "0.0##"));
        }

        table.WriteTo(terminal.Output, terminal.OutputWidth);
        terminal.Output.WriteLine("(8-bit files are scored again; queries are to the first success, changes of the\nbest one; intervals of medians are over images.)");
    }

    private static string Interval(MedianEstimate? median, string format) => median?.Interval95 is { } ends
        ? $"{ends.Low.ToString(format, CultureInfo.InvariantCulture)}–{ends.High.ToString(format, CultureInfo.InvariantCulture)}" : "–";

    private static string Text(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
