namespace MLNet.ZerothOrder;

/// <summary>An axis of a chart.</summary>
/// <param name="Label">What it measures, with its unit where it has one.</param>
/// <param name="Logarithmic">Whether it starts out logarithmic; values that are not above 0 are left out then.</param>
public sealed record ChartAxis(string Label, bool Logarithmic = false);
