namespace MLNet.ZerothOrder.Tests;

/// <summary>A recorded step of a <see cref="LearnedOptimizer"/>.</summary>
/// <param name="Number">t, from 1.</param>
/// <param name="Before">The optimizer's state before the answers.</param>
/// <param name="After">And after them.</param>
/// <param name="Normals">z of the directions u = σ ⊙ z, q × d.</param>
/// <param name="Directions">u, q × d.</param>
/// <param name="Slopes">[f(θ + μuᵢ) − f(θ)]/μ.</param>
/// <param name="From">θ_{t−1}.</param>
/// <param name="To">θ_t.</param>
internal sealed record PaperStep(
    int Number, float[] Before, float[] After, float[] Normals, float[] Directions, double[] Slopes, float[] From, float[] To)
{
    private const int Block = 16;

    /// <summary>The step before; null for the problem's first.</summary>
    public PaperStep? Previous { get; init; }

    /// <summary>Two estimates of the gradient at θ_{t−1} that the tape was told; empty where it was told none.</summary>
    public (float[] First, float[] Second) Measured { get; init; } = ([], []);

    /// <summary>d.</summary>
    public int Dimension => From.Length;

    /// <summary>ĝ in units of r, as the networks saw it.</summary>
    public double[] Estimate => Part(After, (After.Length - 3) - (3 * Dimension));

    /// <summary>Δθ as QueryRNN saw it.</summary>
    public double[] Update => Part(After, (After.Length - 3) - (2 * Dimension));

    /// <summary>r.</summary>
    public double Largest => After[^3];

    /// <summary>ρ.</summary>
    public double Unit => After[^1];

    /// <summary>A coordinate's (h, c) of a network before the step.</summary>
    /// <param name="offset">Where the network's state starts.</param>
    /// <param name="hidden">H.</param>
    public double[] StateOf(int offset, int hidden, int coordinate) =>
        [.. Enumerable.Range(0, 2 * hidden).Select(row => (double)Before[offset + (((coordinate / Block * 2 * hidden) + row) * Block) + (coordinate % Block)])];

    /// <summary>Floats that a network's state takes.</summary>
    public static int StateLength(int hidden, int dimension) => (dimension + Block - 1) / Block * Block * 2 * hidden;

    private double[] Part(float[] state, int start) => [.. state.AsSpan(start, Dimension).ToArray().Select(x => (double)x)];
}
