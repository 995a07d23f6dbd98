using System.Xml.Linq;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ReportFiguresTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [SkippableFact]
    public void Each_chart_becomes_a_drawing_and_a_picture()
    {
        SkipWithoutCharts();
        Skip.IfNot(IsOnThePath("node"), "Node is not on the PATH.");
        Report report = ResultReport.Of(SampleRun.Document(20, 30, [Hostile.Markup, "zo-prox"]), _temp.File(""));

        ReportFigures.Write(report, _temp.File("figures")).ShouldBeNull();

        string[] expected = ["distortion.png", "distortion.svg", "loss.png", "loss.svg", "success.png", "success.svg"];
        Directory.GetFiles(_temp.File("figures")).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(expected);
        foreach (string svg in Directory.GetFiles(_temp.File("figures"), "*.svg"))
        {
            XDocument drawing = XDocument.Load(svg);
            XName path = XName.Get("path", "http://www.w3.org/2000/svg"), rect = XName.Get("rect", path.NamespaceName), text = XName.Get("text", path.NamespaceName);
            (drawing.Descendants(path).Count(p => ((string?)p.Attribute("d"))?.Length > 50) + drawing.Descendants(rect).Count() >= 2).ShouldBeTrue(svg);
            drawing.Descendants(text).Any(t => t.Value == Path.GetFileName(Hostile.Markup) || t.Value.Contains("zo-prox", StringComparison.Ordinal)).ShouldBeTrue();
            drawing.Descendants(XName.Get("script", path.NamespaceName)).ShouldBeEmpty();
            File.ReadAllText(svg).ShouldNotContain("var(--s", Case.Sensitive);
        }

        PixelBuffer picture = PictureFile.Read(_temp.File("figures/loss.png"));
        picture.Width.ShouldBe(1920);
        (picture.Pixels.Chunk(3).Select(p => (p[0], p[1], p[2])).Distinct().Count() > 20).ShouldBeTrue();
    }

    [SkippableFact]
    public void Without_node_one_sentence_says_so()
    {
        SkipWithoutCharts();
        string? problem = ReportFigures.Write(ResultReport.Of(SampleRun.Document(2, 3), _temp.File("")), _temp.File("figures"), "no-such-node");

        problem!.ShouldContain("'no-such-node' is not on the PATH", Case.Sensitive);
    }

    [SkippableFact]
    public void A_report_without_charts_has_no_figures()
    {
        SkipWithoutCharts();

        ReportFigures.Write(ResultReport.Of(Results.Document(), _temp.File("")), _temp.File("figures"))!.ShouldContain("no chart", Case.Sensitive);
    }

    private static void SkipWithoutCharts() => Skip.IfNot(Report.HasInteractiveCharts, "npm was missing when the reports were built.");

    private static bool IsOnThePath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? $"{program}.exe" : program)));
}
