namespace MLNet.ZerothOrder.Training;

/// <summary>A validation of a training that may have several stages.</summary>
/// <param name="Stage">The stage under way: update, query, guided or proximal.</param>
/// <param name="State">Where it stood.</param>
public sealed record StageProgress(string Stage, TrainingProgress State);
