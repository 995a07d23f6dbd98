namespace MLNet.ZerothOrder.Lab;

/// <summary>How far an experiment is.</summary>
/// <param name="What">What is running.</param>
/// <param name="Share">The finished share of all runs on this task, 0..1; null where it is unknown.</param>
/// <param name="Steps">The finished iterations of each problem; 0 where <paramref name="Share"/> is known.</param>
/// <param name="RunsFound">Runs that were there already.</param>
/// <param name="RunsMade">Runs that were made.</param>
public readonly record struct ExperimentProgress(string What, double? Share, double Steps, int RunsFound, int RunsMade);
