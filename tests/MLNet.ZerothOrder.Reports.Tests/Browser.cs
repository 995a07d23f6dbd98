using Microsoft.Playwright;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Debian's chromium, started once for all tests that look at pages; absent where it is not installed.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (File.Exists(Chromium) && Report.HasInteractiveCharts)
        {
            _playwright = await Playwright.CreateAsync();
            // Its sandbox does not start as root, as which containers run tests.
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-dev-shm-usage"], Timeout = 120_000 });
        }
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens a page file; skips the test where there is no browser.</summary>
    public async Task<OpenPage> Open(string file, int width = 1200, bool dark = false)
    {
        Skip.If(_browser is null, File.Exists(Chromium) ? "npm was missing when the reports were built." : "There is no /usr/bin/chromium; eng/test-tools.sh installs it.");
        IPage page = await _browser!.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, AcceptDownloads = true });
        page.SetDefaultTimeout(120_000);
        var open = new OpenPage(page);
        await page.GotoAsync(new Uri(file).AbsoluteUri);
        await page.Locator("figure.chart .plot > svg").First.WaitForAsync();
        return open;
    }
}
