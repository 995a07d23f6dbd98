namespace MLNet.ZerothOrder.Reports;

/// <summary>An axis of a chart.</summary>
/// <param name="Label">The quantity, with its unit if it has one.</param>
/// <param name="Logarithmic">Whether the axis is logarithmic at first. A logarithmic axis omits values that are not positive.</param>
public sealed record ChartAxis(string Label, bool Logarithmic = false);
