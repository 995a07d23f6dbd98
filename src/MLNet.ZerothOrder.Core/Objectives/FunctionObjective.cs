using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>An objective that equals the oracle's only score. θ is the input row. It has no solved state.</summary>
/// <param name="dimension">d.</param>
/// <param name="startScale">θ_0 ~ startScale · N(0, I).</param>
public sealed class FunctionObjective(int dimension, float startScale = 1) : IObjective
{
    /// <inheritdoc/>
    public int Dimension { get; } = dimension > 0
        ? dimension : throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "The dimension must be at least 1.");

    /// <inheritdoc/>
    public int InputLength => Dimension;

    /// <inheritdoc/>
    public KnownTerm? Known { get; init; }

    /// <inheritdoc/>
    public void Initialize(RandomKey key, Span<float> theta)
    {
        CounterRandom.Normals(key, theta);
        for (int i = 0; i < theta.Length; i++)
        {
            theta[i] *= startScale;
        }
    }

    /// <inheritdoc/>
    public void Decode(ReadOnlySpan<float> theta, Span<float> input) => theta.CopyTo(input);

    /// <inheritdoc/>
    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores) => new(scores[0], scores[0], false);
}
