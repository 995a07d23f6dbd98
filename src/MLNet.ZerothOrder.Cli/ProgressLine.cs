using System.Diagnostics;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The progress of an attack: the optimizer, the progress, the speed, the cost and the remaining time.</summary>
internal sealed class ProgressLine(Terminal terminal, bool enabled, AttackOptions options, CostMeter? cost = null) : IDisposable
{
    private readonly LiveLine _line = new(terminal, enabled);
    private long _runStart = Stopwatch.GetTimestamp();
    private int _run = -1;
    private EngineProgress _first;

    public void Update(AttackProgress progress)
    {
        if (progress.Run != _run)
        {
            _run = progress.Run;
            _runStart = Stopwatch.GetTimestamp();

            // The steps before a resume took no time in this process.
            _first = progress.Engine;
        }

        EngineProgress engine = progress.Engine;
        double share = Share(engine);
        string head = progress.Runs > 1 ? $"{progress.Optimizer} ({progress.Run + 1} of {progress.Runs})" : progress.Optimizer;
        _line.Update(head, share, () =>
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(_runStart);
            double perSecond = (engine.Queries - _first.Queries) / Math.Max(elapsed.TotalSeconds, 1e-6);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{share:P0}  {engine.Finished}/{engine.Problems} done  {engine.Queries:N0} queries  {perSecond:N0}/s{Cost()}{Left(share, Share(_first), elapsed)}");
        });
    }

    private string Cost() => cost is null ? "" : string.Create(
        CultureInfo.InvariantCulture, $"  {cost.Spent:0.00##} spent{(cost.Left is { } left ? $" ({left:0.00##} left)" : "")}");

    // Without a limit of steps, the budget ends a run.
    private double Share(EngineProgress engine) => engine.Problems == 0 ? 0
        : Math.Min(1, (options.Limits is { Iterations: int.MaxValue, Budget: { } budget } ? engine.Queries / (double)budget : engine.Steps / (double)options.Limits.Iterations) / engine.Problems);

    public void Dispose() => _line.Dispose();

    /// <summary>A duration as minutes and seconds, with hours if needed.</summary>
    public static string Duration(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture, $"{(time.TotalHours >= 1 ? $"{(long)time.TotalHours}:{time.Minutes:00}" : $"{time.Minutes}")}:{time.Seconds:00}");

    // The first percent is too short for an estimate.
    private static string Left(double share, double first, TimeSpan elapsed) =>
        share - first < 0.01 ? "" : $"  {Duration(elapsed * ((1 - share) / (share - first)))} left";
}
