namespace MLNet.ZerothOrder;

/// <summary>The result of tuning.</summary>
/// <param name="BestPoint">The evaluated point with the lowest loss, d floats; the start if no loss was finite.</param>
/// <param name="BestLoss">The lowest loss; NaN if no loss was finite.</param>
/// <param name="Stop">Why tuning ended; null if it has not ended.</param>
/// <param name="Trace">The loss of every evaluation, in the order in which the points were asked.</param>
public sealed record TunerResult(ReadOnlyMemory<float> BestPoint, double BestLoss, StopReason? Stop, IReadOnlyList<double> Trace);
