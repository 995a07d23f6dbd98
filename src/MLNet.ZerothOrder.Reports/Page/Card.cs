namespace MLNet.ZerothOrder.Reports;

/// <summary>One of the main figures of a report.</summary>
/// <param name="Label">The name of the figure.</param>
/// <param name="Value">The figure, as short as possible.</param>
/// <param name="Note">Its spread, or a value to compare it with; null for none.</param>
public sealed record Card(string Label, string Value, string? Note = null);
