using Microsoft.Playwright;

namespace MLNet.ZerothOrder.Tests;

/// <summary>A page in the browser, with all that it complained of or asked a network for.</summary>
public sealed class OpenPage : IAsyncDisposable
{
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];

    internal OpenPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) => _complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => _complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
            {
                _requests.Add(request.Url);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Console messages and errors.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>What was asked for: the page itself, and nothing else if it is self-contained.</summary>
    public IReadOnlyList<string> Requests => _requests;

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
