using ImageMagick;

namespace MLNet.ZerothOrder.Data;

/// <summary>Writes PNG images with 8 bits a sample: gray, RGB and RGBA, without metadata. <see cref="PictureFile"/> reads them.</summary>
public static class Png
{
    /// <summary>Encodes an image. The same image gives the same bytes.</summary>
    public static byte[] Encode(PixelBuffer image)
    {
        ArgumentNullException.ThrowIfNull(image);
        (StorageType type, string channels) = (StorageType.Char, image.Channels switch { 1 => "I", 3 => "RGB", _ => "RGBA" });
        using var picture = new MagickImage();
        picture.ReadPixels(image.Pixels, new PixelReadSettings((uint)image.Width, (uint)image.Height, type, channels));

        // The format of the pixels and nothing else: no palette, no dates, no color space.
        picture.Settings.SetDefine(MagickFormat.Png, "exclude-chunks", "all");
        return picture.ToByteArray(image.Channels switch { 1 => MagickFormat.Png00, 3 => MagickFormat.Png24, _ => MagickFormat.Png32 });
    }

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
