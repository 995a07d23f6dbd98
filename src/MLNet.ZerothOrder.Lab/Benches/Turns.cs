using System.Diagnostics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Times, on a machine whose speed drifts.</summary>
internal static class Turns
{
    /// <summary>The median of each measure, over rounds in which all are measured in turn.</summary>
    public static double[] Medians(int rounds, params IReadOnlyList<Func<double>> measures)
    {
        double[][] values = [.. Enumerable.Range(0, rounds).Select(_ => measures.Select(measure => measure()).ToArray())];
        return [.. measures.Select((_, m) => Median(values.Select(round => round[m])))];
    }

    /// <summary>The upper median.</summary>
    public static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : double.NaN;

    /// <summary>The mean time of a call, over as many calls as fill a turn; at least one.</summary>
    public static TimeSpan PerCall(Action call, TimeSpan turn, CancellationToken cancellation)
    {
        long calls = 0;
        long from = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            call();
            calls++;
            elapsed = Stopwatch.GetElapsedTime(from);
        }
        while (elapsed < turn);
        return elapsed / calls;
    }
}
