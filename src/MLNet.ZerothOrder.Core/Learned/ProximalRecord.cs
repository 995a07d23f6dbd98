namespace MLNet.ZerothOrder;

/// <summary>What a step of a <see cref="LearnedProximalOptimizer"/> was made of, for its training.</summary>
internal sealed class ProximalRecord(int dimension)
{
    /// <summary>Whether the network ran and θ moved; else nothing below is of this step.</summary>
    public bool Moves { get; set; }

    /// <summary>The network's inputs, I × d.</summary>
    public float[] Features { get; } = new float[ProximalFeatures.Count * dimension];

    /// <summary>The memory, d.</summary>
    public float[] Memory { get; } = new float[dimension];

    /// <summary>The gradient that the step was made with, d.</summary>
    public float[] Direction { get; } = new float[dimension];

    /// <summary>η, d.</summary>
    public float[] Rate { get; } = new float[dimension];

    /// <summary>θ before the step, in the box, d.</summary>
    public float[] Before { get; } = new float[dimension];

    /// <summary>θ after it, d.</summary>
    public float[] After { get; } = new float[dimension];

    /// <summary>The network's raw outputs, K × d.</summary>
    public float[] Outputs { get; } = new float[LearnedProximalOptimizer.NetworkOutputs * dimension];

    /// <summary>r.</summary>
    public double MemoryRms { get; set; }

    /// <summary>λ.</summary>
    public float Lambda { get; set; }
}
