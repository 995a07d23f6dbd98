using System.Diagnostics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Measures times on a machine whose speed drifts: measurements that are compared alternate, so that all see the same speeds.</summary>
internal static class BenchTimer
{
    /// <summary>The median of each measurement over the rounds. Each round makes all measurements once, in order.</summary>
    public static double[] Medians(int rounds, params IReadOnlyList<Func<double>> measures)
    {
        double[][] values = [.. Enumerable.Range(0, rounds).Select(_ => measures.Select(measure => measure()).ToArray())];
        return [.. measures.Select((_, m) => Median(values.Select(round => round[m])))];
    }

    /// <summary>The median; the upper one for an even number of values.</summary>
    public static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : double.NaN;

    /// <summary>The mean time of a call. Calls are repeated, at least once, until <paramref name="turn"/> is over.</summary>
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
