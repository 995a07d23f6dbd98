using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The inputs and outputs of UpdateRNN in a gated model (<see cref="LearnedKind.Gated"/>). The inputs of a coordinate are
/// <code>
/// x = ĝ/r   ln(r/R)   0.3 (θ − c)/ρ   2t/T − 1
/// </code>
/// where r is the current root mean square of the estimate (an average of the squares with decay 0.95, with bias correction), R the largest r
/// so far, ρ the Polyak unit of <see cref="LearnedOptimizer"/>, and c the point with distortion 0 (0 if no term is known). A quotient with
/// divisor 0 is 0. The three outputs give
/// <code>
/// Δθ = ρ (0.3 o₁ − 0.12 e^{3o₂} x) − 0.002 e^{3o₃} (θ − c)
/// </code>
/// that is, a correction, a step along the estimate and a pull towards c. Exponents are clamped to ±6.
/// </summary>
public static class GatedStep
{
    /// <summary>I, the inputs of UpdateRNN.</summary>
    public const int NetworkInputs = 4;

    /// <summary>K, the outputs of UpdateRNN: o₁, o₂, o₃.</summary>
    public const int NetworkOutputs = 3;

    /// <summary>The size of the correction, in units of ρ.</summary>
    public const float Correction = 0.3f;

    /// <summary>The step along the estimate at o₂ = 0, in units of ρ.</summary>
    public const float Rate = 0.12f;

    /// <summary>The pull towards c at o₃ = 0.</summary>
    public const float Pull = 0.002f;

    /// <summary>The factor of the third input.</summary>
    public const float PositionScale = 0.3f;

    /// <summary>The factor of o₂ and o₃ in the exponents.</summary>
    public const float ExponentScale = 3;

    /// <summary>Exponents are clamped to this. Larger ones have no practical effect: e^−6 already disables a term, and e^6 already dominates.</summary>
    public const float LargestExponent = 6;

    private const double Decay = 0.95;

    /// <summary>The root of the averaged squares, without bias correction.</summary>
    internal static float Average(float root, double square) => (float)Math.Sqrt((Decay * root * root) + ((1 - Decay) * square));

    /// <summary>r from the root of the averaged squares after t steps, with bias correction.</summary>
    internal static double Current(float root, int t) => root / Math.Sqrt(1 - Math.Pow(Decay, t));

    /// <summary>1/x if x and 1/x are normal numbers, else 0.</summary>
    internal static float Inverse(double x) => float.IsNormal((float)x) && float.IsNormal((float)(1 / x)) ? (float)(1 / x) : 0;

    /// <summary>Writes the inputs of UpdateRNN.</summary>
    /// <param name="step">The step.</param>
    /// <param name="x">ĝ/r, d floats.</param>
    /// <param name="theta">θ before the step, d floats.</param>
    /// <param name="root">The root of the averaged squares, including this step.</param>
    /// <param name="largest">R.</param>
    /// <param name="unit">ρ.</param>
    /// <param name="features">Receives 4 rows of d floats.</param>
    public static void WriteFeatures(
        in OptimizerStep step, ReadOnlySpan<float> x, ReadOnlySpan<float> theta, float root, float largest, float unit, Span<float> features)
    {
        int d = x.Length;
        double ratio = Current(root, step.Number) / largest;
        x.CopyTo(features);
        features.Slice(d, d).Fill(ratio > 0 ? (float)Math.Log(ratio) : 0);
        Span<float> position = features.Slice(2 * d, d);
        if (step.Objective.Known is { } known)
        {
            TensorPrimitives.Subtract(theta, known.Center.Span, position);
        }
        else
        {
            theta.CopyTo(position);
        }

        TensorPrimitives.Multiply(position, PositionScale * Inverse(unit), position);
        features.Slice(3 * d, d).Fill((float)((2.0 * Math.Min(step.Number, step.Horizon) / step.Horizon) - 1));
    }

    /// <summary>∂L/∂o from the error of the step in units of ρ.</summary>
    /// <param name="features">The inputs of UpdateRNN, 4 rows of d floats.</param>
    /// <param name="outputs">The outputs of UpdateRNN, 3 rows of d floats.</param>
    /// <param name="error">∂L/∂(Δθ/ρ), d floats.</param>
    /// <param name="outputGradient">Receives ∂L/∂o, 3 rows of d floats.</param>
    public static void Backward(ReadOnlySpan<float> features, ReadOnlySpan<float> outputs, ReadOnlySpan<float> error, Span<float> outputGradient) =>
        WidestLanes.Run(new GatedOutputs(features, outputs, 1, error, outputGradient));

    /// <summary>Divides by the root mean square; gives zeros if that is 0.</summary>
    public static void Normalize(Span<float> values) =>
        TensorPrimitives.Multiply(values, Inverse(Math.Sqrt(SimdKernels.SumOfSquares(values) / values.Length)), values);
}
