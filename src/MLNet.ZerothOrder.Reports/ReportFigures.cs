using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace MLNet.ZerothOrder.Reports;

/// <summary>A report's charts as files for papers: SVG and PNG, drawn by the page's own code with Node; plain SVG in a build without npm's packages.</summary>
public static class ReportFigures
{
    private static readonly string[] Files =
        ["d3.min.js", "plot.umd.min.js", "charts.js", "figures.mjs", "linkedom.mjs", "resvg.mjs", "resvg.wasm", "DejaVuSans.ttf"];

    /// <summary>Draws each chart as <c>ID.svg</c> and <c>ID.png</c> with a white background, 640 units wide (1,920 pixels).</summary>
    /// <param name="report">The report.</param>
    /// <param name="folder">The output folder; created if missing.</param>
    /// <param name="node">The Node program.</param>
    /// <returns>The reason why nothing was drawn, in one sentence; null on success.</returns>
    public static string? Write(Report report, string folder, string node = "node")
    {
        ArgumentNullException.ThrowIfNull(report);
        if (!report.Charts.Any())
        {
            return "No figures were drawn: the result has no chart.";
        }

        if (!Report.HasInteractiveCharts)
        {
            WriteStatic(report, folder);
            return "Figures were drawn as plain SVG files only: PNG files and the figures of the page need Node with npm; install them, build again and draw the report again.";
        }

        DirectoryInfo work = Directory.CreateTempSubdirectory("zo-figures-");
        try
        {
            foreach (string file in Files)
            {
                using Stream content = WebFile.Open(file);
                using FileStream copy = File.Create(Path.Combine(work.FullName, file));
                content.CopyTo(copy);
            }

            string charts = Path.Combine(work.FullName, "charts.json");
            File.WriteAllText(charts, ChartJson.Of(report.Charts, report.Colours()), new UTF8Encoding(false));
            Directory.CreateDirectory(folder);
            return Run(node, Path.Combine(work.FullName, "figures.mjs"), charts, Path.GetFullPath(folder));
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    /// <summary>Draws each chart as <c>ID.svg</c> without Node.</summary>
    internal static void WriteStatic(Report report, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (Chart chart in report.Charts)
        {
            File.WriteAllText(Path.Combine(folder, $"{chart.Id}.svg"), StaticChart.Svg(chart, report.Colours(), isDocument: true), new UTF8Encoding(false));
        }
    }

    private static string? Run(string node, params string[] args)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(node, args) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            output.Wait();
            string? said = error.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Contains("Error", StringComparison.Ordinal));
            return process.ExitCode == 0 ? null : $"No figures were drawn: {node} failed ({said ?? $"exit code {process.ExitCode}"}); Node 18 or newer draws them.";
        }
        catch (Win32Exception)
        {
            return $"No figures were drawn: that takes Node, and '{node}' is not on the PATH; install it and draw the report again.";
        }
    }
}
