using System.Diagnostics;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>
/// One live line on standard error: what runs, how far it is, how fast, how long it will take. On a terminal it is redrawn in
/// place a few times a second; elsewhere a line is written every ten seconds.
/// </summary>
internal sealed class ProgressLine(Terminal terminal, bool enabled, AttackOptions options) : IDisposable
{
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    private readonly bool _live = terminal.ErrorWidth is not null;
    private long _runStart = Stopwatch.GetTimestamp();

    // On a terminal the first step shows at once that it works.
    private long _lastDrawn = terminal.ErrorWidth is not null ? 0 : Stopwatch.GetTimestamp();
    private int _run = -1;
    private EngineProgress _first;
    private bool _drawn;

    public void Update(AttackProgress progress)
    {
        if (!enabled)
        {
            return;
        }

        if (progress.Run != _run)
        {
            _run = progress.Run;
            _runStart = Stopwatch.GetTimestamp();

            // A run that goes on has steps behind it that took no time of this process.
            _first = progress.Engine;
        }

        if (Stopwatch.GetElapsedTime(_lastDrawn) < (_live ? LiveEvery : LogEvery))
        {
            return;
        }

        _lastDrawn = Stopwatch.GetTimestamp();
        Draw(progress, Stopwatch.GetElapsedTime(_runStart));
        _drawn = true;
    }

    public void Dispose()
    {
        if (_drawn && _live)
        {
            ProgressBar.Erase(terminal);
        }
    }

    private void Draw(AttackProgress progress, TimeSpan elapsed)
    {
        EngineProgress engine = progress.Engine;
        double all = (double)engine.Problems * options.Limits.Iterations;
        double share = Math.Min(1, engine.Steps / all);
        string head = progress.Runs > 1 ? $"{progress.Optimizer} ({progress.Run + 1} of {progress.Runs})" : progress.Optimizer;
        string tail = string.Create(
            CultureInfo.InvariantCulture,
            $"{share:P0}  {engine.Finished}/{engine.Problems} done  {engine.Queries:N0} queries  {(engine.Queries - _first.Queries) / Math.Max(elapsed.TotalSeconds, 1e-6):N0}/s{Left(share, _first.Steps / all, elapsed)}");
        if (_live)
        {
            ProgressBar.Draw(terminal, head, share, tail);
        }
        else
        {
            terminal.Error.WriteLine($"{head}  {tail}");
        }
    }

    // The first percent is too short to tell.
    private static string Left(double share, double first, TimeSpan elapsed)
    {
        if (share - first < 0.01)
        {
            return "";
        }

        TimeSpan left = elapsed * ((1 - share) / (share - first));
        return $"  {Words.Of(left)} left";
    }
}
