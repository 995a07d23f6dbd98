namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads and writes PNG images. Read are gray, gray with alpha, RGB, RGBA and palette images of up to 8 bits per sample,
/// not interlaced; transparent pixels are laid on black, colour profiles and gamma are not applied. Written are 8-bit gray
/// and RGB images.
/// </summary>
public static class Png
{
    private const int MostFileBytes = 1 << 28;

    internal static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads a PNG file: gray and gray with alpha as one channel, all else as three.</summary>
    /// <exception cref="InputException">The file cannot be read, is damaged, too large, or of a kind that is not read.</exception>
    public static PixelBuffer Read(string path)
    {
        using InputFile file = InputFile.Open(path);
        return Decode(file.ReadAll(MostFileBytes), path);
    }

    /// <summary>Decodes a PNG file's content; <paramref name="name"/> stands for it in errors.</summary>
    /// <exception cref="InputException">The content is damaged, too large, or of a kind that is not read.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> content, string name) => new PngDecoder(content, name).Decode();

    /// <summary>Encodes an image; the same image gives the same bytes.</summary>
    /// <exception cref="ArgumentException">The image's bytes exceed what one array holds.</exception>
    public static byte[] Encode(PixelBuffer image) => PngEncoder.Encode(image);

    /// <summary>Writes an image to a file, over one that is there.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, PixelBuffer image)
    {
        byte[] content = Encode(image);
        try
        {
            File.WriteAllBytes(path, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"{path}: cannot be written ({e.Message.TrimEnd('.')}); check the path, its permissions and the room on the disk.", e);
        }
    }
}
