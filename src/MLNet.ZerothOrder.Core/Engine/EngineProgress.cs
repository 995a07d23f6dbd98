namespace MLNet.ZerothOrder;

/// <summary>The progress of a run at one moment.</summary>
/// <param name="Problems">The number of problems.</param>
/// <param name="Finished">Problems that have ended.</param>
/// <param name="Solved">Problems with an iterate that was a solution.</param>
/// <param name="Steps">Steps made, over all problems.</param>
/// <param name="Queries">Queries answered, over all problems.</param>
public readonly record struct EngineProgress(int Problems, int Finished, int Solved, long Steps, long Queries);
