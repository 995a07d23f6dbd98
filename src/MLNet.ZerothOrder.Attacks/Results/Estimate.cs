namespace MLNet.ZerothOrder;

/// <summary>A figure and its standard error, NaN where it has none.</summary>
/// <param name="Value">The figure.</param>
/// <param name="StandardError">How far it is expected to be from the same figure over endlessly many images.</param>
public readonly record struct Estimate(double Value, double StandardError);
