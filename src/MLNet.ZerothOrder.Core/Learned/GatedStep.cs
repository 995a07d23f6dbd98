using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// What UpdateRNN sees and what its outputs mean in a gated model (<see cref="LearnedKind.Gated"/>). A coordinate's inputs are
/// <code>
/// x = ĝ/r   ln(r/R)   0.3 (θ − c)/ρ   2t/T − 1
/// </code>
/// with r the estimate's current root mean square (an average of the squares with decay 0.95, corrected for its start), R the largest r so
/// far, ρ the Polyak unit of <see cref="LearnedOptimizer"/> and c the point at which the distortion is 0 (0 where nothing is known). All are 0 that would divide by 0. Its three outputs make
/// <code>
/// Δθ = ρ (0.3 o₁ − 0.12 e^{3o₂} x) − 0.002 e^{3o₃} (θ − c)
/// </code>
/// a correction, a step along the estimate and a pull towards c. Exponents are held within ±6.
/// </summary>
public static class GatedStep
{
    /// <summary>I of UpdateRNN.</summary>
    public const int NetworkInputs = 4;

    /// <summary>K of UpdateRNN: o₁, o₂, o₃.</summary>
    public const int NetworkOutputs = 3;

    internal const float Correction = 0.3f;
    internal const float Rate = 0.12f;
    internal const float Pull = 0.002f;
    internal const float PositionScale = 0.3f;
    internal const float ExponentScale = 3;

    // e^±6 either way is as good as nothing and as all.
    internal const float LargestExponent = 6;

    private const double Decay = 0.95;

    /// <summary>The root of the averaged squares, not yet corrected for the average's start at 0.</summary>
    internal static float Average(float root, double square) => (float)Math.Sqrt((Decay * root * root) + ((1 - Decay) * square));

    /// <summary>r from the root of the averaged squares after t steps.</summary>
    internal static double Current(float root, int t) => root / Math.Sqrt(1 - Math.Pow(Decay, t));

    /// <summary>1/x where both are normal numbers, else 0.</summary>
    internal static float Inverse(double x) => float.IsNormal((float)x) && float.IsNormal((float)(1 / x)) ? (float)(1 / x) : 0;

    /// <summary>Writes UpdateRNN's inputs.</summary>
    /// <param name="step">Where the run stands.</param>
    /// <param name="x">ĝ/r, d floats.</param>
    /// <param name="theta">θ before the step, d floats.</param>
    /// <param name="root">The state's root of averaged squares, this step's included.</param>
    /// <param name="largest">R.</param>
    /// <param name="unit">ρ.</param>
    /// <param name="features">4 rows of d floats to fill.</param>
    internal static void WriteFeatures(
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

    /// <summary>Divides by the root mean square; zeros where that is 0.</summary>
    internal static void Normalize(Span<float> values) =>
        TensorPrimitives.Multiply(values, Inverse(Math.Sqrt(SimdKernels.SumOfSquares(values) / values.Length)), values);
}
