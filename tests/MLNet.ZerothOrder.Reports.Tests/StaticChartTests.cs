using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Charts of a build without npm's packages.</summary>
public sealed class StaticChartTests
{
    private static readonly IReadOnlyDictionary<string, int> Colours = new Dictionary<string, int> { ["s"] = 0, ["t"] = 1 };

    [Theory]
    [InlineData(ChartKind.Line, false)]
    [InlineData(ChartKind.Line, true)]
    [InlineData(ChartKind.Step, false)]
    [InlineData(ChartKind.Step, true)]
    [InlineData(ChartKind.Dots, false)]
    [InlineData(ChartKind.Dots, true)]
    [InlineData(ChartKind.Bars, false)]
    public void Every_kind_is_drawn_as_well_formed_svg_with_its_labels(ChartKind kind, bool logarithmic)
    {
        string svg = StaticChart.Svg(Two(kind, logarithmic), Colours);

        IEnumerable<string> texts = XElement.Parse(svg).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value.Trim());
        texts.ShouldContain("the x");
        texts.ShouldContain("the y");
        texts.ShouldContain("s");
        texts.ShouldContain("t");
    }

    [Fact]
    public void Points_are_drawn_in_proportion()
    {
        string svg = StaticChart.Svg(new Chart("a", "A", ChartKind.Line, new ChartAxis("x"), new ChartAxis("y"), [new ChartSeries("s", [0, 1, 4], [10, 20, 0])]), Colours);

        double[][] points = [.. Polyline(svg, "stroke:rgb(0,100,168)").Split(' ').Select(point => point.Split(',').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray())];
        points.Length.ShouldBe(3);
        ((points[1][0] - points[0][0]) / (points[2][0] - points[0][0])).ShouldBe(0.25, 0.001);
        ((points[1][1] - points[0][1]) / (points[2][1] - points[0][1])).ShouldBe(-1, 0.001);
    }

    [Fact]
    public void Values_that_are_not_finite_and_what_a_logarithm_cannot_show_are_omitted()
    {
        var series = new ChartSeries("s", [0, 1, 2, 3, 4], [1, double.NaN, -1, double.PositiveInfinity, 10]);
        string svg = StaticChart.Svg(new Chart("a", "A", ChartKind.Line, new ChartAxis("x"), new ChartAxis("y", Logarithmic: true), [series]), Colours);

        Polyline(svg, "stroke:rgb(0,100,168)").Split(' ').Length.ShouldBe(2);
    }

    [Theory]
    [InlineData(ChartKind.Line)]
    [InlineData(ChartKind.Bars)]
    public void A_chart_without_points_is_an_empty_frame(ChartKind kind)
    {
        var empty = new ChartSeries("s", kind == ChartKind.Bars ? [0] : [], []);

        XElement.Parse(StaticChart.Svg(new Chart("a", "A", kind, new ChartAxis("x"), new ChartAxis("y"), [empty]), Colours)).Name.LocalName.ShouldBe("svg");
        XElement.Parse(StaticChart.Svg(new Chart("a", "A", kind, new ChartAxis("x"), new ChartAxis("y"), []), Colours)).Name.LocalName.ShouldBe("svg");
    }

    [Fact]
    public void Names_from_files_are_text()
    {
        foreach (string name in Hostile.Names)
        {
            var chart = new Chart("a", name, ChartKind.Line, new ChartAxis(name), new ChartAxis(name), [new ChartSeries(name, [1, 2], [3, 4])]) { Rules = [new ChartRule(1, name)] };

            XElement svg = XElement.Parse(StaticChart.Svg(chart, new Dictionary<string, int>()));

            svg.Descendants().Select(e => e.Name.LocalName).Distinct().ShouldBeSubsetOf(["g", "defs", "clipPath", "rect", "line", "polyline", "polygon", "path", "ellipse", "text", "image"]);
        }
    }

    [Fact]
    public void A_page_without_npm_shows_its_charts_and_how_to_get_interactive_ones()
    {
        string html = ResultReport.Of(SampleRun.Document(12, 2), Path.GetTempPath()).ToHtml(isInteractive: false);

        Regex.Count(html, "<div class=\"plot\"><svg").ShouldBe(Regex.Count(html, "<figure class=\"chart\""));
        html.ShouldContain("Install Node with npm");
    }

    [Fact]
    public void Figures_without_node_are_svg_files()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            Report report = ResultReport.Of(SampleRun.Document(12, 2), folder.FullName);

            ReportFigures.WriteStatic(report, folder.FullName);

            folder.GetFiles().Select(file => file.Name).ShouldBe(report.Charts.Select(chart => $"{chart.Id}.svg"), ignoreOrder: true);
            folder.GetFiles().ShouldAllBe(file => XDocument.Load(file.FullName).Root!.Name.LocalName == "svg");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Chart Two(ChartKind kind, bool logarithmic)
    {
        double[] x = kind == ChartKind.Bars ? [1, 2, 3, 4] : [1, 2, 3];
        return new Chart("a", "A", kind, new ChartAxis("the x"), new ChartAxis("the y", logarithmic && kind != ChartKind.Bars),
            [new ChartSeries("s", x, [1, 5, 2]) { Low = kind == ChartKind.Bars ? null : [0.5, 4, 1], High = kind == ChartKind.Bars ? null : [2, 6, 3] }, new ChartSeries("t", x, [2, 1, 3]) { Dashed = true }])
        {
            Rules = [new ChartRule(2, "here")],
        };
    }

    private static string Polyline(string svg, string style) =>
        XElement.Parse(svg).Descendants().First(e => e.Name.LocalName == "polyline" && ((string?)e.Attribute("style"))!.Contains(style, StringComparison.Ordinal)).Attribute("points")!.Value.Trim();
}
