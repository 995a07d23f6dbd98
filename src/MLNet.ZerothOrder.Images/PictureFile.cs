using ImageMagick;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads pictures: JPEG, PNG, WebP, BMP, TIFF and the first frame of a GIF. The ending of a file's name states its format, and a content of another format is refused.
/// Pixels are those that Pillow's <c>convert("RGB")</c> and <c>convert("L")</c> give, with which most classifiers were trained: profiles and gamma are ignored, CMYK becomes
/// RGB by (1 − c)(1 − k), 16 bits become 8, and transparent pixels keep their colors. The orientation in the Exif data is applied.
/// Magick.NET's limit of a side is set to 65,535 for the whole process.
/// </summary>
public static class PictureFile
{
    /// <summary>The most pixels of a picture, width times height.</summary>
    internal const int MostPixels = 100_000_000;

    private const int MostFileBytes = 1 << 28;

    // Even a header with absurd sides makes the library allocate. No format but PNG, BMP and TIFF can state larger sides than this.
    private const ulong MostStated = ushort.MaxValue;

    static PictureFile()
    {
        ResourceLimits.Width = Math.Min(ResourceLimits.Width, MostStated);
        ResourceLimits.Height = Math.Min(ResourceLimits.Height, MostStated);
    }

    /// <summary>Whether the ending of a file's name is that of a format that is read.</summary>
    public static bool IsNamed(string file) => PictureKind.Named(file) is not null;

    /// <summary>Reads a picture file. Gray gives one channel, with or without opacity, colors with opacity give four, all others three.</summary>
    /// <exception cref="InputException">The file cannot be read, is damaged or too large, or is not of the format that its name states.</exception>
    public static PixelBuffer Read(string path) => Decode(Content(path), path);

    /// <summary>Reads the bytes of a picture file.</summary>
    internal static byte[] Content(string path)
    {
        using InputFile file = InputFile.Open(path);
        return file.ReadAll(MostFileBytes);
    }

    /// <summary>Reads the header of a picture alone. A damage behind it is not noticed.</summary>
    internal static PictureHeader Header(ReadOnlySpan<byte> content, string name)
    {
        using var picture = new MagickImage();
        Open(picture, content, Settings(content, name), name);
        bool isTurned = picture.Orientation is not (Orientation.Undefined or Orientation.TopLeft);
        return picture.Orientation >= Orientation.LeftTop
            ? new PictureHeader((int)picture.Height, (int)picture.Width, Channels(picture), isTurned)
            : new PictureHeader((int)picture.Width, (int)picture.Height, Channels(picture), isTurned);
    }

    /// <summary>Decodes the content of a picture file.</summary>
    /// <param name="content">The content.</param>
    /// <param name="name">The name of the file, whose ending states the format; errors name it.</param>
    /// <exception cref="InputException">The content is damaged or too large, or is not of the format that the name states.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> content, string name)
    {
        MagickReadSettings settings = Settings(content, name);
        using var picture = new MagickImage();
        string? cut = null;
        picture.Warning += (_, warning) => cut ??= warning.Message.StartsWith("Premature end", StringComparison.Ordinal) ? warning.Message : null;
        Open(picture, content, settings, name);
        try
        {
            picture.Read(content, settings);
            picture.AutoOrient();
            return cut is null ? Pixels(picture) : throw Damaged(name, cut, null);
        }
        catch (MagickException e)
        {
            throw Damaged(name, e.Message, e);
        }
    }

    // The header alone, so that no memory is taken for a picture that is too large.
    private static void Open(MagickImage picture, ReadOnlySpan<byte> content, MagickReadSettings settings, string name)
    {
        try
        {
            picture.Ping(content, settings);
        }
        catch (MagickException e)
        {
            throw Damaged(name, e.Message, e);
        }

        // A GIF's frame may be smaller than the whole picture, or lie outside it.
        (long width, long height) = picture.Format == MagickFormat.Gif ? (Math.Max(picture.Width, picture.Page.Width), Math.Max(picture.Height, picture.Page.Height)) : (picture.Width, picture.Height);
        if (Math.Max(width, height) > DataLimits.LongestSide || width * height > MostPixels)
        {
            throw new InputException($"{name}: has {width}×{height} pixels; give pictures with sides of at most {DataLimits.LongestSide} and at most {MostPixels / 1_000_000} million pixels.");
        }
    }

