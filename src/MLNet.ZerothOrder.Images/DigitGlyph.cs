namespace MLNet.ZerothOrder.Data;

/// <summary>One way of writing a digit.</summary>
/// <param name="Points">Where the pen passes, in a box of 100 × 100, y down.</param>
/// <param name="Pieces">Smooth pieces of ink, each as indices of at least two points; pieces that share a point meet in a corner.</param>
internal sealed record DigitGlyph((double X, double Y)[] Points, int[][] Pieces);
