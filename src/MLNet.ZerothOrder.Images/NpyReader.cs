using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;

namespace MLNet.ZerothOrder.Data;

/// <summary>Reads NumPy arrays of images (.npy, plain or gzipped) and of labels: little endian, C order.</summary>
public static class NpyReader
{
    // Undoing a normalization leaves errors of this size.
    private const float Rounding = 1e-6f;

    /// <summary>
    /// Reads images: uint8 in 0..255, scaled to [0, 1], or float16, float32 or float64 already in [0, 1]. Values up to 1e-6 outside are clipped.
    /// </summary>
    /// <param name="imagesPath">
    /// An array N × H × W (gray), N × C × H × W or N × H × W × C (C = 1, 3 or 4), or, with a given shape, N × D. An ambiguous
    /// array, such as N × 3 × 3 × 3, is read as N × C × H × W.
    /// </param>
    /// <param name="labelsPath">Labels in any format of <see cref="Labels.Read"/>.</param>
    /// <param name="shape">The size of every image; required for N × D, where pixels are stored channel by channel.</param>
    /// <param name="name">The name of the set; null for the name of the images file.</param>
    /// <param name="classes">The names of the classes, for labels that are names; null to number the names in ordinal order.</param>
    /// <exception cref="InputException">A file cannot be read, or its type, order, shape, length or values are not as above.</exception>
    public static ImageSet Read(string imagesPath, string labelsPath, ImageShape? shape = null, string? name = null, ClassNames? classes = null)
    {
        using InputFile file = InputFile.Open(imagesPath);
        NpyHeader header = NpyHeader.Read(file);
        int size = header.Type switch
        {
            "|u1" or "<u1" or ">u1" => 1,
            "<f2" => 2,
            "<f4" => 4,
            "<f8" => 8,
            ['>', 'f', ..] => throw file.Error($"is big endian ({InputFile.Quote(header.Type)}); save array.astype('<f4')."),
            _ => throw file.Error($"has elements of type {InputFile.Quote(header.Type)}; save images as uint8 (0..255), float16, float32 or float64 (0..1)."),
        };

        (ImageShape found, bool channelsLast) = Layout(file, header, shape);
        long count = header.Shape[0];
        CheckRoom(file, header, size);
        float[] pixels = DataLimits.Allocate(imagesPath, count, found);
        var bytes = new byte[found.Length * size];
        float[] planar = channelsLast ? new float[found.Length] : [];
        for (int i = 0; i < count; i++)
        {
            file.Fill(bytes, $"image {i} of {count}");
            Span<float> image = pixels.AsSpan(i * found.Length, found.Length);
            Convert(bytes, size, image);
            if (channelsLast)
            {
                image.CopyTo(planar);
                Separate(planar, found, image);
            }
        }

        file.End();
        CheckRange(file, pixels, found);
        LabelList labels = Labels.Of(labelsPath, (int)count, classes);
        return new ImageSet(name ?? Path.GetFileName(imagesPath), found, pixels, labels.Values) { Assumptions = labels.Assumptions };
    }

