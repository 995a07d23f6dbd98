using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>u ~ N(0, I), the standard query directions of the paper.</summary>
public sealed class GaussianSampler : IDirectionSampler
{
    /// <inheritdoc/>
    public float Scale(int dimension) => 1;

    /// <inheritdoc/>
    public void Sample(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions) =>
        CounterRandom.Normals(key, directions);
}
