namespace MLNet.ZerothOrder;

/// <summary>
/// The weights of a small convolutional network that says where in an image to ask: it sees maps of an attack's state, of any height and width, and gives for each pixel two
/// numbers o₁, o₂ from which the deviations of the directions follow, the same for all channels of a pixel:
/// <code>
/// h₁ = relu(W₁ ∗ maps + S·scalars + b₁)   h₂ = h₁ + relu(W₂ ∗₂ h₁ + b₂)   h₃ = h₂ + relu(W₃ ∗₄ h₂ + b₃)   o = W₄ h₃ + b₄
/// σ ∝ e^{o₁} + e^{o₂} |G|/r
/// </code>
/// ∗ is a convolution of 3 × 3 places, 1, 2 or 4 pixels apart, that takes places outside the image as 0. Signs do not enter, and no input has a unit.
/// </summary>
/// <remarks>
/// The maps are means over a pixel's channels, with G the estimate, r its root mean square, F its fast average, w = 1 the width of the pixels' range and φ(x) = x / (1 + x):
/// <code>
/// ½ ln(G²/r² + 0.02)   ½ ln((G − F)²/r² + 0.02)   x0 − ½   φ(4 |θ|)   [θ ≠ 0]   [θ at its lower end]   [θ at its upper end]   exp(−ρ²/(2·0.27²))   φ(10 |Δθ|)
/// </code>
/// ρ is the distance from the image's centre, in sides. The scalars are ln(1 + tq/d), 0.3 ln(q/d), e^{−t/4}, 0.3 ln(c/r + 0.001), whether a query has solved the problem, and the last
/// step's λ, with t steps so far. While there is no estimate, what is relative to r is 0.
/// <para>All numbers are in one span, <see cref="Values"/>, in the order W₁ [8, 9, 3, 3], b₁ [8], S [8, 6], W₂ [8, 8, 3, 3], b₂, W₃, b₃, W₄ [2, 8], b₄ [2].</para>
/// </remarks>
public sealed class SpatialWeights
{
    /// <summary>The maps that the network sees.</summary>
    public const int Maps = 9;

    /// <summary>The numbers of the whole image that the network sees.</summary>
    public const int Scalars = 6;

    /// <summary>The channels between its layers.</summary>
    public const int Channels = 8;

    /// <summary>The numbers that it gives for a pixel.</summary>
    public const int Outputs = 2;

    /// <summary>The number of weights.</summary>
    public const int Count = (Channels * ((9 * (Maps + (2 * Channels))) + Scalars + 3 + Outputs)) + Outputs;

    private readonly float[] _values;

    /// <param name="values">The weights in the order above, <see cref="Count"/> of them; copied.</param>
    /// <exception cref="ArgumentException">The number of values is wrong, or a value is not finite.</exception>
    public SpatialWeights(ReadOnlySpan<float> values)
    {
        if (values.Length != Count)
        {
            throw new ArgumentException($"{values.Length} values were given, but the network has {Count} weights.", nameof(values));
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException($"Weight {i} is {values[i]}; weights must be finite numbers.", nameof(values));
            }
        }

        _values = values.ToArray();
        Network = new SpatialNetwork(_values);
    }

    /// <summary>All weights.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The tensors of the network and their shapes, in the order of <see cref="Values"/>.</summary>
    public static IReadOnlyList<(string Name, int[] Shape)> Tensors { get; } =
    [
        ("W1", [Channels, Maps, 3, 3]), ("b1", [Channels]), ("S", [Channels, Scalars]), ("W2", [Channels, Channels, 3, 3]), ("b2", [Channels]),
        ("W3", [Channels, Channels, 3, 3]), ("b3", [Channels]), ("W4", [Outputs, Channels, 1, 1]), ("b4", [Outputs]),
    ];

    /// <summary>Computes the network.</summary>
    internal SpatialNetwork Network { get; }

    /// <summary>Weights to start a training with: all deviations are then nearly those of half a coordinate's estimate and half of none.</summary>
    /// <param name="key">The key of the random numbers.</param>
    public static SpatialWeights Draw(RandomKey key)
    {
        var values = new float[Count];
        int at = 0;
        foreach ((string name, int[] shape) in Tensors)
        {
            int inputs = shape.Skip(1).Aggregate(1, (product, side) => product * side);
            Span<float> tensor = values.AsSpan(at, shape[0] * inputs);
            at += tensor.Length;
            if (shape.Length == 1)
            {
                tensor.Fill(name == "b4" ? MathF.Log(0.5f) : 0);
                continue;
            }

            Numerics.CounterRandom.Uniforms(key.Derive((ulong)at), tensor);
            float scale = (name is "W1" or "S" ? 1 : name == "W4" ? 0.1f : 0.5f) * MathF.Sqrt(1f / inputs);
            for (int i = 0; i < tensor.Length; i++)
            {
                tensor[i] = ((2 * tensor[i]) - 1) * scale;
            }
        }

        return new SpatialWeights(values);
    }
}