    internal static int[] ReadLabels(string path)
    {
        using InputFile file = InputFile.Open(path);
        NpyHeader header = NpyHeader.Read(file);
        if (header.Shape is not ([_] or [_, 1]))
        {
            throw file.Error($"has the shape {header.ShapeText}; save labels as one integer per image, shape (N,).");
        }

        int size = header.Type switch
        {
            "|u1" or "|i1" or "<u1" or "<i1" => 1,
            "<u2" or "<i2" => 2,
            "<u4" or "<i4" => 4,
            "<u8" or "<i8" => 8,
            _ => throw file.Error($"has elements of type {InputFile.Quote(header.Type)}; save labels.astype('<i4')."),
        };

        CheckRoom(file, header, size);
        if (header.Shape[0] > DataLimits.MostImages)
        {
            throw file.Error($"declares {header.Shape[0]} labels; the limit is {DataLimits.MostImages}.");
        }

        bool isSigned = header.Type[1] == 'i';
        var bytes = new byte[header.Shape[0] * size];
        file.Fill(bytes, "the labels");
        file.End();
        var labels = new int[header.Shape[0]];
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<byte> element = bytes.AsSpan(i * size, size);
            Int128 value = (size, isSigned) switch
            {
                (1, true) => (sbyte)element[0],
                (1, false) => element[0],
                (2, true) => BinaryPrimitives.ReadInt16LittleEndian(element),
                (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(element),
                (4, true) => BinaryPrimitives.ReadInt32LittleEndian(element),
                (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(element),
                (_, true) => BinaryPrimitives.ReadInt64LittleEndian(element),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(element),
            };
            labels[i] = value >= 0 && value <= int.MaxValue
                ? (int)value
                : throw file.Error($"label {i} is {value}, which is not a class index; class indices start at 0.");
        }

        return labels;
    }

    private static (ImageShape Shape, bool ChannelsLast) Layout(InputFile file, NpyHeader header, ImageShape? wanted)
    {
        long[] dims = header.Shape;
        (long C, long H, long W) planar = dims switch
        {
            [_, var d] when wanted is { } w => d == w.Length
                ? (w.Channels, w.Height, w.Width)
                : throw file.Error($"has rows of {d} values, but images of {w} have {w.Length}; give the shape of its rows."),
            [_, _] => throw file.Error($"has the shape {header.ShapeText}, which does not define the size of an image; give the size, such as 1x28x28.", argument: "Shape"),
            [_, var h, var w] => (1, h, w),
            [_, var c, var h, var w] => (c, h, w),
            _ => default,
        };
        (long C, long H, long W) interleaved = dims is [_, var height, var width, var channels] ? (channels, height, width) : default;
        int first = Likely(planar.C), last = Likely(interleaved.C);
        if (first == 0 && last == 0)
        {
            throw file.Error($"has the shape {header.ShapeText}; save images as N×H×W, N×C×H×W or N×H×W×C with 1, 3 or 4 channels.");
        }

        bool isInterleaved = wanted is not null && Is(planar) != Is(interleaved) ? Is(interleaved) : last > first;
        (long C, long H, long W) found = isInterleaved ? interleaved : planar;
        return wanted is null || Is(found)
            ? (DataLimits.Shape(file.Path, found.C, found.H, found.W), isInterleaved)
            : throw file.Error($"has the shape {header.ShapeText}, which does not match images of {wanted}; give another array or its shape.");

        // Four channels are rarer than one or three.
        static int Likely(long channels) => channels is 1 or 3 ? 2 : channels == 4 ? 1 : 0;

        bool Is((long C, long H, long W) size) => wanted is { } w && size == (w.Channels, w.Height, w.Width);
    }

    private static void CheckRoom(InputFile file, NpyHeader header, int size)
    {
        Int128 bytes = size;
        foreach (long length in header.Shape)
        {
            // Saturates far above the length of any file, so that 32 huge dimensions cannot overflow.
            bytes = Int128.Min(bytes * length, long.MaxValue);
        }

        if (bytes > file.MostRemaining)
        {
            throw file.Error(
                $"declares the shape {header.ShapeText}, {bytes} bytes from byte {file.Position}, but is too short to hold them; it is cut off, so copy or save it again.");
        }
    }

    private static void Convert(ReadOnlySpan<byte> bytes, int size, Span<float> image)
    {
        switch (size)
        {
            case 1:
                IdxReader.FromBytes(bytes, image);
                break;
            case 2:
                for (int i = 0; i < image.Length; i++)
                {
                    image[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
                }

                break;
            case 4:
                for (int i = 0; i < image.Length; i++)
                {
                    image[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                }

                break;
            default:
                for (int i = 0; i < image.Length; i++)
                {
                    image[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                }

                break;
        }
    }

    private static void Separate(ReadOnlySpan<float> interleaved, ImageShape shape, Span<float> planes)
    {
        int area = shape.Height * shape.Width;
        for (int c = 0; c < shape.Channels; c++)
        {
            for (int p = 0; p < area; p++)
            {
                planes[(c * area) + p] = interleaved[(p * shape.Channels) + c];
            }
        }
    }

    internal static void CheckRange(InputFile file, Span<float> pixels, ImageShape shape)
    {
        int bad = 0;
        for (; bad < pixels.Length && pixels[bad] is >= -Rounding and <= 1 + Rounding; bad++)
        {
            pixels[bad] = Math.Clamp(pixels[bad], 0, 1);
        }

        if (bad == pixels.Length)
        {
            return;
        }

        float least = TensorPrimitives.Min(pixels);
        float most = TensorPrimitives.Max(pixels);
        string remedy = (least, most) switch
        {
            (float.NaN, _) => "replace the NaN values",
            ( >= -0.01f, <= 1.01f) => "its values are almost in 0..1, so save numpy.clip(array, 0, 1)",
            ( >= 0, > 8 and <= 16) => "its values look like 0..16, as scikit-learn's digits have them, so divide them by 16",
            ( >= 0, > 16 and <= 255) => "its values look like 0..255, so divide them by 255, or save them as uint8",
            ( >= 0, <= 255) => "its values look like neither 0..1 nor 0..255, so divide them by the largest value that a pixel can have",
            ( >= -1, <= 1) => "its values look like −1..1, so save (array + 1) / 2",
            _ => "save the images without normalization, scaled to 0..1",
        };
        throw file.Error($"value {bad % shape.Length} of image {bad / shape.Length} is {pixels[bad].ToString(CultureInfo.InvariantCulture)}, outside 0..1; {remedy}.");
    }
}
