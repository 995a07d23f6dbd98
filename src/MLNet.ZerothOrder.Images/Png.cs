namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads and writes PNG images. It reads gray, gray with alpha, RGB, RGBA and palette images of up to 8 bits per sample without
/// interlacing. An RGBA image keeps its opacity as a fourth channel; other transparent pixels are composed on black. Color profiles and gamma are
/// ignored. It writes 8-bit gray, RGB and RGBA images.
/// </summary>
public static class Png
{
    private const int MostFileBytes = 1 << 28;

    internal static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads a PNG file. Gray and gray with alpha give one channel, RGBA four, all others three.</summary>
    /// <exception cref="InputException">The file cannot be read, is damaged, is too large, or has an unsupported format.</exception>
    public static PixelBuffer Read(string path)
    {
        using InputFile file = InputFile.Open(path);
        return Decode(file.ReadAll(MostFileBytes), path);
    }

    /// <summary>The channels that <see cref="Read"/> gives for a file, from its header; 0 for another file, or a damaged one.</summary>
    internal static int Channels(string path) =>
        InputFile.Head(path, 26) is { Length: 26 } head && head.AsSpan().StartsWith(Signature) ? PngDecoder.Channels(head[25]) : 0;

    /// <summary>Decodes the content of a PNG file. Errors name it <paramref name="name"/>.</summary>
    /// <exception cref="InputException">The content is damaged, is too large, or has an unsupported format.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> content, string name) => new PngDecoder(content, name).Decode();

    /// <summary>Encodes an image. The same image gives the same bytes.</summary>
    /// <exception cref="ArgumentException">The image is too large for one array.</exception>
    public static byte[] Encode(PixelBuffer image) => PngEncoder.Encode(image);

    /// <summary>Writes an image to a file. An existing file is replaced.</summary>
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
            throw new InputException($"{path}: cannot be written ({e.Message.TrimEnd('.')}); check the path, its permissions and the free space.", e);
        }
    }
}
