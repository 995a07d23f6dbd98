namespace MLNet.ZerothOrder;

/// <summary>The steps that a graph is composed for.</summary>
/// <param name="Shape">What every step asks.</param>
/// <param name="DrawsInGraph">Whether the graph draws the directions from their keys; else they are drawn as the engine draws them and handed in.</param>
internal sealed record ComposedSettings(StepShape Shape, bool DrawsInGraph);
