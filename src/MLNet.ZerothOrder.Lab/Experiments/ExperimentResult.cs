namespace MLNet.ZerothOrder.Lab;

/// <summary>What an experiment found; <c>experiment.json</c> in its folder.</summary>
/// <param name="Name">The experiment's name.</param>
/// <param name="Figure">The figure or table of the paper.</param>
/// <param name="Command">The command that repeats it; null for none.</param>
/// <param name="Partial">Whether it is under way or was cancelled: then it has no claims, and the finished runs are kept for the next time.</param>
/// <param name="Quick">Whether images and trials are fewer than the paper's.</param>
/// <param name="Seed">The root of all random streams.</param>
/// <param name="On">What was run on, in words; null where it is partial.</param>
/// <param name="Claims">The paper's claims, and whether they hold.</param>
/// <param name="TracesSha256">The SHA-256 of <c>traces.csv</c>; null where it is partial.</param>
/// <param name="Queries">Queries that were sent, by finished runs.</param>
/// <param name="RunsFound">Runs that were there already.</param>
/// <param name="RunsMade">Runs that were made.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record ExperimentResult(
    string Name, string Figure, string? Command, bool Partial, bool Quick, long Seed, string? On, IReadOnlyList<Claim> Claims, string? TracesSha256,
    long Queries, int RunsFound, int RunsMade, double Seconds);
