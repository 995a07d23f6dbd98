namespace MLNet.ZerothOrder.Data;

/// <summary>One variant of a digit's shape.</summary>
/// <param name="Points">The points of the pen strokes, in a box of 100 × 100, y down.</param>
/// <param name="Pieces">Smooth pieces of the strokes, each as indices of at least two points. Pieces that share a point form a corner.</param>
internal sealed record DigitGlyph((double X, double Y)[] Points, int[][] Pieces);
