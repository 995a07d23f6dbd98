using System.Globalization;
using Spectre.Console;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The result on a terminal: one table of images for one optimizer, one table of optimizers for several.</summary>
internal static class ResultTable
{
    private const int MostRows = 20;

    public static void Print(ResultDocument document, ResultFolder folder)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (console.Profile.Width < 100 && Console.IsOutputRedirected)
        {
            console.Profile.Width = 120;
        }

        if (document.Runs.Count == 1)
        {
            PrintImages(console, document.Runs[0]);
        }

        PrintRuns(console, document);
        if (document.Skipped.Count > 0)
        {
            string names = string.Join(", ", document.Skipped.Take(8).Select(s => s.Id)) + (document.Skipped.Count > 8 ? ", …" : "");
            console.WriteLine($"Skipped {document.Skipped.Count} image{(document.Skipped.Count == 1 ? "" : "s")} ({string.Join(" and ", document.Skipped.Select(s => s.Reason).Distinct())}): {names}");
        }

        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{document.Runs.Sum(r => r.Summary.TotalQueries):N0} queries (and {document.OverheadQueries:N0} for checks) in {document.Timing.Seconds:F1} s, {document.Timing.QueriesPerSecond:N0} a second."));
        console.WriteLine($"Results: {folder.ResultFile}");
    }

    private static void PrintImages(IAnsiConsole console, RunRecord run)
    {
        var table = new Table().Border(TableBorder.Rounded);
        string norm = (string)run.Settings["norm"]!;
        foreach (string column in new[] { "image", "class", "becomes", "loss", "queries", "to first success", norm, "as 8 bit" })
        {
            table.AddColumn(column, c => c.RightAligned());
        }

        foreach (ProblemRecord problem in run.Problems.Take(MostRows))
        {
            DistortionRecord? distortion = problem.Distortion;
            table.AddRow(
                Markup.Escape(problem.Trial == 0 ? problem.Id : $"{problem.Id} #{problem.Trial}"),
                Text(problem.Label),
                problem.AdversarialLabel is { } label ? Text(label) : "–",
                $"{Text(problem.InitialLoss)} → {Text(problem.FinalLoss)}",
                Text(problem.Queries),
                problem.QueriesToFirstSuccess is { } first ? Text(first) : "–",
                distortion is null ? "–" : Text(norm == "l1" ? distortion.L1 : norm == "l2" ? distortion.L2 : distortion.LInf),
                problem.SavedSuccess switch { true => "holds", false => "undone", _ => "–" });
        }

        console.Write(table);
        if (run.Problems.Count > MostRows)
        {
            console.WriteLine($"… and {run.Problems.Count - MostRows} more in the result file.");
        }
    }

    private static void PrintRuns(IAnsiConsole console, ResultDocument document)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in new[] { "optimizer", "success", "95 % interval", "first loss", "final loss", "mean loss", "queries to first success (median)" })
        {
            table.AddColumn(column, c => c.RightAligned());
        }

        foreach (RunRecord run in document.Runs)
        {
            SummaryRecord summary = run.Summary;
            table.AddRow(
                Markup.Escape(run.Optimizer),
                string.Create(CultureInfo.InvariantCulture, $"{summary.SuccessRate * 100:0.#} %"),
                string.Create(CultureInfo.InvariantCulture, $"{summary.SuccessRateInterval95[0] * 100:0.#}–{summary.SuccessRateInterval95[1] * 100:0.#} %"),
                Text(summary.MeanInitialLoss),
                Text(summary.MeanFinalLoss),
                Text(summary.MeanLossOverIterations),
                summary.MedianQueriesToFirstSuccess is { } median ? median.ToString("N0", CultureInfo.InvariantCulture) : "–");
        }

        console.Write(table);
    }

    private static string Text(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
