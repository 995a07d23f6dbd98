namespace MLNet.ZerothOrder;

/// <summary>The duration of an attack.</summary>
/// <param name="Seconds">The time from the first query to the last check.</param>
/// <param name="OracleSeconds">The time inside the oracle during the runs, averaged over its parallel callers.</param>
/// <param name="QueriesPerSecond">The queries of all problems per second of <paramref name="Seconds"/>.</param>
public sealed record AttackTiming(double Seconds, double OracleSeconds, double QueriesPerSecond);
