namespace MLNet.ZerothOrder;

/// <summary>Where a run stands; a snapshot.</summary>
/// <param name="Problems">Problems of the run.</param>
/// <param name="Finished">Problems that have ended.</param>
/// <param name="Solved">Problems of which some iterate was a solution.</param>
/// <param name="Steps">Steps made, over all problems.</param>
/// <param name="Queries">Queries answered, over all problems.</param>
public readonly record struct EngineProgress(int Problems, int Finished, int Solved, long Steps, long Queries);
