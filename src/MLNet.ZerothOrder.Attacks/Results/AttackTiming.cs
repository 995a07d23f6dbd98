namespace MLNet.ZerothOrder;

/// <summary>How long an attack took.</summary>
/// <param name="Seconds">From the first query to the last check.</param>
/// <param name="OracleSeconds">Inside the oracle during the runs, the mean over its parallel callers.</param>
/// <param name="QueriesPerSecond">All problems' queries over <paramref name="Seconds"/>.</param>
public sealed record AttackTiming(double Seconds, double OracleSeconds, double QueriesPerSecond);
