using System.Diagnostics;

namespace MLNet.ZerothOrder.Cli;

/// <summary>What runs and how far it is, on standard error: on a terminal one line that is redrawn in its place, elsewhere a line every ten seconds.</summary>
internal sealed class LiveLine(Terminal terminal, bool enabled) : IDisposable
{
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    private readonly bool _live = terminal.ErrorWidth is not null;

    // On a terminal the first step shows at once that it works.
    private long _lastDrawn = terminal.ErrorWidth is not null ? 0 : Stopwatch.GetTimestamp();
    private bool _drawn;

    /// <summary>Draws, unless it drew a moment ago.</summary>
    /// <param name="head">What runs.</param>
    /// <param name="share">The bar's filled share.</param>
    /// <param name="tail">What stands behind the bar.</param>
    public void Update(string head, double share, Func<string> tail)
    {
        if (!enabled || Stopwatch.GetElapsedTime(_lastDrawn) < (_live ? LiveEvery : LogEvery))
        {
            return;
        }

        _lastDrawn = Stopwatch.GetTimestamp();
        if (_live)
        {
            ProgressBar.Draw(terminal, head, share, tail());
            _drawn = true;
        }
        else
        {
            terminal.Error.WriteLine($"{head}  {tail()}");
        }
    }

    /// <summary>Erases what was drawn.</summary>
    public void Dispose()
    {
        if (_drawn)
        {
            ProgressBar.Erase(terminal);
            _drawn = false;
        }
    }
}
