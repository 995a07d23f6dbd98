using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The inputs and outputs of UpdateRNN in a gated model (<see cref="LearnedKind.Gated"/>). The inputs of a coordinate are
/// <code>
/// x = ĝ/r   ln(r/R)   0.3 (θ − a)/ρ   2t/T − 1   ½ ln(T/200)   w/(w + γ)
/// </code>
/// where r is the current root mean square of the estimate (an average of the squares with decay 0.95, with bias correction), R the largest r
/// so far, ρ the Polyak unit of <see cref="LearnedOptimizer"/>, and a the point with distortion 0 (0 if no term is known). A quotient with
/// divisor 0 is 0. The last input is the share of the distortion in the gradient: w is the distortion's slope per coordinate, and
/// γ = R/√(1 + (d + 1)/q) the root mean square of the gradient; 0 if no term is known. The three outputs give
/// <code>
/// Δθ = ρ (0.3 o₁ − 0.12 e^{3o₂} x) − 0.002 e^{3o₃} (θ − a)
/// </code>
/// that is, a correction, a step along the estimate and a pull towards a. Exponents are clamped to ±6.
/// </summary>
/// <remarks>
/// The start of an attack lies in the kink of the distortion, which is most of the first estimate and grows with its weight. Therefore ρ and the first r come
/// from the slopes of the queried part alone, and the first x is shrunk by the share of that part in the estimate's mean square. Networks of older files read only
/// the first four inputs and take the first estimate as it is.
/// </remarks>
public static class GatedStep
{
    /// <summary>I, the inputs of UpdateRNN.</summary>
    public const int NetworkInputs = 6;

    /// <summary>I of older networks, which read neither the length of the run nor the share of the distortion.</summary>
    public const int OlderInputs = 4;

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
    /// <param name="directions">q.</param>
    /// <param name="features">Receives 4 or 6 rows of d floats.</param>
    public static void WriteFeatures(
        in OptimizerStep step, ReadOnlySpan<float> x, ReadOnlySpan<float> theta, float root, float largest, float unit, int directions, Span<float> features)
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
        if (features.Length == NetworkInputs * d)
        {
            features.Slice(4 * d, d).Fill((float)(Math.Log(step.Horizon / 200.0) / 2));
            features[(5 * d)..].Fill(DistortionShare(step.Objective.Known, largest / Math.Sqrt(Spread(d, directions)), d));
        }
    }

    /// <summary>E‖ĝ‖²/‖∇f‖² of the estimate from q directions.</summary>
    internal static double Spread(int dimension, int directions) => 1 + ((dimension + 1.0) / directions);

    /// <summary>The mean square of the first estimate's coordinates without the known term; null if no term is known.</summary>
    internal static double? FirstSquare(in OptimizerStep step, ReadOnlySpan<Evaluation> answers, int dimension)
    {
        if (step.Objective.Known is null)
        {
            return null;
        }

        // Along a direction u ~ N(0, I) the mean squared slope is ‖∇m‖².
        double squares = 0;
        foreach (Evaluation answer in answers[1..])
        {
            double slope = (answer.Queried - answers[0].Queried) / step.Smoothing;
            squares += slope * slope;
        }

        int q = answers.Length - 1;
        return squares / q * Spread(dimension, q) / dimension;
    }

    private static float DistortionShare(KnownTerm? known, double slope, int dimension)
    {
        if (known is null)
        {
            return 0;
        }

        double weight = known.Norm switch
        {
            DistortionNorm.L1 => known.Weight,
            DistortionNorm.L2 => known.Weight / Math.Sqrt(dimension),
            _ => known.Weight / dimension,
        };
        return weight > 0 ? (float)(weight / (weight + slope)) : 0;
    }

    /// <summary>∂L/∂o from the error of the step in units of ρ.</summary>
    /// <param name="features">The inputs of UpdateRNN, 4 or 6 rows of d floats.</param>
    /// <param name="outputs">The outputs of UpdateRNN, 3 rows of d floats.</param>
    /// <param name="error">∂L/∂(Δθ/ρ), d floats.</param>
    /// <param name="outputGradient">Receives ∂L/∂o, 3 rows of d floats.</param>
    public static void Backward(ReadOnlySpan<float> features, ReadOnlySpan<float> outputs, ReadOnlySpan<float> error, Span<float> outputGradient) =>
        WidestLanes.Run(new GatedOutputs(features, outputs, 1, error, outputGradient));

    /// <summary>Divides by the root mean square; gives zeros if that is 0.</summary>
    public static void Normalize(Span<float> values) =>
        TensorPrimitives.Multiply(values, Inverse(Math.Sqrt(SimdKernels.SumOfSquares(values) / values.Length)), values);
}
