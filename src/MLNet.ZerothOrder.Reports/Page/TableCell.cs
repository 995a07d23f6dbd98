namespace MLNet.ZerothOrder.Reports;

/// <summary>A cell of a table.</summary>
/// <param name="Text">The displayed text.</param>
/// <param name="Value">The value to sort by, for a right-aligned number; null for left-aligned text.</param>
public sealed record TableCell(string Text, double? Value = null)
{
    /// <summary>Whether the cell is highlighted, such as a value that changed.</summary>
    public bool IsMarked { get; init; }
}
