using System.Buffers.Binary;
using System.IO.Compression;

namespace MLNet.ZerothOrder.Data;

/// <summary>Writes images in MNIST's IDX format, gzipped, for programs that read MNIST.</summary>
public static class IdxWriter
{
    /// <summary>Writes one-channel images, rounded to 8 bits, and their labels.</summary>
    /// <exception cref="ArgumentException">The images have several channels, or a label is above 255.</exception>
    public static void Write(string imagesPath, string labelsPath, ImageSet images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Shape.Channels != 1)
        {
            throw new ArgumentException($"Images of {images.Shape} have {images.Shape.Channels} channels; IDX image files hold gray images, so give images with 1 channel.", nameof(images));
        }

        var labels = new byte[images.Count];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = checked((byte)images.Label(i));
        }

        var pixels = new byte[images.Count * images.Shape.Length];
        for (int i = 0; i < images.Count; i++)
        {
            PixelBuffer.FromImage(images.Image(i).Span, images.Shape).Pixels.CopyTo(pixels, i * images.Shape.Length);
        }

        Write(imagesPath, pixels, 0x803, images.Count, images.Shape.Height, images.Shape.Width);
        Write(labelsPath, labels, 0x801, images.Count);
    }

    private static void Write(string path, byte[] content, params int[] header)
    {
        var bytes = new byte[4 * header.Length];
        for (int i = 0; i < header.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), header[i]);
        }

        AtomicFile.Write(path, stream =>
        {
            using var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
            gzip.Write(bytes);
            gzip.Write(content);
        });
    }
}
