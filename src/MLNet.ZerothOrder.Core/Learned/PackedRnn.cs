namespace MLNet.ZerothOrder;

/// <summary>
/// The weights in the order in which <see cref="RnnKernel"/> reads them. For each unit: its 4 gate biases (zeros without
/// biases), then the 4 gate weights for each input, then for each hidden unit; gates in the order i, f, g, o.
/// </summary>
internal sealed class PackedRnn
{
    public PackedRnn(RnnWeights weights)
    {
        Inputs = weights.Inputs;
        Hidden = weights.Hidden;
        Outputs = weights.Outputs;
        Output = weights.OutputWeights.ToArray();
        Skip = weights.SkipWeights.ToArray();
        OutputBias = weights.HasBias ? weights.OutputBiases.ToArray() : new float[weights.Outputs];
        Gates = new float[4 * Hidden * (1 + Inputs + Hidden)];
        int at = 0;
        for (int unit = 0; unit < Hidden; unit++)
        {
            for (int column = -1; column < Inputs + Hidden; column++)
            {
                for (int gate = 0; gate < 4; gate++)
                {
                    int row = (gate * Hidden) + unit;
                    Gates[at++] = column < 0 ? (weights.HasBias ? weights.GateBiases[row] : 0)
                        : column < Inputs ? weights.InputWeights[(row * Inputs) + column]
                        : weights.RecurrentWeights[(row * Hidden) + column - Inputs];
                }
            }
        }
    }

    public int Inputs { get; }

    public int Hidden { get; }

    public float[] Gates { get; }

    public int Outputs { get; }

    /// <summary>V, K × H.</summary>
    public float[] Output { get; }

    /// <summary>D, K × I; empty without a skip connection.</summary>
    public float[] Skip { get; }

    /// <summary>b_v, K; zeros without biases.</summary>
    public float[] OutputBias { get; }

    /// <summary>The number of floats of state for d coordinates.</summary>
    public int StateLength(int dimension) => RnnKernel.StateLength(Hidden, dimension);
}
