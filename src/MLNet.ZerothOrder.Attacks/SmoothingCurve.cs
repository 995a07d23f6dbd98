namespace MLNet.ZerothOrder;

/// <summary>How well finite differences at each μ agree with the slopes.</summary>
/// <param name="Points">The curve, in ascending order of μ.</param>
/// <param name="Best">The μ to use.</param>
/// <param name="Queries">The queries of the measurement.</param>
public sealed record SmoothingCurve(IReadOnlyList<SmoothingPoint> Points, float Best, long Queries);
