namespace MLNet.ZerothOrder;

/// <summary>One figure to be seen first.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">The figure, as short as can be.</param>
/// <param name="Note">Its spread, or what to compare it with; null for none.</param>
public sealed record Card(string Label, string Value, string? Note = null);
