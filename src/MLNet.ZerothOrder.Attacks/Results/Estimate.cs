namespace MLNet.ZerothOrder;

/// <summary>A figure and its standard error, NaN if it has none.</summary>
/// <param name="Value">The figure.</param>
/// <param name="StandardError">The expected deviation from the same figure over infinitely many images.</param>
public readonly record struct Estimate(double Value, double StandardError);
