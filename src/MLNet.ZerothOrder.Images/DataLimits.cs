namespace MLNet.ZerothOrder.Data;

/// <summary>How large data may be; checked on what a file announces, before memory is taken for it.</summary>
internal static class DataLimits
{
    public const int MostImages = 10_000_000;
    public const int LongestSide = 16_384;

    /// <summary>Pixels of one image, all channels counted.</summary>
    public const int MostPixels = 1 << 26;

    /// <summary>The shape of an announced image, refused with the file's name when no such image is read.</summary>
    public static ImageShape Shape(string path, long channels, long height, long width)
    {
        if (channels is not (1 or 3))
        {
            throw new InputException($"{path}: its images have {channels} channels; give images with 1 (gray) or 3 (RGB).");
        }

        if (height is < 1 or > LongestSide || width is < 1 or > LongestSide || channels * height * width > MostPixels)
        {
            throw new InputException(
                $"{path}: its images are {height}×{width} pixels large; give images with sides of 1..{LongestSide} and at most {MostPixels} values in all channels.");
        }

        return new ImageShape((int)channels, (int)height, (int)width);
    }

    /// <summary>Room for all pixels of a set, refused with the file's name when the set is empty or too large.</summary>
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
                $"{path}: its {count} images of {shape} take {count * shape.Length * sizeof(float) >> 20} MiB, more than there is memory for; give fewer.", e);
        }
    }
}
