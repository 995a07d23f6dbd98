using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The weights of a coordinatewise RNN, shared by all coordinates: an LSTM of one layer with H hidden units over I inputs, and a linear
/// layer to K outputs. With a skip connection, the outputs also depend directly on the inputs.
/// <code>
/// [i; f; g; o] = Wx + Rh + b,   c ← σ(f) c + σ(i) tanh(g),   h ← σ(o) tanh(c),   output = Vh + Dx + b_v
/// </code>
/// </summary>
/// <remarks>
/// All numbers are in one span, <see cref="Values"/>, in this order:
/// <list type="number">
/// <item><see cref="InputWeights"/> W, 4H × I, row by row;</item>
/// <item><see cref="RecurrentWeights"/> R, 4H × H, row by row;</item>
/// <item><see cref="GateBiases"/> b, 4H, if there are biases;</item>
/// <item><see cref="OutputWeights"/> V, K × H, row by row;</item>
/// <item><see cref="SkipWeights"/> D, K × I, row by row, if there is a skip connection;</item>
/// <item><see cref="OutputBiases"/> b_v, K, if there are biases.</item>
/// </list>
/// The rows of the gates are in the order i, f, g, o (as in PyTorch; ONNX files have i, o, f, g): gate k of unit j is row kH + j.
/// </remarks>
public sealed class RnnWeights
{
    /// <summary>The largest H. A larger network would cost more per coordinate than the queries that it learns from.</summary>
    public const int MaxHidden = 256;

    /// <summary>The largest I.</summary>
    public const int MaxInputs = 64;

    /// <summary>The largest K.</summary>
    public const int MaxOutputs = 8;

    private readonly float[] _values;

    /// <param name="inputs">I, from 1 to <see cref="MaxInputs"/>.</param>
    /// <param name="hidden">H, from 1 to <see cref="MaxHidden"/>.</param>
    /// <param name="hasBias">Whether the gates and the output have biases.</param>
    /// <param name="values">All weights in the order above, <see cref="Count"/> of them; copied.</param>
    /// <param name="outputs">K, from 1 to <see cref="MaxOutputs"/>.</param>
    /// <param name="hasSkip">Whether the outputs depend directly on the inputs.</param>
    /// <exception cref="ArgumentOutOfRangeException">I, H or K is outside its range.</exception>
    /// <exception cref="ArgumentException">The number of values is wrong, or a value is not finite.</exception>
    public RnnWeights(int inputs, int hidden, bool hasBias, ReadOnlySpan<float> values, int outputs = 1, bool hasSkip = false)
    {
        int count = Count(inputs, hidden, hasBias, outputs, hasSkip);
        if (values.Length != count)
        {
            throw new ArgumentException(
                $"{values.Length} values were given, but {inputs} inputs and {hidden} hidden units {(hasBias ? "with" : "without")} biases need {count}.",
                nameof(values));
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ArgumentException($"Weight {i} is {values[i]}; weights must be finite numbers.", nameof(values));
            }
        }

        Inputs = inputs;
        Hidden = hidden;
        Outputs = outputs;
        HasBias = hasBias;
        HasSkip = hasSkip;
        _values = values.ToArray();
    }

    /// <summary>I.</summary>
    public int Inputs { get; }

    /// <summary>H.</summary>
    public int Hidden { get; }

    /// <summary>K.</summary>
    public int Outputs { get; }

    /// <summary>Whether the gates and the output have biases.</summary>
    public bool HasBias { get; }

    /// <summary>Whether the outputs depend directly on the inputs.</summary>
    public bool HasSkip { get; }

    /// <summary>All weights in the order above.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>W, 4H × I.</summary>
    public ReadOnlySpan<float> InputWeights => _values.AsSpan(0, 4 * Hidden * Inputs);

    /// <summary>R, 4H × H.</summary>
    public ReadOnlySpan<float> RecurrentWeights => _values.AsSpan(4 * Hidden * Inputs, 4 * Hidden * Hidden);

    /// <summary>b, 4H; empty without biases.</summary>
    public ReadOnlySpan<float> GateBiases => HasBias ? _values.AsSpan(4 * Hidden * (Inputs + Hidden), 4 * Hidden) : default;

    /// <summary>V, K × H.</summary>
    public ReadOnlySpan<float> OutputWeights => _values.AsSpan(Gates, Outputs * Hidden);

    /// <summary>D, K × I; empty without a skip connection.</summary>
    public ReadOnlySpan<float> SkipWeights => HasSkip ? _values.AsSpan(Gates + (Outputs * Hidden), Outputs * Inputs) : default;

    /// <summary>b_v, K; empty without biases.</summary>
    public ReadOnlySpan<float> OutputBiases => HasBias ? _values.AsSpan(_values.Length - Outputs) : default;

    /// <summary>The same weights in the order of the kernels; created at first use.</summary>
    internal PackedRnn Packed => field ??= new PackedRnn(this);

    private int Gates => 4 * Hidden * (Inputs + Hidden + (HasBias ? 1 : 0));

    /// <summary>The number of weights of such a network.</summary>
    /// <exception cref="ArgumentOutOfRangeException">I, H or K is outside its range.</exception>
    public static int Count(int inputs, int hidden, bool hasBias, int outputs = 1, bool hasSkip = false)
    {
        ThrowIfOutside(inputs, MaxInputs, nameof(inputs));
        ThrowIfOutside(hidden, MaxHidden, nameof(hidden));
        ThrowIfOutside(outputs, MaxOutputs, nameof(outputs));
        int bias = hasBias ? 1 : 0;
        return (4 * hidden * (inputs + hidden + bias)) + (outputs * (hidden + (hasSkip ? inputs : 0) + bias));
    }

    /// <summary>The number of floats of (h, c) for d coordinates, in the layout of <see cref="ManagedRnn"/>.</summary>
    public int StateLength(int dimension) => RnnKernel.StateLength(Hidden, dimension);

    /// <summary>The same network with other values.</summary>
    public RnnWeights With(ReadOnlySpan<float> values) => new(Inputs, Hidden, HasBias, values, Outputs, HasSkip);

    /// <summary>
    /// Draws initial weights for a training: uniform in ±1/√H. The weights of the output layer are a tenth of that, so that first updates are small.
    /// </summary>
    /// <param name="key">The key of the draw.</param>
    /// <param name="inputs">I.</param>
    /// <param name="hidden">H.</param>
    /// <param name="hasBias">Whether the gates and the output have biases.</param>
    /// <param name="outputs">K.</param>
    /// <param name="hasSkip">Whether the outputs depend directly on the inputs.</param>
    public static RnnWeights Draw(RandomKey key, int inputs, int hidden, bool hasBias = false, int outputs = 1, bool hasSkip = false)
    {
        var values = new float[Count(inputs, hidden, hasBias, outputs, hasSkip)];
        CounterRandom.Uniforms(key, values);
        int output = 4 * hidden * (inputs + hidden + (hasBias ? 1 : 0));
        float bound = 1 / MathF.Sqrt(hidden);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ((2 * values[i]) - 1) * (i < output ? bound : 0.1f * bound);
        }

        return new RnnWeights(inputs, hidden, hasBias, values, outputs, hasSkip);
    }

    private static void ThrowIfOutside(int value, int max, string name)
    {
        if (value < 1 || value > max)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be in 1..{max}.");
        }
    }
}
