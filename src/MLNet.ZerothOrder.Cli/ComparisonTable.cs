using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Several runs as text: each compared with the best of the others, and the distribution over images.</summary>
internal static class ComparisonTable
{
    /// <summary>Writes the tables; nothing for a single run.</summary>
    public static void Write(AttackResult document, Terminal terminal)
    {
        if (document.Runs.Any(r => r.Comparison is not null))
        {
            WriteRatios(document, terminal);
            WriteOverImages(document, terminal, "The last loss", s => (s.MeanFinalLoss, s.MeanFinalLossStandardError, s.FinalLossOverImages));
            WriteOverImages(
                document, terminal, "The mean loss over iterations", s => (s.MeanLossOverIterations, s.MeanLossOverIterationsStandardError, s.LossOverIterationsOverImages));
        }
    }

    private static void WriteRatios(AttackResult document, Terminal terminal)
    {
        int[] images = [.. document.Runs.SelectMany(r => r.Comparison?.Against ?? []).Select(a => a.Images).DefaultIfEmpty(0)];
        string pairs = images.Min() == images.Max() ? $"{images[0]} image{(images[0] == 1 ? "" : "s")}" : $"{images.Min()} to {images.Max()} images";
        terminal.Output.WriteLine($"Ratios to the best reference ± standard errors, paired on {pairs}:");
        terminal.Output.WriteLine();
        var table = new TextTable("optimizer", "last\nloss", "mean\nloss", "queries to\nsuccess", "iterations to its\nlast loss");
        foreach (AttackRun run in document.Runs)
        {
            RunComparison? comparison = run.Comparison;
            table.Add(
                run.Optimizer,
                Text(comparison?.With(comparison.BestInFinalLoss).FinalLoss),
                Text(comparison?.With(comparison.BestInLossOverIterations).LossOverIterations),
                Text(comparison?.With(comparison.BestInQueriesToFirstSuccess).QueriesToFirstSuccess),
                comparison?.With(comparison.BestInFinalLoss).IterationsToReferencesFinalLoss?.ToString("N0", CultureInfo.InvariantCulture) ?? "–");
        }

        table.WriteTo(terminal.Output, terminal.OutputWidth);
        WriteReference(document, terminal, "last loss", c => c.BestInFinalLoss);
        WriteReference(document, terminal, "mean loss", c => c.BestInLossOverIterations);
        WriteReference(document, terminal, "queries", c => c.BestInQueriesToFirstSuccess);
        terminal.Output.WriteLine("(Queries to success are means here; without success all queries count.)");
        terminal.Output.WriteLine();
    }

    // The best of all other references; the best one itself is compared with the second best.
    private static void WriteReference(AttackResult document, Terminal terminal, string figure, Func<RunComparison, string> best)
    {
        IEnumerable<string> references = document.Runs.Where(r => r.Comparison is not null).GroupBy(r => best(r.Comparison!)).OrderByDescending(g => g.Count())
            .Select((group, i) => i == 0 ? group.Key : $"{string.Join(", ", group.Select(r => r.Optimizer))} against {group.Key}");
        terminal.Output.WriteLine($"  {figure}: against {string.Join("; ", references)}");
    }

    private static void WriteOverImages(
        AttackResult document, Terminal terminal, string figure, Func<AttackStatistics, (double Mean, double StandardError, Quantiles? Quantiles)> of)
    {
        terminal.Output.WriteLine($"{figure} over images: mean, standard error, quantiles");
        terminal.Output.WriteLine();
        var table = new TextTable("optimizer", "mean", "least", "5 %", "25 %", "50 %", "75 %", "95 %", "most");
        foreach (AttackRun run in document.Runs)
        {
            (double mean, double error, Quantiles? q) = of(run.Summary);
            table.Add(
                [run.Optimizer, Text(mean, error), .. new[] { q?.Min, q?.P5, q?.P25, q?.P50, q?.P75, q?.P95, q?.Max }.Select(x => x?.ToString("0.00", CultureInfo.InvariantCulture) ?? "–")]);
        }

        table.WriteTo(terminal.Output, terminal.OutputWidth);
        terminal.Output.WriteLine();
    }

    private static string Text(PairedRatio? ratio) => ratio is { } pair ? Text(pair.Ratio, pair.StandardError) : "–";

    private static string Text(double value, double error) => !double.IsFinite(value) ? "–" : !double.IsFinite(error) ? Text(value) : $"{Text(value)} ± {Text(error)}";

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
