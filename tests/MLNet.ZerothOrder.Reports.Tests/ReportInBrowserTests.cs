using System.Text;
using Microsoft.Playwright;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ReportInBrowserTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [SkippableFact]
    public async Task Charts_are_drawn_without_a_complaint_and_without_a_network()
    {
        await using OpenPage open = await browser.Open(Sample());
        string html = File.ReadAllText(_temp.File("out/report.html"));

        (await open.Page.Locator("figure.chart .plot > svg").CountAsync()).ShouldBe(3);
        // Two lines and two bands in each of the first two charts; bars of both optimizers in the third.
        foreach (int chart in new[] { 0, 1 })
        {
            string[] paths = await Paths(open.Page, chart);
            paths.Count(d => d.Length > 100 && !d.Contains("NaN", StringComparison.Ordinal)).ShouldBe(4);
        }

        (await open.Page.Locator("figure.chart").Nth(2).Locator("svg rect").CountAsync() > 10).ShouldBeTrue();
        (await open.Page.Locator(".gallery img").EvaluateAllAsync<bool>("all => all.length > 50 && all.every(i => i.complete && i.naturalWidth === 2)")).ShouldBeTrue();
        open.Complaints.ShouldBeEmpty();
        open.Requests.ShouldHaveSingleItem();
        html.ShouldNotContain("<canvas", Case.Sensitive);
    }

    [SkippableFact]
    public async Task Hostile_names_are_inert()
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

        (await open.Page.Locator("pre code").TextContentAsync()).ShouldBe(Hostile.Markup);
        (await open.Page.Locator("img[src=x], svg[onload], [onerror], [onfocus], main script").CountAsync()).ShouldBe(0);
        foreach (int item in new[] { 0, 3, 9 })
        {
            await open.Page.Locator(".items .open").Nth(item).ClickAsync();
            await open.Page.Locator("dialog .plot > svg").WaitForAsync();
            await open.Page.Keyboard.PressAsync("Escape");
        }

        await open.Page.Locator("select[name=group]").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await open.Page.Locator("select[name=sort]").SelectOptionAsync(new SelectOptionValue { Index = 2 });
        (await open.Page.EvaluateAsync<string>("typeof hit")).ShouldBe("undefined");
        open.Complaints.ShouldBeEmpty();
        open.Requests.ShouldHaveSingleItem();
    }

    [SkippableFact]
    public async Task The_gallery_is_filtered_and_sorted()
    {
        await using OpenPage open = await browser.Open(Sample());
        ILocator items = open.Page.Locator(".items > li");
        (await items.CountAsync()).ShouldBe(24);

        await open.Page.Locator("select[name=group]").SelectOptionAsync("zo-sgd");
        (await items.CountAsync()).ShouldBe(12);
        await open.Page.Locator("select[name=outcome]").SelectOptionAsync("no success");
        (await Names(items)).ShouldBe(["4", "9"]);
        (await open.Page.Locator(".controls output").TextContentAsync()).ShouldBe("2 of 24 shown");

        await open.Page.Locator("select[name=outcome]").SelectOptionAsync("");
        await open.Page.Locator("select[name=sort]").SelectOptionAsync("queries to success");
        double[] queries = await Values(items, "queries to success");
        queries.Count(double.IsFinite).ShouldBe(10);
        queries.ShouldBe(queries.Where(double.IsFinite).Order().Concat([double.NaN, double.NaN]));
        await open.Page.Locator("input[name=descending]").CheckAsync();
        queries = await Values(items, "queries to success");
        queries.ShouldBe(queries.Where(double.IsFinite).OrderDescending().Concat([double.NaN, double.NaN]));

        await open.Page.Locator("input[name=name]").FillAsync("1");
        (await Names(items)).Order(StringComparer.Ordinal).ShouldBe(["1", "10", "11"]);
    }

    [SkippableFact]
    public async Task An_image_opens_with_its_loss_and_is_left_by_keyboard()
    {
        await using OpenPage open = await browser.Open(Sample());
        await open.Page.Locator(".items .open").First.FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");

        (await open.Page.Locator("dialog h2").TextContentAsync()).ShouldBe("0 · zo-sgd");
        (await open.Page.Locator("dialog .pictures img").CountAsync()).ShouldBe(3);
        await open.Page.Locator("dialog .plot > svg").WaitForAsync();
        (await open.Page.Locator("dialog svg").TextContentAsync())!.ShouldContain("first success", Case.Sensitive);
        (await open.Page.Locator("dialog .previous").IsDisabledAsync()).ShouldBeTrue();

        await open.Page.Locator("dialog .next").FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");
        (await open.Page.Locator("dialog h2").TextContentAsync()).ShouldBe("0 · zo-prox");
        await open.Page.Keyboard.PressAsync("Escape");
        (await open.Page.Locator("dialog").IsVisibleAsync()).ShouldBeFalse();
        (await open.Page.EvaluateAsync<string>("document.activeElement.className")).ShouldBe("open");
        open.Complaints.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Tables_are_sorted_by_numbers_and_by_texts()
    {
        await using OpenPage open = await browser.Open(Sample());
        ILocator rows = open.Page.Locator("section table").First.Locator("tbody th");
        ILocator heads = open.Page.Locator("section table").First.Locator("thead button");

        await heads.Nth(3).ClickAsync();
        (await rows.AllTextContentsAsync()).ShouldBe(["zo-prox", "zo-sgd"]);
        await heads.Nth(3).ClickAsync();
        (await rows.AllTextContentsAsync()).ShouldBe(["zo-sgd", "zo-prox"]);
        await heads.Nth(0).FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");
        (await rows.AllTextContentsAsync()).ShouldBe(["zo-prox", "zo-sgd"]);
        (await heads.Nth(0).Locator("..").GetAttributeAsync("aria-sort")).ShouldBe("ascending");
    }

    [SkippableFact]
    public async Task Series_are_hidden_and_axes_changed_and_read_by_keyboard()
    {
        await using OpenPage open = await browser.Open(Sample());
        ILocator loss = open.Page.Locator("figure.chart").First;
        int LongPaths(string[] paths) => paths.Count(d => d.Length > 100);

        await loss.Locator(".chip").First.ClickAsync();
        LongPaths(await Paths(open.Page, 0)).ShouldBe(2);
        (await loss.Locator(".chip").First.GetAttributeAsync("aria-pressed")).ShouldBe("false");
        await loss.Locator(".chip").First.ClickAsync();
        LongPaths(await Paths(open.Page, 0)).ShouldBe(4);

        string before = string.Concat(await Paths(open.Page, 0));
        await loss.Locator(".check input").First.UncheckAsync();
        string.Concat(await Paths(open.Page, 0)).ShouldNotBe(before);
        await loss.Locator(".check input").Nth(1).CheckAsync();
        LongPaths(await Paths(open.Page, 0)).ShouldBe(4);

        await loss.Locator(".plot").FocusAsync();
        await open.Page.Keyboard.PressAsync("End");
        await Assertions.Expect(loss.Locator("svg [aria-label=tip] text")).ToContainTextAsync("queries per image  421");
        await Assertions.Expect(loss.Locator("svg [aria-label=tip] text")).ToContainTextAsync("zo-prox");
        open.Complaints.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Files_are_saved()
    {
        await using OpenPage open = await browser.Open(Sample());

        (await Saved(open.Page, open.Page.Locator("a.download", new() { HasText = "result.json" }))).ShouldBe(File.ReadAllText(_temp.File("out/result.json")));
        (await Saved(open.Page, open.Page.Locator("a.download", new() { HasText = "problems.csv" }))).ShouldStartWith("optimizer,image,label,", Case.Sensitive);
        ILocator tools = open.Page.Locator("figure.chart").First.Locator(".tools button");
        string svg = await Saved(open.Page, tools.Nth(0));
        svg.ShouldContain("<svg", Case.Sensitive);
        svg.ShouldNotContain("var(--series", Case.Sensitive);
        (await Saved(open.Page, tools.Nth(1))).ShouldStartWith("series,x,y,low,high\nzo-sgd,1,", Case.Sensitive);
        open.Complaints.ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_text_stands_out_from_its_background(bool dark)
    {
        await using OpenPage open = await browser.Open(Sample(partial: true), dark: dark);
        // All is looked at: what is folded away is opened, and an image too.
        await open.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        await open.Page.Locator("figure.chart .chip").First.ClickAsync();
        (await Faint(open.Page)).ShouldBeEmpty();
        await open.Page.Locator(".items .open").First.ClickAsync();
        (await Faint(open.Page)).ShouldBeEmpty();
        await open.Page.Keyboard.PressAsync("Escape");

        await open.Page.Locator("button.theme").ClickAsync();
        (await open.Page.EvaluateAsync<string>("document.documentElement.dataset.theme")).ShouldBe(dark ? "light" : "dark");
        (await Faint(open.Page)).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_phone_scrolls_in_one_direction()
    {
        await using OpenPage open = await browser.Open(Sample(name: i => i == 0 ? new string('x', 300) : $"{i}"), width: 375);

        (await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBe(375);
        (await open.Page.Locator("figure.chart svg").EvaluateAllAsync<bool>("all => all.length === 3 && all.every(s => s.getBoundingClientRect().right <= 375)")).ShouldBeTrue();
        await open.Page.Locator(".items .open").First.ClickAsync();
        (await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBe(375);
        (await open.Page.Locator("dialog").EvaluateAsync<bool>("d => d.scrollWidth <= d.clientWidth")).ShouldBeTrue();
    }

    [SkippableFact]
    public async Task On_paper_it_is_light_and_has_no_controls()
    {
        await using OpenPage open = await browser.Open(Sample(), dark: true);
        await open.Page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = ColorScheme.Dark });

        (await open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")).ShouldBe("rgb(255, 255, 255)");
        foreach (string control in new[] { "button.theme", ".controls", ".tools >> nth=0", ".copy" })
        {
            (await open.Page.Locator(control).IsVisibleAsync()).ShouldBeFalse(control);
        }

        (await open.Page.Locator("figure.chart svg").First.IsVisibleAsync()).ShouldBeTrue();
        (await Faint(open.Page)).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Every_control_is_reached_by_tab_and_has_a_name()
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

        reached.Count(id => id.Length > 0).ShouldBe(controls);
        (await open.Page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('button, input, select, [tabindex]')].filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).map(e => e.outerHTML)")).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_training_is_drawn_too()
    {
        Directory.CreateDirectory(_temp.File("out"));
        File.WriteAllText(_temp.File("out/report.html"), TrainingReport.Of(SampleRun.Training()).ToHtml());
        await using OpenPage open = await browser.Open(_temp.File("out/report.html"));

        (await open.Page.Locator("figure.chart .plot > svg").CountAsync()).ShouldBe(4);
        (await open.Page.Locator("figure.chart").First.Locator("svg circle").CountAsync() >= 4).ShouldBeTrue();
        open.Complaints.ShouldBeEmpty();
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
