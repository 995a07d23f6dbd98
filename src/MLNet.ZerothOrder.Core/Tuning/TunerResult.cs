namespace MLNet.ZerothOrder;

/// <summary>What tuning found.</summary>
/// <param name="BestPoint">The evaluated point of the lowest loss, d floats; the start where no loss was a finite number.</param>
/// <param name="BestLoss">Its loss; NaN where no loss was a finite number.</param>
/// <param name="Stop">Why tuning ended; null where it has not.</param>
/// <param name="Trace">The loss of every evaluation, in the order in which the points were asked.</param>
public sealed record TunerResult(ReadOnlyMemory<float> BestPoint, double BestLoss, StopReason? Stop, IReadOnlyList<double> Trace);
