using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo report</c>.</summary>
internal static class ReportCommand
{
    private const string TrainingEnding = ".training.json";

    public static Command Create(Session session)
    {
        var command = new Command("report", "Creates the report of a run again from its result file, and figures for a paper.");
        var result = new Argument<string>("RESULT")
        {
            Description = "The result.json of an attack or a comparison, the audit.json of an audit, its folder, or the F.training.json of a training. Pictures are read from its folder.",
        };
        var output = new Option<string>("--out")
        {
            Description = "The page, or a folder for report.html (default: beside the result file).",
            HelpName = "F.html|DIR",
        };
        Option<bool> figures = Figures();
        command.Arguments.Add(result);
        command.Add([output, figures]);
        command.SetAction(parsed => Execute(parsed.GetRequiredValue(result), parsed.GetValue(output), parsed.GetValue(figures), session.Terminal));
        return command;
    }

    /// <summary>The option that asks for figure files.</summary>
    public static Option<bool> Figures() => new("--figures") { Description = "Also draw the report's charts as SVG and PNG files in a folder 'figures'; needs Node." };

    /// <summary>Draws a report's charts into a folder, or notes why there are none.</summary>
    public static void Draw(Report report, string folder, Terminal terminal)
    {
        if (ReportFigures.Write(report, folder) is { } problem)
        {
            terminal.Note(problem);
        }
    }

    private static int Execute(string result, string? output, bool figures, Terminal terminal)
    {
        string audit = AuditSession.ResultFile(result);
        string file = File.Exists(audit) ? audit : Directory.Exists(result) ? Path.Combine(result, "result.json") : result;
        Report report = StoredResult.ToReport(file);
        string stem = file.EndsWith(TrainingEnding, StringComparison.Ordinal) ? file[..^TrainingEnding.Length] : "";
        string usual = stem.Length > 0 ? $"{stem}.report.html" : Path.Combine(Path.GetDirectoryName(file)!, "report.html");
        string page = output is null ? usual
            : Directory.Exists(output) || Path.EndsInDirectorySeparator(output) ? Path.Combine(output, Path.GetFileName(usual))
            : output;
        if (!page.EndsWith(".html", StringComparison.OrdinalIgnoreCase) && !page.EndsWith(".htm", StringComparison.OrdinalIgnoreCase))
        {
            throw new InputException($"--out {output} is neither an existing folder nor a page; name a file that ends in .html, or a folder that ends in '/'.");
        }

        if (Directory.Exists(page))
        {
            throw new InputException($"The report would be written to {page}, which is a folder; name another file with --out.");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(page))!;
        ResultFolder.EnsureWritable(folder);
        AtomicFile.Write(page, report.WriteTo);
        terminal.Output.WriteLine($"Report: {page}");
        if (figures)
        {
            Draw(report, stem.Length > 0 ? Path.Combine(folder, $"{Path.GetFileName(stem)}.figures") : Path.Combine(folder, "figures"), terminal);
        }

        return ExitCode.Done;
    }
}
