namespace MLNet.ZerothOrder.Reports;

/// <summary>A vertical line across a chart.</summary>
/// <param name="X">The position of the line.</param>
/// <param name="Label">The label of the line.</param>
public sealed record ChartRule(double X, string Label);
