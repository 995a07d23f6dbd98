namespace MLNet.ZerothOrder;

/// <summary>The intermediate values of a <see cref="LearnedProximalOptimizer"/>'s step, for its training.</summary>
public sealed class ProximalRecord(int dimension)
{
    /// <summary>Whether the network ran and θ moved. If not, the other values are undefined.</summary>
    public bool Moves { get; set; }

    /// <summary>The inputs of the network, I × d.</summary>
    public float[] Features { get; } = new float[ProximalFeatures.Count * dimension];

    /// <summary>The running estimate, d.</summary>
    public float[] Memory { get; } = new float[dimension];

    /// <summary>The gradient of the step, d.</summary>
    public float[] Direction { get; } = new float[dimension];

    /// <summary>η, d.</summary>
    public float[] Rate { get; } = new float[dimension];

    /// <summary>θ before the step, clipped to the box, d.</summary>
    public float[] Before { get; } = new float[dimension];

    /// <summary>θ after the step, d.</summary>
    public float[] After { get; } = new float[dimension];

    /// <summary>The raw outputs of the network, K × d.</summary>
    public float[] Outputs { get; } = new float[LearnedProximalOptimizer.NetworkOutputs * dimension];

    /// <summary>r.</summary>
    public double MemoryRms { get; set; }

    /// <summary>λ.</summary>
    public float Lambda { get; set; }

    /// <summary>Keeps the inputs and outputs of the network for some coordinates.</summary>
    /// <param name="start">The first coordinate.</param>
    /// <param name="features">I rows.</param>
    /// <param name="outputs">K rows.</param>
    internal void Keep(int start, ReadOnlySpan<float> features, ReadOnlySpan<float> outputs)
    {
        int length = outputs.Length / LearnedProximalOptimizer.NetworkOutputs;
        for (int row = 0; row < ProximalFeatures.Count; row++)
        {
            features.Slice(row * length, length).CopyTo(Features.AsSpan((row * Memory.Length) + start));
        }

        for (int row = 0; row < LearnedProximalOptimizer.NetworkOutputs; row++)
        {
            outputs.Slice(row * length, length).CopyTo(Outputs.AsSpan((row * Memory.Length) + start));
        }
    }
}
