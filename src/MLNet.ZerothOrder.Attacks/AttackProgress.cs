namespace MLNet.ZerothOrder;

/// <summary>The progress of an attack at one moment.</summary>
/// <param name="Optimizer">The current optimizer.</param>
/// <param name="Run">The index of the optimizer, from 0.</param>
/// <param name="Runs">The number of optimizers.</param>
/// <param name="Engine">The progress of the optimizer's run.</param>
public readonly record struct AttackProgress(string Optimizer, int Run, int Runs, EngineProgress Engine);
