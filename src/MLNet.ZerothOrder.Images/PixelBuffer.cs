namespace MLNet.ZerothOrder.Data;

/// <summary>8-bit pixels, gray or RGB, row by row with the channels of a pixel side by side (H × W × C).</summary>
public sealed class PixelBuffer
{
    /// <summary>Creates a buffer over the pixels, without copying them; null creates a black image.</summary>
    /// <exception cref="ArgumentException">A side is below 1, the channels are not 1, 3 or 4, or the length of the array does not match.</exception>
    public PixelBuffer(int width, int height, int channels, byte[]? pixels = null)
    {
        Int128 length = (Int128)width * height * channels;
        if (width < 1 || height < 1 || channels is not (1 or 3 or 4) || length > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{width}×{height} pixels of {channels} channels are not an image; give sides of at least 1, 1, 3 or 4 channels, and at most {Array.MaxLength} bytes.");
        }

        if (pixels is not null && pixels.Length != length)
        {
            throw new ArgumentException($"{pixels.Length} bytes are not {width}×{height} pixels of {channels} channels = {length} bytes.", nameof(pixels));
        }

        (Width, Height, Channels, Pixels) = (width, height, channels, pixels ?? new byte[(int)length]);
    }

    /// <summary>Pixels per row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 (gray), 3 (red, green, blue) or 4 (red, green, blue, opacity).</summary>
    public int Channels { get; }

    /// <summary>H × W × C bytes.</summary>
    public byte[] Pixels { get; }

    /// <summary>The shape of the same image as floats.</summary>
    public ImageShape Shape => new(Channels, Height, Width);

    /// <summary>Rounds C × H × W floats in [0, 1] to the nearest of 256 levels. Values outside are clipped, and NaN becomes 0.</summary>
    /// <exception cref="ArgumentException">The shape does not have 1, 3 or 4 channels, or the image has another length.</exception>
    public static PixelBuffer FromImage(ReadOnlySpan<float> image, ImageShape shape)
    {
        if (image.Length != shape.Length)
        {
            throw new ArgumentException($"{image.Length} values are not an image of {shape} = {shape.Length} values.", nameof(image));
        }

        var buffer = new PixelBuffer(shape.Width, shape.Height, shape.Channels);
        int area = shape.Height * shape.Width;
        for (int c = 0; c < shape.Channels; c++)
        {
            for (int p = 0; p < area; p++)
            {
                buffer.Pixels[(p * shape.Channels) + c] = ToByte(image[(c * area) + p]);
            }
        }

        return buffer;
    }

    /// <summary>
    /// The image with another number of channels: gray is repeated in all colors, colors become gray as their luma (0.299 red, 0.587 green, 0.114 blue), a fourth channel is removed or
    /// added as 255. The same buffer if nothing changes.
    /// </summary>
    /// <exception cref="ArgumentException">The channels are not 1, 3 or 4.</exception>
    public PixelBuffer WithChannels(int channels)
    {
        if (channels == Channels)
        {
            return this;
        }

        var image = new PixelBuffer(Width, Height, channels);
        for (int p = 0; p < Width * Height; p++)
        {
            ReadOnlySpan<byte> from = Pixels.AsSpan(p * Channels, Channels);
            Span<byte> to = image.Pixels.AsSpan(p * channels, channels);
            to.Fill(byte.MaxValue);
            if (channels == 1)
            {
                // Pillow's integers.
                to[0] = (byte)(((19595 * from[0]) + (38470 * from[1]) + (7471 * from[2]) + 0x8000) >> 16);
            }
            else if (Channels == 1)
            {
                to[..3].Fill(from[0]);
            }
            else
            {
                from[..3].CopyTo(to);
            }
        }

        return image;
    }

    /// <summary>Writes the image as C × H × W floats in [0, 1].</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the image.</exception>
    public void CopyTo(Span<float> image)
    {
        if (image.Length < Pixels.Length)
        {
            throw new ArgumentException($"{image.Length} floats are too few for an image of {Shape} = {Pixels.Length} values.", nameof(image));
        }

        int area = Height * Width;
        for (int c = 0; c < Channels; c++)
        {
            for (int p = 0; p < area; p++)
            {
                image[(c * area) + p] = Pixels[(p * Channels) + c] / 255f;
            }
        }
    }

    /// <summary>Rounds pixels to the values that an 8-bit file stores.</summary>
    public static void RoundTo8Bit(Span<float> image)
    {
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = ToByte(image[i]) / 255f;
        }
    }

    internal static byte ToByte(float value) => value >= 0 ? (byte)((Math.Min(value, 1f) * 255f) + 0.5f) : (byte)0;
}
