namespace MLNet.ZerothOrder.Data;

/// <summary>Limits for the size of data. They are checked against the sizes that a file declares, before memory is allocated.</summary>
internal static class DataLimits
{
    public const int MostImages = 10_000_000;
    public const int LongestSide = 16_384;

    /// <summary>The limit for the pixels of one image, over all channels.</summary>
    public const int MostPixels = 1 << 26;

    /// <summary>The shape of the declared images. Unsupported shapes are refused with the name of the file.</summary>
    public static ImageShape Shape(string path, long channels, long height, long width)
    {
        if (channels is not (1 or 3 or 4))
        {
            throw new InputException($"{path}: its images have {channels} channels; give images with 1 (gray), 3 (RGB) or 4 (RGB and opacity, or four bands).");
        }

        if (height is < 1 or > LongestSide || width is < 1 or > LongestSide || channels * height * width > MostPixels)
        {
            throw new InputException(
                $"{path}: its images have {height}×{width} pixels; give images with sides of 1..{LongestSide} and at most {MostPixels} values in all channels.");
        }

        return new ImageShape((int)channels, (int)height, (int)width);
    }

    /// <summary>Allocates all pixels of a set. Empty and too large sets are refused with the name of the file.</summary>
    public static float[] Allocate(string path, long count, ImageShape shape)
    {
        if (count is < 1 or > MostImages || count * shape.Length > Array.MaxLength)
        {
            throw new InputException(
                $"{path}: holds {count} images of {shape}; give 1..{Math.Min(MostImages, Array.MaxLength / shape.Length)} images of this size.");
        }

        try
        {
            return GC.AllocateUninitializedArray<float>((int)(count * shape.Length));
        }
        catch (OutOfMemoryException e)
        {
            throw new InputException(
                $"{path}: its {count} images of {shape} take {count * shape.Length * sizeof(float) >> 20} MiB, more than the available memory; give fewer images.", e);
        }
    }
}
