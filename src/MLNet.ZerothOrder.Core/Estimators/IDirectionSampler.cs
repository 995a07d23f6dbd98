namespace MLNet.ZerothOrder;

/// <summary>Where query directions come from: the distribution of u in Eq. 1.</summary>
public interface IDirectionSampler
{
    /// <summary>The factor that makes the mean of uuᵀ the identity (a sampler biased on purpose keeps its scale): 1 for Gaussian directions, d for coordinates.</summary>
    float Scale(int dimension);

    /// <summary>Fills rows of d floats with directions.</summary>
    /// <param name="key">The step's key; row i depends on it and on i alone.</param>
    /// <param name="gradient">The last step's estimate ĝ_{t−1}, 0 at first; d floats.</param>
    /// <param name="update">The last step's update Δθ_{t−1}, 0 at first; d floats.</param>
    /// <param name="directions">Rows × d floats to fill.</param>
    void Sample(RandomKey key, ReadOnlySpan<float> gradient, ReadOnlySpan<float> update, Span<float> directions);
}
