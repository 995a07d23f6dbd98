namespace MLNet.ZerothOrder;

/// <summary>How slopes along directions are measured.</summary>
public enum EstimateKind
{
    /// <summary>One-sided differences f(θ + μu) − f(θ), the paper's Eq. 1: q directions for q + 1 queries.</summary>
    Forward,

    /// <summary>Pairs ±u with differences f(θ + μu) − f(θ − μu): half as many directions, each without the error of the curvature, for the same q + 1 queries.</summary>
    Antithetic,
}
