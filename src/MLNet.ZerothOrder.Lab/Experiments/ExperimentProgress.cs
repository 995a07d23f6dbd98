namespace MLNet.ZerothOrder.Lab;

/// <summary>The progress of an experiment.</summary>
/// <param name="What">The current task, in words.</param>
/// <param name="Share">The finished share of all runs of the task, 0..1; null if it is unknown.</param>
/// <param name="Steps">The finished iterations of each problem; 0 if <paramref name="Share"/> is known.</param>
/// <param name="RunsFound">The number of runs that were found in the store.</param>
/// <param name="RunsMade">The number of runs that were made.</param>
public readonly record struct ExperimentProgress(string What, double? Share, double Steps, int RunsFound, int RunsMade);
