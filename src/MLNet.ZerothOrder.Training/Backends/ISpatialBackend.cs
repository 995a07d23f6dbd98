namespace MLNet.ZerothOrder.Training;

/// <summary>Computes the loss of the spatial part of an optimizer (<see cref="SpatialWeights"/>) and its gradient.</summary>
public interface ISpatialBackend
{
    /// <summary>
    /// The mean over some states of −ln of the squared cosine of ZO-SGD's estimate with the gradient g, for directions with the network's deviations σ (mean square 1):
    /// <code>
    /// ln(v d/q + (1 + 1/q) w) − 2 ln v,   v = Σ σ²g²,   w = Σ σ⁴g²
    /// </code>
    /// The sums are estimated from the coordinates that were asked.
    /// </summary>
    /// <param name="weights">The weights, in the order of <see cref="SpatialWeights.Values"/>.</param>
    /// <param name="states">The states.</param>
    /// <param name="gradient">Receives the gradient by the weights; empty if it is not needed.</param>
    /// <returns>The mean loss.</returns>
    double Run(ReadOnlySpan<float> weights, SpatialStates states, Span<float> gradient);
}
