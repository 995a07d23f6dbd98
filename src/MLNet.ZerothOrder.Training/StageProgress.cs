namespace MLNet.ZerothOrder.Training;

/// <summary>A validation of a training with one or more stages.</summary>
/// <param name="Stage">The current stage: update, query, guided, proximal or spatial.</param>
/// <param name="State">The progress of the stage.</param>
public sealed record StageProgress(string Stage, TrainingProgress State);
