using System.Diagnostics;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Progress on standard error: on a terminal one line that is redrawn in place, elsewhere one line every ten seconds.</summary>
internal sealed class LiveLine(Terminal terminal, bool enabled) : IDisposable
{
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    private readonly bool _live = terminal.ErrorWidth is not null;

    // On a terminal, the first step is shown at once.
    private long _lastDrawn = terminal.ErrorWidth is not null ? 0 : Stopwatch.GetTimestamp();
    private bool _drawn;

    /// <summary>Draws the line, unless it was just drawn.</summary>
    /// <param name="head">The text before the bar.</param>
    /// <param name="share">The filled share of the bar.</param>
    /// <param name="tail">The text after the bar.</param>
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

    /// <summary>Erases the line.</summary>
    public void Dispose()
    {
        if (_drawn)
        {
            ProgressBar.Erase(terminal);
            _drawn = false;
        }
    }
}
