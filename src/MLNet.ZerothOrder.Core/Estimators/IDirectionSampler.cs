namespace MLNet.ZerothOrder;

/// <summary>The distribution of the query directions u in Eq. 1.</summary>
public interface IDirectionSampler
{
    /// <summary>The factor that makes the mean of uuᵀ the identity: 1 for Gaussian directions, d for coordinates. A deliberately biased sampler keeps its scale.</summary>
    float Scale(int dimension);

    /// <summary>Writes directions of d floats each.</summary>
    /// <param name="key">The step's key. Row i depends only on it, on i and on the last step.</param>
    /// <param name="gradient">The estimate ĝ_{t−1} of the last step, zeros at first; d floats.</param>
    /// <param name="update">The update Δθ_{t−1} of the last step, zeros at first; d floats.</param>
    /// <param name="directions">Receives rows × d floats.</param>
    void Sample(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions);
}
