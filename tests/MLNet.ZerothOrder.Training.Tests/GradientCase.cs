using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Random numbers for one call of a backend: I inputs, H hidden units, K outputs, d coordinates, T steps.</summary>
internal sealed class GradientCase
{
    private const int Block = 16;

    public GradientCase(int inputs, int hidden, int outputs, bool hasSkip, bool hasBias, int dimension, int steps, float inputScale = 1, float weightScale = 0.5f)
    {
        RandomKey key = RandomKey.FromSeed(1);
        int count = RnnWeights.Count(inputs, hidden, hasBias, outputs, hasSkip);
        Weights = new RnnWeights(inputs, hidden, hasBias, Normals(key.Derive(1), count, weightScale), outputs, hasSkip);
        Dimension = dimension;
        Steps = steps;
        Inputs = Normals(key.Derive(2), steps * inputs * dimension, inputScale);
        OutputGradient = Normals(key.Derive(3), steps * outputs * dimension, 1);

        // What the last block is filled up with has numbers too, which must not matter.
        State = Normals(key.Derive(4), (dimension + Block - 1) / Block * Block * 2 * hidden, 0.5f);
    }

    public RnnWeights Weights { get; }

    public int Dimension { get; }

    public int Steps { get; }

    public float[] Inputs { get; }

    public float[] State { get; }

    public float[] OutputGradient { get; }

    /// <summary>A coordinate's inputs, T × I.</summary>
    public double[] InputsOf(int coordinate) => Column(Inputs, coordinate);

    /// <summary>A coordinate's ∂L/∂output, T × K.</summary>
    public double[] OutputGradientOf(int coordinate) => Column(OutputGradient, coordinate);

    /// <summary>A coordinate's (h, c) before the first step, 2H.</summary>
    public double[] StateOf(int coordinate)
    {
        int width = 2 * Weights.Hidden;
        return [.. Enumerable.Range(0, width).Select(row => (double)State[(((coordinate / Block * width) + row) * Block) + (coordinate % Block)])];
    }

    private double[] Column(float[] rows, int coordinate) =>
        [.. Enumerable.Range(0, rows.Length / Dimension).Select(row => (double)rows[(row * Dimension) + coordinate])];

    private static float[] Normals(RandomKey key, int count, float scale)
    {
        var values = new float[count];
        CounterRandom.Normals(key, values);
        return [.. values.Select(v => scale * v)];
    }
}
