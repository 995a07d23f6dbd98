namespace MLNet.ZerothOrder;

/// <summary>A vertical line across a chart.</summary>
/// <param name="X">Its place.</param>
/// <param name="Label">What is there.</param>
public sealed record ChartRule(double X, string Label);
