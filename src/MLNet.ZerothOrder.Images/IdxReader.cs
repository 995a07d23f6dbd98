using System.Buffers.Binary;
using System.Numerics.Tensors;

namespace MLNet.ZerothOrder.Data;

/// <summary>Reads images and labels in MNIST's IDX format: unsigned bytes, plain or gzipped (detected by content).</summary>
public static class IdxReader
{
    private const byte UnsignedByte = 0x08;

    /// <summary>Reads N × H × W gray images, scaled from 0..255 to [0, 1], with their labels.</summary>
    /// <param name="imagesPath">An IDX file of three dimensions (magic 00 00 08 03).</param>
    /// <param name="labelsPath">Labels in any format of <see cref="Labels.Read"/>; null makes the images <see cref="ImageSet.Unlabelled"/>.</param>
    /// <param name="name">The name of the set; null for the name of the images file.</param>
    /// <exception cref="InputException">A file cannot be read, is cut off, is too long or is not an IDX file, or the counts differ.</exception>
    public static ImageSet Read(string imagesPath, string? labelsPath, string? name = null)
    {
        using InputFile file = InputFile.Open(imagesPath);
        Span<byte> header = stackalloc byte[12];
        CheckMagic(file, dimensions: 3, "images");
        file.Fill(header, "the header");
        long count = BinaryPrimitives.ReadUInt32BigEndian(header);
        ImageShape shape = DataLimits.Shape(
            imagesPath, 1, BinaryPrimitives.ReadUInt32BigEndian(header[4..]), BinaryPrimitives.ReadUInt32BigEndian(header[8..]));
        CheckRoom(file, count * shape.Length, $"{count} images of {shape.Height}×{shape.Width} pixels");

        float[] pixels = DataLimits.Allocate(imagesPath, count, shape);
        var chunk = new byte[Math.Min(pixels.Length, 1 << 20)];
        for (int done = 0; done < pixels.Length; done += chunk.Length)
        {
            Span<byte> bytes = chunk.AsSpan(0, Math.Min(chunk.Length, pixels.Length - done));
            file.Fill(bytes, $"the pixels of its {count} images");
            FromBytes(bytes, pixels.AsSpan(done));
        }

        file.End();
        int[] labels = labelsPath is null ? [.. Enumerable.Repeat(ImageSet.Unlabelled, (int)count)] : Labels.Read(labelsPath, (int)count);
        return new ImageSet(name ?? Path.GetFileName(imagesPath), shape, pixels, labels);
    }

    /// <summary>Scales bytes to [0, 1]; each byte becomes the float nearest to its value divided by 255.</summary>
    internal static void FromBytes(ReadOnlySpan<byte> bytes, Span<float> pixels)
    {
        pixels = pixels[..bytes.Length];
        TensorPrimitives.ConvertTruncating(bytes, pixels);
        TensorPrimitives.Divide(pixels, 255f, pixels);
    }

    internal static int[] ReadLabels(string path)
    {
        using InputFile file = InputFile.Open(path);
        CheckMagic(file, dimensions: 1, "labels");
        Span<byte> header = stackalloc byte[4];
        file.Fill(header, "the header");
        uint count = BinaryPrimitives.ReadUInt32BigEndian(header);
        CheckRoom(file, count, $"{count} labels");
        if (count > DataLimits.MostImages)
        {
            throw file.Error($"declares {count} labels; the limit is {DataLimits.MostImages}.");
        }

        var bytes = new byte[count];
        file.Fill(bytes, "the labels");
        file.End();
        return Array.ConvertAll(bytes, label => (int)label);
    }

    private static void CheckMagic(InputFile file, byte dimensions, string content)
    {
        Span<byte> magic = stackalloc byte[4];
        file.Fill(magic, "the IDX header");
        if (magic is not [0, 0, UnsignedByte, _] || magic[3] != dimensions)
        {
            throw file.Error(
                $"starts with the bytes {Convert.ToHexString(magic)}, but an IDX file of {content} starts with 000008{dimensions:X2}; give the {content} file, plain or gzipped.");
        }
    }

    private static void CheckRoom(InputFile file, long bytes, string content)
    {
        if (bytes > file.MostRemaining)
        {
            throw file.Error(
                $"declares {content}, {bytes} bytes from byte {file.Position}, but is too short to hold them; it is cut off, so copy or download it again.");
        }
    }
}
