namespace MLNet.ZerothOrder;

/// <summary>The steps that a graph is composed for.</summary>
/// <param name="Directions">q, at least 1.</param>
/// <param name="Estimate">How slopes are measured.</param>
/// <param name="DrawsInGraph">Whether the graph draws the directions from their keys; else they are drawn as the engine draws them and handed in.</param>
internal sealed record ComposedSettings(int Directions, EstimateKind Estimate, bool DrawsInGraph)
{
    /// <summary>Directions that are asked both ways.</summary>
    public int Pairs => Estimate == EstimateKind.Antithetic ? Directions / 2 : 0;

    /// <summary>D: directions that are drawn.</summary>
    public int Drawn => Directions - Pairs;
}
