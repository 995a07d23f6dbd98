using System.Text;
using Microsoft.Playwright;

namespace MLNet.ZerothOrder.Tests;

public sealed class ReportInBrowserTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [SkippableFact]
    public async Task ChartsAreDrawnWithoutAComplaintAndWithoutANetwork()
    {
        await using OpenPage open = await browser.Open(Sample());
        string html = File.ReadAllText(_temp.File("out/report.html"));

        Assert.Equal(3, await open.Page.Locator("figure.chart .plot > svg").CountAsync());
        // Two lines and two bands in each of the first two charts; bars of both optimizers in the third.
        foreach (int chart in new[] { 0, 1 })
        {
            string[] paths = await Paths(open.Page, chart);
            Assert.Equal(4, paths.Count(d => d.Length > 100 && !d.Contains("NaN", StringComparison.Ordinal)));
        }

        Assert.True(await open.Page.Locator("figure.chart").Nth(2).Locator("svg rect").CountAsync() > 10);
        Assert.True(await open.Page.Locator(".gallery img").EvaluateAllAsync<bool>("all => all.length > 50 && all.every(i => i.complete && i.naturalWidth === 2)"));
        Assert.Empty(open.Complaints);
        Assert.Single(open.Requests);
        Assert.DoesNotContain("<canvas", html, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task HostileNamesAreInert()
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        AttackResult document = SampleRun.Document(Hostile.Names.Length, 5, [Hostile.Names[0], Hostile.Names[1]], i => Hostile.Names[i], folder);
        document = document with
        {
            Command = Hostile.Markup,
            Dataset = Hostile.Markup,
            Failure = new OracleException(Hostile.Markup),
            Model = document.Model with { Path = Hostile.Markup, Input = Hostile.Markup },
            Skipped = [.. Hostile.Names.Select(name => new SkippedImage(0, name, 1, 2, name))],
        };
        folder.Write(document);
        ResultReport.Write(document, folder.Path);
        await using OpenPage open = await browser.Open(folder.ReportFile);

        Assert.Equal(Hostile.Markup, await open.Page.Locator("pre code").TextContentAsync());
        Assert.Equal(0, await open.Page.Locator("img[src=x], svg[onload], [onerror], [onfocus], main script").CountAsync());
        foreach (int item in new[] { 0, 3, 9 })
        {
            await open.Page.Locator(".items .open").Nth(item).ClickAsync();
            await open.Page.Locator("dialog .plot > svg").WaitForAsync();
            await open.Page.Keyboard.PressAsync("Escape");
        }

        await open.Page.Locator("select[name=group]").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await open.Page.Locator("select[name=sort]").SelectOptionAsync(new SelectOptionValue { Index = 2 });
        Assert.Equal("undefined", await open.Page.EvaluateAsync<string>("typeof hit"));
        Assert.Empty(open.Complaints);
        Assert.Single(open.Requests);
    }

    [SkippableFact]
    public async Task TheGalleryIsFilteredAndSorted()
    {
        await using OpenPage open = await browser.Open(Sample());
        ILocator items = open.Page.Locator(".items > li");
        Assert.Equal(24, await items.CountAsync());

        await open.Page.Locator("select[name=group]").SelectOptionAsync("zo-sgd");
        Assert.Equal(12, await items.CountAsync());
        await open.Page.Locator("select[name=outcome]").SelectOptionAsync("no success");
        Assert.Equal(["4", "9"], await Names(items));
        Assert.Equal("2 of 24 shown", await open.Page.Locator(".controls output").TextContentAsync());

        await open.Page.Locator("select[name=outcome]").SelectOptionAsync("");
        await open.Page.Locator("select[name=sort]").SelectOptionAsync("queries to success");
        double[] queries = await Values(items, "queries to success");
        Assert.Equal(10, queries.Count(double.IsFinite));
        Assert.Equal(queries.Where(double.IsFinite).Order().Concat([double.NaN, double.NaN]), queries);
        await open.Page.Locator("input[name=descending]").CheckAsync();
        queries = await Values(items, "queries to success");
        Assert.Equal(queries.Where(double.IsFinite).OrderDescending().Concat([double.NaN, double.NaN]), queries);

        await open.Page.Locator("input[name=name]").FillAsync("1");
        Assert.Equal(["1", "10", "11"], (await Names(items)).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task AnImageOpensWithItsLossAndIsLeftByKeyboard()
    {
        await using OpenPage open = await browser.Open(Sample());
        await open.Page.Locator(".items .open").First.FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");

        Assert.Equal("0 · zo-sgd", await open.Page.Locator("dialog h2").TextContentAsync());
        Assert.Equal(3, await open.Page.Locator("dialog .pictures img").CountAsync());
        await open.Page.Locator("dialog .plot > svg").WaitForAsync();
        Assert.Contains("first success", await open.Page.Locator("dialog svg").TextContentAsync(), StringComparison.Ordinal);
        Assert.True(await open.Page.Locator("dialog .previous").IsDisabledAsync());

        await open.Page.Locator("dialog .next").FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");
        Assert.Equal("0 · zo-prox", await open.Page.Locator("dialog h2").TextContentAsync());
        await open.Page.Keyboard.PressAsync("Escape");
        Assert.False(await open.Page.Locator("dialog").IsVisibleAsync());
        Assert.Equal("open", await open.Page.EvaluateAsync<string>("document.activeElement.className"));
        Assert.Empty(open.Complaints);
    }

    [SkippableFact]
    public async Task TablesAreSortedByNumbersAndByTexts()
    {
        await using OpenPage open = await browser.Open(Sample());
        ILocator rows = open.Page.Locator("section table").First.Locator("tbody th");
        ILocator heads = open.Page.Locator("section table").First.Locator("thead button");

        await heads.Nth(3).ClickAsync();
        Assert.Equal(["zo-prox", "zo-sgd"], await rows.AllTextContentsAsync());
        await heads.Nth(3).ClickAsync();
        Assert.Equal(["zo-sgd", "zo-prox"], await rows.AllTextContentsAsync());
        await heads.Nth(0).FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");
        Assert.Equal(["zo-prox", "zo-sgd"], await rows.AllTextContentsAsync());
        Assert.Equal("ascending", await heads.Nth(0).Locator("..").GetAttributeAsync("aria-sort"));
    }

    [SkippableFact]
    public async Task SeriesAreHiddenAndAxesChangedAndReadByKeyboard()
    {
        await using OpenPage open = await browser.Open(Sample());
        ILocator loss = open.Page.Locator("figure.chart").First;
        int LongPaths(string[] paths) => paths.Count(d => d.Length > 100);

        await loss.Locator(".chip").First.ClickAsync();
        Assert.Equal(2, LongPaths(await Paths(open.Page, 0)));
        Assert.Equal("false", await loss.Locator(".chip").First.GetAttributeAsync("aria-pressed"));
        await loss.Locator(".chip").First.ClickAsync();
        Assert.Equal(4, LongPaths(await Paths(open.Page, 0)));

        string before = string.Concat(await Paths(open.Page, 0));
        await loss.Locator(".check input").First.UncheckAsync();
        Assert.NotEqual(before, string.Concat(await Paths(open.Page, 0)));
        await loss.Locator(".check input").Nth(1).CheckAsync();
        Assert.Equal(4, LongPaths(await Paths(open.Page, 0)));

        await loss.Locator(".plot").FocusAsync();
        await open.Page.Keyboard.PressAsync("End");
        await Assertions.Expect(loss.Locator("svg [aria-label=tip] text")).ToContainTextAsync("queries per image  421");
        await Assertions.Expect(loss.Locator("svg [aria-label=tip] text")).ToContainTextAsync("zo-prox");
        Assert.Empty(open.Complaints);
    }

    [SkippableFact]
    public async Task FilesAreSaved()
    {
        await using OpenPage open = await browser.Open(Sample());

        Assert.Equal(File.ReadAllText(_temp.File("out/result.json")), await Saved(open.Page, open.Page.Locator("a.download", new() { HasText = "result.json" })));
        Assert.StartsWith("optimizer,image,label,", await Saved(open.Page, open.Page.Locator("a.download", new() { HasText = "problems.csv" })), StringComparison.Ordinal);
        ILocator tools = open.Page.Locator("figure.chart").First.Locator(".tools button");
        string svg = await Saved(open.Page, tools.Nth(0));
        Assert.Contains("<svg", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("var(--series", svg, StringComparison.Ordinal);
        Assert.StartsWith("series,x,y,low,high\nzo-sgd,1,", await Saved(open.Page, tools.Nth(1)), StringComparison.Ordinal);
        Assert.Empty(open.Complaints);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EveryTextStandsOutFromItsBackground(bool dark)
    {
        await using OpenPage open = await browser.Open(Sample(partial: true), dark: dark);
        // All is looked at: what is folded away is opened, and an image too.
        await open.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        await open.Page.Locator("figure.chart .chip").First.ClickAsync();
        Assert.Empty(await Faint(open.Page));
        await open.Page.Locator(".items .open").First.ClickAsync();
        Assert.Empty(await Faint(open.Page));
        await open.Page.Keyboard.PressAsync("Escape");

        await open.Page.Locator("button.theme").ClickAsync();
        Assert.Equal(dark ? "light" : "dark", await open.Page.EvaluateAsync<string>("document.documentElement.dataset.theme"));
        Assert.Empty(await Faint(open.Page));
    }

    [SkippableFact]
    public async Task APhoneScrollsInOneDirection()
    {
        await using OpenPage open = await browser.Open(Sample(name: i => i == 0 ? new string('x', 300) : $"{i}"), width: 375);

        Assert.Equal(375, await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.True(await open.Page.Locator("figure.chart svg").EvaluateAllAsync<bool>("all => all.length === 3 && all.every(s => s.getBoundingClientRect().right <= 375)"));
        await open.Page.Locator(".items .open").First.ClickAsync();
        Assert.Equal(375, await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.True(await open.Page.Locator("dialog").EvaluateAsync<bool>("d => d.scrollWidth <= d.clientWidth"));
    }

    [SkippableFact]
    public async Task OnPaperItIsLightAndHasNoControls()
    {
        await using OpenPage open = await browser.Open(Sample(), dark: true);
        await open.Page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = ColorScheme.Dark });

        Assert.Equal("rgb(255, 255, 255)", await open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        foreach (string control in new[] { "button.theme", ".controls", ".tools >> nth=0", ".copy" })
        {
            Assert.False(await open.Page.Locator(control).IsVisibleAsync(), control);
        }

        Assert.True(await open.Page.Locator("figure.chart svg").First.IsVisibleAsync());
        Assert.Empty(await Faint(open.Page));
    }

    [SkippableFact]
    public async Task EveryControlIsReachedByTabAndHasAName()
    {
        await using OpenPage open = await browser.Open(Sample(images: 2));
        int controls = await open.Page.EvaluateAsync<int>(
            "[...document.querySelectorAll('button, a, input, select, summary, [tabindex=\"0\"]')].filter(e => e.checkVisibility() && !e.disabled).length");
        var reached = new HashSet<string>();
        for (int i = 0; i < controls + 5; i++)
        {
            await open.Page.Keyboard.PressAsync("Tab");
            reached.Add(await open.Page.EvaluateAsync<string>("(() => { const e = document.activeElement; e.dataset.seen ??= Math.random(); return e === document.body ? '' : e.dataset.seen; })()"));
        }

        Assert.Equal(controls, reached.Count(id => id.Length > 0));
        Assert.Empty(await open.Page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('button, input, select, [tabindex]')].filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).map(e => e.outerHTML)"));
    }

    [SkippableFact]
    public async Task ATrainingIsDrawnToo()
    {
        Directory.CreateDirectory(_temp.File("out"));
        File.WriteAllText(_temp.File("out/report.html"), TrainingReport.Of(SampleRun.Training()).ToHtml());
        await using OpenPage open = await browser.Open(_temp.File("out/report.html"));

        Assert.Equal(4, await open.Page.Locator("figure.chart .plot > svg").CountAsync());
        Assert.True(await open.Page.Locator("figure.chart").First.Locator("svg circle").CountAsync() >= 4);
        Assert.Empty(open.Complaints);
    }

    private string Sample(int images = 12, bool partial = false, Func<int, string>? name = null)
    {
        ResultFolder folder = ResultFolder.Create(_temp.File("out"));
        AttackResult document = SampleRun.Document(images, 20, name: name, folder: folder) with { Partial = partial };
        folder.Write(document);
        ResultReport.Write(document, folder.Path);
        return folder.ReportFile;
    }

    private static Task<string[]> Paths(IPage page, int chart) =>
        page.Locator("figure.chart").Nth(chart).Locator(".plot > svg path").EvaluateAllAsync<string[]>("all => all.map(p => p.getAttribute('d') ?? '')");

    private static Task<string[]> Names(ILocator items) => items.EvaluateAllAsync<string[]>("all => all.map(i => i.dataset.name)");

    private static async Task<double[]> Values(ILocator items, string fact)
    {
        string[] texts = await items.EvaluateAllAsync<string[]>("(all, fact) => all.map(i => i.querySelector(`[data-fact=\"${fact}\"]`).dataset.value)", fact);
        return [.. texts.Select(text => text.Length == 0 ? double.NaN : double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
    }

    private async Task<string> Saved(IPage page, ILocator control)
    {
        IDownload download = await page.RunAndWaitForDownloadAsync(() => control.ClickAsync());
        await download.SaveAsAsync(_temp.File("saved"));
        return File.ReadAllText(_temp.File("saved"), Encoding.UTF8);
    }

    // WCAG 2: texts whose contrast with what is behind them is below 4.5, and lines of series below 3.
    private static Task<string[]> Faint(IPage page) => page.EvaluateAsync<string[]>("""
        () => {
          const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
          const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = element => {
            for (let e = element; e; e = e.parentElement) {
              const colour = rgba(getComputedStyle(e).backgroundColor);
              if (colour[3] === 255) return colour;
            }
            return [255, 255, 255, 255];
          };
          const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
          const faint = [];
          const roots = document.querySelector('dialog[open]') ? [document.querySelector('dialog')] : [document.body];
          let texts = 0;
          for (const e of roots.flatMap(r => [...r.querySelectorAll('*')])) {
            if (!e.checkVisibility() || e.disabled || e.closest('script, style, noscript')) continue;
            const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
            const style = getComputedStyle(e);
            const isSvg = e instanceof SVGElement;
            if (own && !(isSvg && e.tagName === 'title')) {
              texts++;
              const ratio = contrast(rgba(isSvg ? style.fill : style.color), behind(e));
              if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}`);
            }
            if (isSvg && style.strokeWidth === '2px' && style.stroke !== 'none') {
              const ratio = contrast(rgba(style.stroke), behind(e));
              if (ratio < 3) faint.push(`${ratio.toFixed(2)} line ${style.stroke}`);
            }
          }
          return texts < 20 ? ['too little was looked at'] : faint;
        }
        """);
}
