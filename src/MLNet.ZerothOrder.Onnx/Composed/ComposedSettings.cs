namespace MLNet.ZerothOrder;

/// <summary>The steps that a graph is composed for.</summary>
/// <param name="Shape">The shape of every step.</param>
/// <param name="DrawsInGraph">True: the graph draws the directions from their keys. False: the directions are drawn as in the engine and passed in.</param>
internal sealed record ComposedSettings(StepShape Shape, bool DrawsInGraph);
