namespace MLNet.ZerothOrder;

/// <summary>One point of a smoothing curve.</summary>
/// <param name="Smoothing">μ.</param>
/// <param name="Cosine">The cosine between the gradient estimate at this μ and the exact one along the same directions.</param>
public readonly record struct SmoothingPoint(float Smoothing, double Cosine);
