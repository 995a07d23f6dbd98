using System.Diagnostics;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>
/// One live line on standard error: what runs, how far it is, how fast, how long it will take. On a terminal it is redrawn in
/// place a few times a second; elsewhere a line is written every ten seconds.
/// </summary>
internal sealed class ProgressLine(bool enabled, AttackOptions options) : IDisposable
{
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    private readonly bool _live = !Console.IsErrorRedirected;
    private long _runStart = Stopwatch.GetTimestamp();
    private long _lastDrawn = Stopwatch.GetTimestamp();
    private int _run;
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
        }

        if (Stopwatch.GetElapsedTime(_lastDrawn) < (_live ? LiveEvery : LogEvery))
        {
            return;
        }

        _lastDrawn = Stopwatch.GetTimestamp();
        Draw(progress);
    }

    public void Dispose()
    {
        if (_drawn && _live)
        {
            Console.Error.Write("\r\u001b[K");
        }
    }

    private void Draw(AttackProgress progress)
    {
        EngineProgress engine = progress.Engine;
        double seconds = Stopwatch.GetElapsedTime(_runStart).TotalSeconds;
        double share = Math.Min(1, engine.Steps / ((double)engine.Problems * options.Limits.Iterations));
        string left = share > 0.01 ? TimeSpan.FromSeconds(seconds * (1 - share) / share).ToString(@"m\:ss", CultureInfo.InvariantCulture) : "?";
        string place = progress.Runs > 1 ? $" ({progress.Run + 1} of {progress.Runs})" : "";
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Optimizer}{place}  {Bar(share)} {share,4:P0}  {engine.Finished}/{engine.Problems} done  {engine.Queries:N0} queries  {engine.Queries / seconds:N0}/s  {left} left");
        if (_live)
        {
            Console.Error.Write($"\r\u001b[K{line}");
        }
        else
        {
            Console.Error.WriteLine(line);
        }

        _drawn = true;
    }

    private static string Bar(double share)
    {
        const int width = 24;
        int full = (int)(share * width);
        return new string('█', full) + new string('░', width - full);
    }
}
