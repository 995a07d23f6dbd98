namespace MLNet.ZerothOrder.Lab;

/// <summary>The result of an experiment, which is also the content of <c>experiment.json</c> in its folder.</summary>
/// <param name="Name">The experiment's name.</param>
/// <param name="Figure">The figure or table of the paper.</param>
/// <param name="Command">The command that repeats the experiment; null for none.</param>
/// <param name="Partial">Whether the experiment is still running or was cancelled. It then has no claims, and its finished runs are stored for the next time.</param>
/// <param name="Quick">Whether it used fewer images and trials than the paper.</param>
/// <param name="Seed">The seed of all random streams.</param>
/// <param name="On">The classifiers, images and settings, in words; null if the result is partial.</param>
/// <param name="Claims">The paper's claims, each with its measurement.</param>
/// <param name="TracesSha256">The SHA-256 of <c>traces.csv</c>; null if the result is partial.</param>
/// <param name="Queries">The queries of the runs that were made.</param>
/// <param name="RunsFound">The number of runs that were found in the store.</param>
/// <param name="RunsMade">The number of runs that were made.</param>
/// <param name="Seconds">The duration.</param>
public sealed record ExperimentResult(
    string Name, string Figure, string? Command, bool Partial, bool Quick, long Seed, string? On, IReadOnlyList<Claim> Claims, string? TracesSha256,
    long Queries, int RunsFound, int RunsMade, double Seconds);
