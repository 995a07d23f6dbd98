using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNet.ZerothOrder.Tests;

public sealed class ReportTests : IDisposable
{
    private static readonly Chart Small = new("a", "A", ChartKind.Line, new ChartAxis("x"), new ChartAxis("y"), [new ChartSeries("s", [1, 2], [3, 4])]);

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void NoTextIsEverMarkup()
    {
        foreach (string name in Hostile.Names)
        {
            string html = OwnPart(Everything(name).ToHtml());

            Assert.DoesNotContain("hit()</script>", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<img src=x", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<svg", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<!--", html, StringComparison.Ordinal);
            Assert.DoesNotContain("display:none}", Regex.Match(html, "<style>.*?</style>", RegexOptions.Singleline).Value, StringComparison.Ordinal);
            Assert.DoesNotMatch("<[^>]*['\" ]on[a-z]+=[^>]*>", Regex.Replace(html, "=\"[^\"]*\"", ""));
        }
    }

    [Fact]
    public void TheChartsJsonHoldsNamesAsTheyAre()
    {
        foreach (string name in Hostile.Names)
        {
            JsonElement charts = ChartsOf(Everything(name).ToHtml());
            Assert.Equal(name, charts[0].GetProperty("title").GetString());
            Assert.Equal(name, charts[0].GetProperty("series")[0].GetProperty("name").GetString());
        }
    }

    [Fact]
    public void OnlyTheScriptsThatWereHashedMayRunAndNothingMayBeFetched()
    {
        string html = Everything("x").ToHtml();
        string policy = Regex.Match(html, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        string[] scripts = [.. Regex.Matches(html, "<script>(.*?)</script>", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];

        Assert.StartsWith("default-src 'none'; img-src data:;", policy, StringComparison.Ordinal);
        Assert.NotEmpty(scripts);
        Assert.All(scripts, script => Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'", policy, StringComparison.Ordinal));
        Assert.DoesNotMatch("<(script|img|link|iframe)[^>]+(src|href)=\"(?!data:)", html);
    }

    [SkippableFact]
    public void TheLicencesOfWhatDrawsTravelAlong()
    {
        Skip.IfNot(Report.HasInteractiveCharts, "npm was missing when the reports were built.");
        string html = Everything("x").ToHtml();

        Assert.Matches(@"@observablehq/plot 0\.6\.17", html);
        Assert.Matches(@"\bd3 7\.9\.0", html);
        Assert.Contains("Permission to use, copy, modify", html, StringComparison.Ordinal);
    }

    [Fact]
    public void DownloadsComeOutAsTheyWentIn()
    {
        byte[] content = Encoding.UTF8.GetBytes("a,b\n1,é\n");
        string html = new Report("t", [new DownloadsBlock([new Download("x.csv", "d", content)])]).ToHtml();
        using var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(Regex.Match(html, "id=\"file-0\">([^<]*)<").Groups[1].Value)), CompressionMode.Decompress);
        using var got = new MemoryStream();
        packed.CopyTo(got);

        Assert.Equal(content, got.ToArray());
    }

    [Fact]
    public void AFileThatIsTooLargeForThePageIsLinkedInstead()
    {
        string html = new Report("t", [new DownloadsBlock([new Download("x.bin", "d", RandomNumberGenerator.GetBytes(2_000_000))])]).ToHtml();

        Assert.Contains("href=\"x.bin\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"file-0\"", html, StringComparison.Ordinal);
        Assert.Contains("beside this page", html, StringComparison.Ordinal);
    }

    [Fact]
    public void AChartTakesListsOfOneLengthAndAnIdThatNamesAFile()
    {
        foreach (string id in new[] { "", "A", "a/b", "../a", "a b" })
        {
            Assert.Throws<ArgumentException>(() => new Chart(id, "t", ChartKind.Line, Small.X, Small.Y, []));
        }

        Assert.Throws<ArgumentException>(() => Of(ChartKind.Line, new ChartSeries("s", [1, 2], [1])));
        Assert.Throws<ArgumentException>(() => Of(ChartKind.Line, new ChartSeries("s", [1], [1]) { Low = [1] }));
        Assert.Throws<ArgumentException>(() => Of(ChartKind.Line, new ChartSeries("s", [1], [1]) { Low = [1], High = [1, 2] }));
        Assert.Throws<ArgumentException>(() => Of(ChartKind.Bars, new ChartSeries("s", [1], [1])));
        Of(ChartKind.Bars, new ChartSeries("s", [1, 2], [1]));
    }

    [Fact]
    public void LongSeriesAreThinnedOutToBothEndsAndWhatIsNoNumberIsNull()
    {
        double[] x = [.. Enumerable.Range(0, 10_000).Select(i => (double)i)];
        double[] y = [.. x.Select(v => v == 0 ? double.NaN : v / 3)];
        JsonElement series = ChartsOf(new Report("t", [new ChartsBlock("c", [Of(ChartKind.Line, new ChartSeries("s", x, y))])]).ToHtml())[0].GetProperty("series")[0];

        Assert.Equal(600, series.GetProperty("x").GetArrayLength());
        Assert.Equal(0, series.GetProperty("x")[0].GetDouble());
        Assert.Equal(9999, series.GetProperty("x")[599].GetDouble());
        Assert.Equal(JsonValueKind.Null, series.GetProperty("y")[0].ValueKind);
        Assert.Equal(3333, series.GetProperty("y")[599].GetDouble());
    }

    [Fact]
    public void ANameHasItsColourInEveryChart()
    {
        Chart first = Of(ChartKind.Line, new ChartSeries("a", [1], [1]), new ChartSeries("b", [1], [1]));
        Chart second = Of(ChartKind.Line, new ChartSeries("c", [1], [1]), new ChartSeries("b", [1], [1]));
        JsonElement charts = ChartsOf(new Report("t", [new ChartsBlock("c", [first, second])]).ToHtml());

        Assert.Equal([0, 1], charts[0].GetProperty("series").EnumerateArray().Select(s => s.GetProperty("colour").GetInt32()));
        Assert.Equal([2, 1], charts[1].GetProperty("series").EnumerateArray().Select(s => s.GetProperty("colour").GetInt32()));
    }

    [Fact]
    public void AHundredImagesOfFourOptimizersFitIntoFiveMegabytes()
    {
        // Noise, which no PNG makes smaller.
        Data.Png.Write(_temp.File("noise.png"), new Data.PixelBuffer(28, 28, 1, RandomNumberGenerator.GetBytes(28 * 28)));
        AttackResult document = SampleRun.Document(100, 200, ["zo-sgd", "zo-adam", "zo-prox", "mine.onnx"]);
        document = document with
        {
            Runs = [.. document.Runs.Select(run => run with { Images = [.. run.Images.Select(p => p with { OriginalFile = "noise.png", LastFile = "noise.png" })] })],
        };

        Assert.InRange(Encoding.UTF8.GetByteCount(ResultReport.Of(document, _temp.File("")).ToHtml()), 100_000, 5_000_000);
    }

    [Fact]
    public void TheGalleryShowsEachOptimizerOnTheSameImagesAndSaysWhatItLeavesOut()
    {
        GalleryBlock gallery = ResultReport.Of(SampleRun.Document(150, 3), _temp.File("")).Blocks.OfType<GalleryBlock>().Single();

        Assert.Equal(200, gallery.Items.Count);
        Assert.Equal(["0", "0", "1", "1"], gallery.Items.Take(4).Select(item => item.Title));
        Assert.Equal(100, gallery.Items.Count(item => item.Group == "zo-prox"));
        Assert.Contains("The first 200 of 300", gallery.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void CurvesAreMeansWithStandardDeviationsOverQueriesAndEarlyEndsCountOn()
    {
        ImageResult early = Results.Success("a") with { Trace = [4, 2] };
        ImageResult late = Results.Success("b", 1) with { Trace = [2, 2, 0] };
        Chart loss = ResultReport.Of(Results.Document(early, late), _temp.File("")).Charts.First();
        ChartSeries series = loss.Series.Single();

        Assert.Equal([1, 22, 43], series.X);
        Assert.Equal([3, 2, 1], series.Y);
        Assert.Equal([3 - Math.Sqrt(2), 2, 1 - Math.Sqrt(2)], series.Low!, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([3 + Math.Sqrt(2), 2, 1 + Math.Sqrt(2)], series.High!, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void SuccessesAreCountedUpToTheirQueries()
    {
        ImageResult[] problems = [Results.Success("a") with { QueriesToFirstSuccess = 22 }, Results.Success("b", 1) with { QueriesToFirstSuccess = 43 }, Results.Failure("c") with { Index = 2 }, Results.Unasked("d") with { Index = 3 }];
        ChartSeries series = ResultReport.Of(Results.Document(problems), _temp.File("")).Charts.Single(c => c.Id == "success").Series.Single();

        Assert.Equal([1, 22, 43], series.X);
        Assert.Equal([0, 100 / 3.0, 200 / 3.0], series.Y, (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void TheHistogramCountsEverySuccessOnce()
    {
        Chart chart = ResultReport.Of(SampleRun.Document(40, 3), _temp.File("")).Charts.Single(c => c.Id == "distortion");

        Assert.Equal([32, 40], chart.Series.Select(s => s.Y.Sum()));
        Assert.All(chart.Series, s => Assert.Equal(s.X.Count, s.Y.Count + 1));
        Assert.Equal(chart.Series[0].X, chart.Series[1].X);
    }

    [Fact]
    public void ARunOfNothingIsAReportToo()
    {
        foreach (AttackResult document in new[] { Results.Document(), Results.Document(Results.Unasked("a")), Results.Document() with { Runs = [] } })
        {
            Report report = ResultReport.Of(document with { Partial = true }, _temp.File(""));
            Assert.Empty(report.Charts);
            Assert.Contains("interrupted", report.Warnings.Single(), StringComparison.Ordinal);
            Assert.Contains("</html>", report.ToHtml(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ATrainingIsDrawnStageByStage()
    {
        Report report = TrainingReport.Of(SampleRun.Training());

        Assert.Equal(["objective-update", "loss-update", "objective-query", "loss-query"], report.Charts.Select(c => c.Id));
        Assert.Equal(20, report.Charts.First().Rules.Single().X);
        Assert.Contains("zo train --out mine.onnx", report.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void SpreadsheetsGetNoFormulas()
    {
        var csv = new Csv("a", "b");
        csv.Add("=1+1", "x,\"y\"\n");
        csv.Add("-5", -2.5);
        csv.Add(double.NaN, null);

        Assert.Equal("a,b\n'=1+1,\"x,\"\"y\"\"\n\"\n-5,-2.5\n,\n", Encoding.UTF8.GetString(csv.ToBytes()));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(4201, "4,201")]
    [InlineData(1234.5, "1,234")]
    [InlineData(84.5, "84.5")]
    [InlineData(1.234, "1.23")]
    [InlineData(-0.1234, "-0.123")]
    [InlineData(0.01234, "0.0123")]
    [InlineData(0.00012, "1.2e-4")]
    [InlineData(double.NaN, "–")]
    public void NumbersHaveAboutThreeDigits(double value, string text) => Assert.Equal(text, Numeral.Of(value));

    private static Chart Of(ChartKind kind, params ChartSeries[] series) => new("a", "A", kind, Small.X, Small.Y, series);

    private static JsonElement ChartsOf(string html) => JsonDocument.Parse(Regex.Match(html, "id=\"charts\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value).RootElement;

    // Without what npm gave, which may contain anything.
    private static string OwnPart(string html) => Regex.Replace(Regex.Replace(html, "<script>.*?</script>", "", RegexOptions.Singleline), "<!-- The charts .*?-->", "", RegexOptions.Singleline);

    /// <summary>Every block, with one text wherever a text can be.</summary>
    private static Report Everything(string text)
    {
        var axis = new ChartAxis(text);
        var series = new ChartSeries(text, [1, 2], [3, 4]) { Low = [1, 2], High = [5, 6] };
        var chart = new Chart("a", text, ChartKind.Line, axis, axis, [series]) { Caption = text, Rules = [new ChartRule(1, text)] };
        var picture = new Picture(text, new Data.PixelBuffer(2, 2, 1));
        return new Report(text,
        [
            new CardsBlock([new Card(text, text, text)]),
            new FactsBlock([new Fact(text, text)]),
            new ChartsBlock(text, [chart]),
            new TableBlock(text, [text], [[new TableCell(text, 1)]]) { Note = text },
            new TableBlock(text, [text], [[new TableCell(text)]]) { Folded = true },
            new GalleryBlock(text, [new GalleryItem(text, text, text, [picture], [new GalleryFact(text, text, 1)]) { Trace = chart }, new GalleryItem("b", "b", "b", [], [])]) { Note = text, GroupName = text },
            new CommandBlock(text),
            new DownloadsBlock([new Download(text, text, [1])]),
        ])
        {
            Lead = text,
            Warnings = [text, text],
        };
    }
}
