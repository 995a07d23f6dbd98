namespace MLNet.ZerothOrder;

/// <summary>The layout of planes with a border of zeros that is as wide as the widest convolution reaches. Rows end with zeros up to a whole register.</summary>
/// <param name="Height">The rows of an image.</param>
/// <param name="Width">Its columns.</param>
internal readonly record struct SpatialPlanes(int Height, int Width)
{
    /// <summary>The most lanes of a register.</summary>
    public const int Lanes = 16;

    private const int Border = 4;

    /// <summary>The numbers of a row with its border.</summary>
    public int Stride => ((Width + Lanes - 1) / Lanes * Lanes) + (2 * Border);

    /// <summary>The numbers of a plane with its border.</summary>
    public int Length => checked(Stride * (Height + (2 * Border)));

    /// <summary>Where a row of the image begins in a plane.</summary>
    public int Row(int y) => ((y + Border) * Stride) + Border;
}
