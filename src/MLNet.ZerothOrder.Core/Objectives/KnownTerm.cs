namespace MLNet.ZerothOrder;

/// <summary>
/// The part of a composite objective that is known without a query, in the coordinates of θ:
/// with the queried number m, the loss is <c>max(m, Floor) + Weight · ‖θ − Center‖_Norm</c> over the box <c>Lower ≤ θ ≤ Upper</c>. A
/// proximal optimizer handles it exactly.
/// </summary>
/// <param name="Floor">−κ of Eq. 6: below it the queried number is not worth lowering; −∞ where there is no such end.</param>
/// <param name="Weight">c of Eq. 6.</param>
/// <param name="Norm">p of Eq. 6.</param>
/// <param name="Center">d floats: where the distortion is 0.</param>
/// <param name="Lower">d floats: the box's lower corner.</param>
/// <param name="Upper">d floats: the box's upper corner.</param>
public sealed record KnownTerm(
    double Floor, double Weight, DistortionNorm Norm, ReadOnlyMemory<float> Center, ReadOnlyMemory<float> Lower, ReadOnlyMemory<float> Upper)
{
    /// <summary>
    /// Turns around each element of some directions that would lead θ + μu out of the box, and drops it where both ways lead out: a probe
    /// outside is a probe on the face, and its slope not that along u.
    /// </summary>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="directions">Rows of d floats.</param>
    public void TurnInward(ReadOnlySpan<float> theta, float smoothing, Span<float> directions)
    {
        ReadOnlySpan<float> lower = Lower.Span;
        ReadOnlySpan<float> upper = Upper.Span;
        for (int start = 0; start < directions.Length; start += theta.Length)
        {
            Span<float> direction = directions.Slice(start, theta.Length);
            for (int i = 0; i < direction.Length; i++)
            {
                float step = smoothing * direction[i];
                if (theta[i] + step < lower[i] || theta[i] + step > upper[i])
                {
                    direction[i] = theta[i] - step >= lower[i] && theta[i] - step <= upper[i] ? -direction[i] : 0;
                }
            }
        }
    }
}
