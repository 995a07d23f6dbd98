namespace MLNet.ZerothOrder;

/// <summary>How well finite differences of each μ agree with the slopes themselves.</summary>
/// <param name="Points">The curve, in ascending order of μ.</param>
/// <param name="Best">The μ to use.</param>
/// <param name="Queries">What the measurement cost.</param>
public sealed record SmoothingCurve(IReadOnlyList<SmoothingPoint> Points, float Best, long Queries);
