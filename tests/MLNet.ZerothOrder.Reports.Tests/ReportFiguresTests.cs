using System.Xml.Linq;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

public sealed class ReportFiguresTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [SkippableFact]
    public void EachChartBecomesADrawingAndAPicture()
    {
        SkipWithoutCharts();
        Skip.IfNot(IsOnThePath("node"), "Node is not on the PATH.");
        Report report = ResultReport.Of(SampleRun.Document(20, 30, [Hostile.Markup, "zo-prox"]), _temp.File(""));

        Assert.Null(ReportFigures.Write(report, _temp.File("figures")));

        string[] expected = ["distortion.png", "distortion.svg", "loss.png", "loss.svg", "success.png", "success.svg"];
        Assert.Equal(expected, Directory.GetFiles(_temp.File("figures")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string svg in Directory.GetFiles(_temp.File("figures"), "*.svg"))
        {
            XDocument drawing = XDocument.Load(svg);
            XName path = XName.Get("path", "http://www.w3.org/2000/svg"), rect = XName.Get("rect", path.NamespaceName), text = XName.Get("text", path.NamespaceName);
            Assert.True(drawing.Descendants(path).Count(p => ((string?)p.Attribute("d"))?.Length > 50) + drawing.Descendants(rect).Count() >= 2, svg);
            Assert.Contains(drawing.Descendants(text), t => t.Value == Path.GetFileName(Hostile.Markup) || t.Value.Contains("zo-prox", StringComparison.Ordinal));
            Assert.Empty(drawing.Descendants(XName.Get("script", path.NamespaceName)));
            Assert.DoesNotContain("var(--s", File.ReadAllText(svg), StringComparison.Ordinal);
        }

        PixelBuffer picture = Png.Read(_temp.File("figures/loss.png"));
        Assert.Equal(1920, picture.Width);
        Assert.True(picture.Pixels.Chunk(3).Select(p => (p[0], p[1], p[2])).Distinct().Count() > 20);
    }

    [SkippableFact]
    public void WithoutNodeOneSentenceSaysSo()
    {
        SkipWithoutCharts();
        string? problem = ReportFigures.Write(ResultReport.Of(SampleRun.Document(2, 3), _temp.File("")), _temp.File("figures"), "no-such-node");

        Assert.Contains("'no-such-node' is not on the PATH", problem, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AReportWithoutChartsHasNoFigures()
    {
        SkipWithoutCharts();

        Assert.Contains("no chart", ReportFigures.Write(ResultReport.Of(Results.Document(), _temp.File("")), _temp.File("figures")), StringComparison.Ordinal);
    }

    private static void SkipWithoutCharts() => Skip.IfNot(Report.HasInteractiveCharts, "npm was missing when the reports were built.");

    private static bool IsOnThePath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? $"{program}.exe" : program)));
}
