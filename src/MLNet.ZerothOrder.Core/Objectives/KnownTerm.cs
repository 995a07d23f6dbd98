namespace MLNet.ZerothOrder;

/// <summary>
/// The part of a composite objective that is known without a query, in the coordinates of θ:
/// with the queried number m, the loss is <c>max(m, Floor) + Weight · ‖θ − Center‖_Norm</c> over the box <c>Lower ≤ θ ≤ Upper</c>, and
/// that of the box's nearest point outside it. A proximal optimizer handles it exactly.
/// </summary>
/// <param name="Floor">−κ of Eq. 6: below it the queried number is not worth lowering; −∞ where there is no such end.</param>
/// <param name="Weight">c of Eq. 6.</param>
/// <param name="Norm">p of Eq. 6.</param>
/// <param name="Center">d floats: where the distortion is 0; a point of the box.</param>
/// <param name="Lower">d floats: the box's lower corner.</param>
/// <param name="Upper">d floats: the box's upper corner.</param>
public sealed record KnownTerm(
    double Floor, double Weight, DistortionNorm Norm, ReadOnlyMemory<float> Center, ReadOnlyMemory<float> Lower, ReadOnlyMemory<float> Upper);
