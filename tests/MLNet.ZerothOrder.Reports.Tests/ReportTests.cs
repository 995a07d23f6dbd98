using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ReportTests : IDisposable
{
    private static readonly Chart Small = new("a", "A", ChartKind.Line, new ChartAxis("x"), new ChartAxis("y"), [new ChartSeries("s", [1, 2], [3, 4])]);

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void No_text_is_ever_markup()
    {
        foreach (string name in Hostile.Names)
        {
            string html = OwnPart(Everything(name).ToHtml());

            html.ShouldNotContain("hit()</script>", Case.Sensitive);
            html.ShouldNotContain("<img src=x", Case.Sensitive);
            html.ShouldNotContain("<svg", Case.Sensitive);
            html.ShouldNotContain("<!--", Case.Sensitive);
            Regex.Match(html, "<style>.*?</style>", RegexOptions.Singleline).Value.ShouldNotContain("display:none}", Case.Sensitive);
            Regex.Replace(html, "=\"[^\"]*\"", "").ShouldNotMatch("<[^>]*['\" ]on[a-z]+=[^>]*>");
        }
    }

    [Fact]
    public void The_charts_JSON_holds_names_as_they_are()
    {
        foreach (string name in Hostile.Names)
        {
            JsonElement charts = ChartsOf(Everything(name).ToHtml());
            charts[0].GetProperty("title").GetString().ShouldBe(name);
            charts[0].GetProperty("series")[0].GetProperty("name").GetString().ShouldBe(name);
        }
    }

    [Fact]
    public void Only_the_scripts_that_were_hashed_may_run_and_nothing_may_be_fetched()
    {
        string html = Everything("x").ToHtml();
        string policy = Regex.Match(html, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        string[] scripts = [.. Regex.Matches(html, "<script>(.*?)</script>", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];

        policy.ShouldStartWith("default-src 'none'; img-src data:;", Case.Sensitive);
        scripts.ShouldNotBeEmpty();
        foreach (var script in scripts)
        {
            policy.ShouldContain($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'", Case.Sensitive);
        }
        html.ShouldNotMatch("<(script|img|link|iframe)[^>]+(src|href)=\"(?!data:)");
    }

    [SkippableFact]
    public void The_licences_of_what_draws_travel_along()
    {
        Skip.IfNot(Report.HasInteractiveCharts, "npm was missing when the reports were built.");
        string html = Everything("x").ToHtml();

        html.ShouldMatch(@"@observablehq/plot 0\.6\.17");
        html.ShouldMatch(@"\bd3 7\.9\.0");
        html.ShouldContain("Permission to use, copy, modify", Case.Sensitive);
    }

    [Fact]
    public void Downloads_come_out_as_they_went_in()
    {
        byte[] content = Encoding.UTF8.GetBytes("a,b\n1,é\n");
        string html = new Report("t", [new DownloadsBlock([new Download("x.csv", "d", content)])]).ToHtml();
        using var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(Regex.Match(html, "id=\"file-0\">([^<]*)<").Groups[1].Value)), CompressionMode.Decompress);
        using var got = new MemoryStream();
        packed.CopyTo(got);

        got.ToArray().ShouldBe(content);
    }

    [Fact]
    public void A_file_that_is_too_large_for_the_page_is_linked_instead()
    {
        string html = new Report("t", [new DownloadsBlock([new Download("x.bin", "d", RandomNumberGenerator.GetBytes(2_000_000))])]).ToHtml();

        html.ShouldContain("href=\"x.bin\"", Case.Sensitive);
        html.ShouldNotContain("id=\"file-0\"", Case.Sensitive);
        html.ShouldContain("beside this page", Case.Sensitive);
    }

    [Fact]
    public void A_chart_takes_lists_of_one_length_and_an_id_that_names_a_file()
    {
        foreach (string id in new[] { "", "A", "a/b", "../a", "a b" })
        {
            Should.Throw<ArgumentException>(() => new Chart(id, "t", ChartKind.Line, Small.X, Small.Y, []));
        }

        Should.Throw<ArgumentException>(() => Of(ChartKind.Line, new ChartSeries("s", [1, 2], [1])));
        Should.Throw<ArgumentException>(() => Of(ChartKind.Line, new ChartSeries("s", [1], [1]) { Low = [1] }));
        Should.Throw<ArgumentException>(() => Of(ChartKind.Line, new ChartSeries("s", [1], [1]) { Low = [1], High = [1, 2] }));
        Should.Throw<ArgumentException>(() => Of(ChartKind.Bars, new ChartSeries("s", [1], [1])));
        Of(ChartKind.Bars, new ChartSeries("s", [1, 2], [1]));
    }

    [Fact]
    public void Long_series_are_thinned_out_to_both_ends_and_what_is_no_number_is_null()
    {
        double[] x = [.. Enumerable.Range(0, 10_000).Select(i => (double)i)];
        double[] y = [.. x.Select(v => v == 0 ? double.NaN : v / 3)];
        JsonElement series = ChartsOf(new Report("t", [new ChartsBlock("c", [Of(ChartKind.Line, new ChartSeries("s", x, y))])]).ToHtml())[0].GetProperty("series")[0];

        series.GetProperty("x").GetArrayLength().ShouldBe(600);
        series.GetProperty("x")[0].GetDouble().ShouldBe(0);
        series.GetProperty("x")[599].GetDouble().ShouldBe(9999);
        series.GetProperty("y")[0].ValueKind.ShouldBe(JsonValueKind.Null);
        series.GetProperty("y")[599].GetDouble().ShouldBe(3333);
    }

    [Fact]
    public void A_name_has_its_colour_in_every_chart()
    {
        Chart first = Of(ChartKind.Line, new ChartSeries("a", [1], [1]), new ChartSeries("b", [1], [1]));
        Chart second = Of(ChartKind.Line, new ChartSeries("c", [1], [1]), new ChartSeries("b", [1], [1]));
        JsonElement charts = ChartsOf(new Report("t", [new ChartsBlock("c", [first, second])]).ToHtml());

        charts[0].GetProperty("series").EnumerateArray().Select(s => s.GetProperty("colour").GetInt32()).ShouldBe([0, 1]);
        charts[1].GetProperty("series").EnumerateArray().Select(s => s.GetProperty("colour").GetInt32()).ShouldBe([2, 1]);
    }

    [Fact]
    public void A_hundred_images_of_four_optimizers_fit_into_five_megabytes()
    {
        // Noise, which no PNG makes smaller.
        Data.Png.Write(_temp.File("noise.png"), new Data.PixelBuffer(28, 28, 1, RandomNumberGenerator.GetBytes(28 * 28)));
        AttackResult document = SampleRun.Document(100, 200, ["zo-sgd", "zo-adam", "zo-prox", "mine.onnx"]);
        document = document with
        {
            Runs = [.. document.Runs.Select(run => run with { Images = [.. run.Images.Select(p => p with { OriginalFile = "noise.png", LastFile = "noise.png" })] })],
        };

        Encoding.UTF8.GetByteCount(ResultReport.Of(document, _temp.File("")).ToHtml()).ShouldBeInRange(100_000, 5_000_000);
    }

    [Fact]
    public void The_gallery_shows_each_optimizer_on_the_same_images_and_says_what_it_leaves_out()
    {
        GalleryBlock gallery = ResultReport.Of(SampleRun.Document(150, 3), _temp.File("")).Blocks.OfType<GalleryBlock>().Single();

        gallery.Items.Count.ShouldBe(200);
        gallery.Items.Take(4).Select(item => item.Title).ShouldBe(["0", "0", "1", "1"]);
        gallery.Items.Count(item => item.Group == "zo-prox").ShouldBe(100);
        gallery.Note!.ShouldContain("The first 200 of 300", Case.Sensitive);
    }

    [Fact]
    public void Curves_are_means_with_standard_deviations_over_queries_and_early_ends_count_on()
    {
        ImageResult early = Results.Success("a") with { Trace = [4, 2] };
        ImageResult late = Results.Success("b", 1) with { Trace = [2, 2, 0] };
        Chart loss = ResultReport.Of(Results.Document(early, late), _temp.File("")).Charts.First();
        ChartSeries series = loss.Series.Single();

        series.X.ShouldBe([1, 22, 43]);
        series.Y.ShouldBe([3, 2, 1]);
        Assert.Equal([3 - Math.Sqrt(2), 2, 1 - Math.Sqrt(2)], series.Low!, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([3 + Math.Sqrt(2), 2, 1 + Math.Sqrt(2)], series.High!, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Successes_are_counted_up_to_their_queries()
    {
        ImageResult[] problems = [Results.Success("a") with { QueriesToFirstSuccess = 22 }, Results.Success("b", 1) with { QueriesToFirstSuccess = 43 }, Results.Failure("c") with { Index = 2 }, Results.Unasked("d") with { Index = 3 }];
        ChartSeries series = ResultReport.Of(Results.Document(problems), _temp.File("")).Charts.Single(c => c.Id == "success").Series.Single();

        series.X.ShouldBe([1, 22, 43]);
        Assert.Equal([0, 100 / 3.0, 200 / 3.0], series.Y, (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void The_histogram_counts_every_success_once()
    {
        Chart chart = ResultReport.Of(SampleRun.Document(40, 3), _temp.File("")).Charts.Single(c => c.Id == "distortion");

        chart.Series.Select(s => s.Y.Sum()).ShouldBe([32, 40]);
        foreach (var s in chart.Series)
        {
            (s.Y.Count + 1).ShouldBe(s.X.Count);
        }
        chart.Series[1].X.ShouldBe(chart.Series[0].X);
    }

    [Fact]
    public void A_run_of_nothing_is_a_report_too()
    {
        foreach (AttackResult document in new[] { Results.Document(), Results.Document(Results.Unasked("a")), Results.Document() with { Runs = [] } })
        {
            Report report = ResultReport.Of(document with { Partial = true }, _temp.File(""));
            report.Charts.ShouldBeEmpty();
            report.Warnings.Single().ShouldContain("interrupted", Case.Sensitive);
            report.ToHtml().ShouldContain("</html>", Case.Sensitive);
        }
    }

    [Fact]
    public void A_training_is_drawn_stage_by_stage()
    {
        Report report = TrainingReport.Of(SampleRun.Training());

        report.Charts.Select(c => c.Id).ShouldBe(["objective-update", "loss-update", "objective-query", "loss-query"]);
        report.Charts.First().Rules.Single().X.ShouldBe(20);
        report.ToHtml().ShouldContain("zo train --out mine.onnx", Case.Sensitive);
    }

    [Fact]
    public void Spreadsheets_get_no_formulas()
    {
        var csv = new Csv("a", "b");
        csv.Add("=1+1", "x,\"y\"\n");
        csv.Add("-5", -2.5);
        csv.Add(double.NaN, null);

        Encoding.UTF8.GetString(csv.ToBytes()).ShouldBe("a,b\n'=1+1,\"x,\"\"y\"\"\n\"\n-5,-2.5\n,\n");
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
    public void Numbers_have_about_three_digits(double value, string text) => Numeral.Of(value).ShouldBe(text);

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
