namespace MLNet.ZerothOrder;

/// <summary>
/// The part of a composite objective that needs no query, in the coordinates of θ. With the queried number m, the loss is
/// <c>max(m, Floor) + Weight · ‖θ − Center‖_Norm</c> in the box <c>Lower ≤ θ ≤ Upper</c>. Outside the box, the loss is that of the
/// nearest point of the box. A proximal optimizer handles this part exactly.
/// </summary>
/// <param name="Floor">−κ of Eq. 6: lowering m further does not lower the loss. −∞ for no floor.</param>
/// <param name="Weight">c of Eq. 6.</param>
/// <param name="Norm">p of Eq. 6.</param>
/// <param name="Center">d floats: the point with distortion 0, inside the box.</param>
/// <param name="Lower">d floats: the lower corner of the box.</param>
/// <param name="Upper">d floats: the upper corner of the box.</param>
public sealed record KnownTerm(
    double Floor, double Weight, DistortionNorm Norm, ReadOnlyMemory<float> Center, ReadOnlyMemory<float> Lower, ReadOnlyMemory<float> Upper);
