namespace MLNet.ZerothOrder;

/// <summary>A median and its 95 % interval, NaN where it has none.</summary>
/// <param name="Value">The median.</param>
/// <param name="Low">The interval's low end.</param>
/// <param name="High">Its high end.</param>
public readonly record struct MedianEstimate(double Value, double Low, double High);
