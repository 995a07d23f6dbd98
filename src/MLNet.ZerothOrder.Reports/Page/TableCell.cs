namespace MLNet.ZerothOrder;

/// <summary>A cell of a table.</summary>
/// <param name="Text">What it shows.</param>
/// <param name="Value">What its column is sorted by, flush right; null for a text, flush left.</param>
public sealed record TableCell(string Text, double? Value = null);