    private static MagickReadSettings Settings(ReadOnlySpan<byte> content, string name)
    {
        PictureKind kind = PictureKind.Named(name) ?? throw new InputException($"{name}: is not named as a picture; give files that end in {string.Join(", ", PictureKind.All.Select(kind => kind.Ending))}.");
        PictureKind? actual = PictureKind.Of(content);
        if (actual != kind)
        {
            throw new InputException(content.IsEmpty ? $"{name}: is empty; copy or save it again."
                : actual is null ? $"{name}: starts with {Start(content)}, unlike a {kind.Name} file; save it as {kind.Name}."
                : $"{name}: is a {actual.Name} file; name it {Path.GetFileNameWithoutExtension(name)}{actual.Ending}, or save it as {kind.Name}.");
        }

        return new MagickReadSettings { Format = kind.Format, FrameIndex = 0, FrameCount = 1 };
    }

    private static string Start(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> head = content[..Math.Min(content.Length, 8)];
        return head.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"the bytes {Convert.ToHexString(head)}" : InputFile.Quote(System.Text.Encoding.ASCII.GetString(head));
    }

    private static PixelBuffer Pixels(MagickImage picture)
    {
        // The first frame of a GIF may cover only a part of its picture.
        if (picture.Format == MagickFormat.Gif && (picture.Page.Width > picture.Width || picture.Page.Height > picture.Height))
        {
            picture.Extent(new MagickGeometry(-picture.Page.X, -picture.Page.Y, picture.Page.Width, picture.Page.Height), picture.BackgroundColor ?? MagickColors.Black);
        }

        if (picture.ColorSpace is not (ColorSpace.sRGB or ColorSpace.RGB or ColorSpace.Gray or ColorSpace.LinearGray or ColorSpace.CMYK))
        {
            picture.ColorSpace = ColorSpace.sRGB;
        }

        int channels = Channels(picture);
        string map = picture.ColorSpace == ColorSpace.CMYK ? "CMYK" : channels switch { 1 => "R", 3 => "RGB", _ => "RGBA" };
        using IPixelCollection<byte> pixels = picture.GetPixels();
        byte[] bytes = pixels.ToByteArray(map)!;
        return map == "CMYK" ? OfInks(picture, bytes) : new PixelBuffer((int)picture.Width, (int)picture.Height, channels, bytes);
    }

    // A transparent color of a palette is no channel. Pillow does not read the opacity of a BMP.
    private static int Channels(MagickImage picture) => picture.ColorSpace switch
    {
        ColorSpace.Gray or ColorSpace.LinearGray => 1,
        ColorSpace.CMYK => 3,
        _ => picture is { HasAlpha: true, ClassType: ClassType.Direct, Format: not MagickFormat.Bmp } ? 4 : 3,
    };

    private static PixelBuffer OfInks(MagickImage picture, byte[] inks)
    {
        var image = new PixelBuffer((int)picture.Width, (int)picture.Height, 3);
        for (int p = 0; p < image.Pixels.Length / 3; p++)
        {
            int white = 255 - inks[(4 * p) + 3];
            for (int c = 0; c < 3; c++)
            {
                image.Pixels[(3 * p) + c] = (byte)(((white * (255 - inks[(4 * p) + c])) + 127) / 255);
            }
        }

        return image;
    }

    // The library adds the place in its own source after the reason.
    private static InputException Damaged(string name, string reason, Exception? e) =>
        new($"{name}: is damaged or cut off ({reason.Split(" `")[0].TrimEnd('.')}); copy or save it again.", e);
}
