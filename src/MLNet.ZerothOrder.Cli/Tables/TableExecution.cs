using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Attacks a table and prints the result.</summary>
/// <param name="invocation">The command line.</param>
/// <param name="task">The model and the rows.</param>
internal sealed class TableExecution(AttackInvocation invocation, TableTask task)
{
    private const int MostRows = 20;

    /// <summary>Runs the attack, or resumes the interrupted one.</summary>
    /// <returns>The exit code.</returns>
    public int Execute(AttackOptions options, NamedOptimizer optimizer, OracleOptions around, TimeSpan? checkpointEvery, string folder)
    {
        Session session = invocation.Session;
        Terminal terminal = session.Terminal;
        OnnxTableModel model = task.Model;
        if (invocation.Folder is null)
        {
            terminal.Note($"Taken for granted: {string.Join("; ", Assumptions())}.");
        }

        options = options with { Loss = options.Loss with { Target = task.Target } };
        var run = new TableSession(task.Oracle, task.Data, task.Constraints, options, optimizer)
        {
            Folder = folder,
            Resume = invocation.Folder is not null,
            CheckpointEvery = checkpointEvery,
            Around = around,
            Goal = task.Aim!.Goal,
            GoalText = task.Aim.Text,
            Model = new AttackedModel(model.Path, model.Sha256, string.Join("; ", model.Inputs.Select(input => $"{input.Name}: {input.Type}")), task.Oracle.ScoreLength, ""),
            Command = session.CommandText,
            Arguments = session.Args,
            Time = session.Time,
        };
        TableResult result;
        using (var progress = new ProgressLine(terminal, !invocation.Quiet, options))
        {
            result = run.Run(progress.Update, session.Cancellation);
        }

        if (options.Count is { } wanted && !result.Partial && result.Rows.Count < wanted)
        {
            terminal.Note($"{wanted} rows were asked for, but {result.Table} has only {result.Rows.Count} to attack.");
        }

        TableReport.Write(result, folder);
        if (invocation.Json)
        {
            terminal.Output.WriteLine(result.ToJson());
        }
        else
        {
            Write(result, folder, terminal);
        }

        result.Warnings.ToList().ForEach(terminal.Warn);
        if (!result.Partial)
        {
            return ExitCode.Done;
        }

        terminal.Fail($"Interrupted; partial results are in {folder}; resume with --resume {folder}.");
        return ExitCode.Interrupted;
    }

    private IEnumerable<string> Assumptions()
    {
        yield return $"scores from '{task.Model.Output}'";
        if (task.Data.ClassNames is { } names)
        {
            yield return $"classes {string.Join(", ", names.Take(12))}{(names.Count > 12 ? " and more" : "")}";
        }

        yield return $"a row can be: {string.Join("; ", task.Constraints.ToString().Trim().Split(Environment.NewLine))} (correct it with --constraints)";
    }

    private static void Write(TableResult result, string folder, Terminal terminal)
    {
        TextWriter output = terminal.Output;
        var rows = new TextTable("row", result.Model.Classes > 1 ? "class" : "prediction", "features\nchanged", "cost", "queries");
        foreach (TableOutcome row in result.Rows.Take(MostRows))
        {
            rows.Add(
                $"{row.Row}: {row.Change ?? "not turned"}", row.After is { } after ? $"{row.Before} → {after}" : row.Before, Text(row.Changed), Text(row.Cost, "0.00"), Text(row.Queries));
        }

        rows.WriteTo(output, terminal.OutputWidth);
        if (result.Rows.Count > MostRows)
        {
            output.WriteLine($"… and {result.Rows.Count - MostRows} more in the result file");
        }

        output.WriteLine();
        TableSummary summary = result.Summary;
        var features = new TextTable("feature", "rows it\nchanges in", "of these\nit grew", "change\n(median)", "cost\n(median)");
        foreach (TableFeature feature in result.Features.Where(feature => feature.Changed > 0).OrderByDescending(feature => feature.Changed))
        {
            features.Add(feature.Name, Text(feature.Changed), feature.Categories is null ? Text(feature.Grew) : "–", Text(feature.MedianChange, "0.####"), Text(feature.MedianCost, "0.00"));
        }

        features.WriteTo(output, terminal.OutputWidth);
        output.WriteLine("(A cost of 1 is a change by one spread of a feature, or of a category.)");
        output.WriteLine();
        if (summary.CleanAccuracy is { } accuracy)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The model is right about {accuracy * 100:0.#} % of the rows."));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.Successes} of {summary.Attacked} rows were turned ({result.Goal}): {summary.SuccessRate * 100:0.#} % (95 %: {summary.SuccessRateInterval95.Low * 100:0}–{summary.SuccessRateInterval95.High * 100:0} %)"));
        if (summary.Successes > 0)
        {
            output.WriteLine($"Medians over these: {Text(summary.Changed, "0.#")} changed features, a cost of {Text(summary.Cost, "0.00")}, the first success after {Text(summary.QueriesToFirstSuccess, "N0")} queries");
        }

        if (result.Skipped.Count > 0)
        {
            string[] reasons = [.. result.Skipped.GroupBy(row => row.Reason).OrderByDescending(group => group.Count()).Take(3).Select(group => $"{group.Count()} because {group.Key}")];
            output.WriteLine(Terminal.Printable($"Skipped {result.Skipped.Count} row{(result.Skipped.Count == 1 ? "" : "s")}: {string.Join(", ", reasons)}"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{summary.TotalQueries:N0} queries (and {result.OverheadQueries:N0} for checks) in {result.Timing.Seconds:F1} s, {result.Timing.QueriesPerSecond:N0} a second"));
        output.WriteLine($"Report:  {Path.Combine(folder, "report.html")}");
        output.WriteLine($"Results: {Path.Combine(folder, "result.json")}");
    }

    private static string Text(MedianEstimate? median, string format) => median is not { } found ? "–"
        : found.Value.ToString(format, CultureInfo.InvariantCulture) + (found.Interval95 is { } ends ? string.Create(CultureInfo.InvariantCulture, $" (95 %: {ends.Low.ToString(format, CultureInfo.InvariantCulture)}–{ends.High.ToString(format, CultureInfo.InvariantCulture)})") : "");

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    private static string Text(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? "–";
}
