using System.Buffers.Binary;
using System.Numerics.Tensors;

namespace MLNet.ZerothOrder.Data;

/// <summary>Reads images and labels in MNIST's IDX format: unsigned bytes, plain or gzipped (detected by content).</summary>
public static class IdxReader
{
    private const byte UnsignedByte = 0x08;
    private const int MostColumns = 64;

    /// <summary>Reads N × H × W gray images, scaled from 0..255 to [0, 1], with their labels.</summary>
    /// <param name="imagesPath">An IDX file of three dimensions (magic 00 00 08 03).</param>
    /// <param name="labelsPath">Labels in any format of <see cref="Labels.Read"/>; null makes the images <see cref="ImageSet.Unlabelled"/>.</param>
    /// <param name="name">The name of the set; null for the name of the images file.</param>
    /// <param name="classes">The names of the classes, for labels that are names; null to number the names in ordinal order.</param>
    /// <exception cref="InputException">A file cannot be read, is cut off, is too long or is not an IDX file, or the counts differ.</exception>
    public static ImageSet Read(string imagesPath, string? labelsPath, string? name = null, ClassNames? classes = null)
    {
        using InputFile file = InputFile.Open(imagesPath);
        Span<byte> header = stackalloc byte[12];
        Span<byte> magic = stackalloc byte[4];
        file.Fill(magic, "the IDX header");
        if (magic is not [0, 0, UnsignedByte, 3])
        {
            throw Foreign(file, magic, "images", "00000803");
        }

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
        LabelList labels = labelsPath is null ? new LabelList([.. Enumerable.Repeat(ImageSet.Unlabelled, (int)count)]) : Labels.Of(labelsPath, (int)count, classes);
        return new ImageSet(name ?? Path.GetFileName(imagesPath), shape, pixels, labels.Values) { Assumptions = labels.Assumptions };
    }

    /// <summary>Scales bytes to [0, 1]; each byte becomes the float nearest to its value divided by 255.</summary>
    internal static void FromBytes(ReadOnlySpan<byte> bytes, Span<float> pixels)
    {
        pixels = pixels[..bytes.Length];
        TensorPrimitives.ConvertTruncating(bytes, pixels);
        TensorPrimitives.Divide(pixels, 255f, pixels);
    }

    /// <summary>Reads integers of any size: one per image, or rows that begin with the label, as QMNIST's rows of eight.</summary>
    internal static int[] ReadLabels(string path)
    {
        using InputFile file = InputFile.Open(path);
        Span<byte> magic = stackalloc byte[4];
        file.Fill(magic, "the IDX header");
        int size = magic[2] switch { UnsignedByte or 0x09 => 1, 0x0B => 2, 0x0C => 4, _ => 0 };
        if (magic is not [0, 0, _, 1 or 2] || size == 0)
        {
            throw Foreign(file, magic, "labels", "00000801 (bytes) or 00000C02 (QMNIST's rows)");
        }

        Span<byte> header = stackalloc byte[4 * magic[3]];
        file.Fill(header, "the header");
        uint count = BinaryPrimitives.ReadUInt32BigEndian(header);
        uint columns = magic[3] == 1 ? 1 : BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (columns is 0 or > MostColumns)
        {
            throw file.Error($"has rows of {columns} numbers; give a file of one label per image, or of rows of 1..{MostColumns} numbers that begin with it.");
        }

        CheckRoom(file, (long)count * columns * size, $"{count} labels");
        if (count > DataLimits.MostImages)
        {
            throw file.Error($"declares {count} labels; the limit is {DataLimits.MostImages}.");
        }

        var row = new byte[columns * size];
        var labels = new int[count];
        for (int i = 0; i < labels.Length; i++)
        {
            file.Fill(row, "the labels");
            labels[i] = size switch
            {
                1 => magic[2] == UnsignedByte ? row[0] : (sbyte)row[0],
                2 => BinaryPrimitives.ReadInt16BigEndian(row),
                _ => BinaryPrimitives.ReadInt32BigEndian(row),
            };
            if (labels[i] < 0)
            {
                throw file.Error($"label {i} is {labels[i]}, which is not a class index; class indices start at 0.");
            }
        }

        file.End();
        return labels;
    }

    private static InputException Foreign(InputFile file, ReadOnlySpan<byte> magic, string content, string expected) => file.Error(
        $"starts with the bytes {Convert.ToHexString(magic)}, but an IDX file of {content} starts with {expected}; give the {content} file, plain or gzipped.");

    private static void CheckRoom(InputFile file, long bytes, string content)
    {
        if (bytes > file.MostRemaining)
        {
            throw file.Error(
                $"declares {content}, {bytes} bytes from byte {file.Position}, but is too short to hold them; it is cut off, so copy or download it again.");
        }
    }
}
