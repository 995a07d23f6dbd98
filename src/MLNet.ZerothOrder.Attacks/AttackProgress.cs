namespace MLNet.ZerothOrder;

/// <summary>Where an attack stands; a snapshot.</summary>
/// <param name="Optimizer">The optimizer at work.</param>
/// <param name="Run">Its place among the optimizers, from 0.</param>
/// <param name="Runs">The number of optimizers.</param>
/// <param name="Engine">Where its run stands.</param>
public readonly record struct AttackProgress(string Optimizer, int Run, int Runs, EngineProgress Engine);
