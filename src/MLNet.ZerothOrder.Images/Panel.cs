namespace MLNet.ZerothOrder.Data;

/// <summary>
/// A picture that shows images side by side: per row the original, the adversarial image and their amplified difference. The difference is
/// red where the adversarial image is brighter, blue where it is darker, and nearly white where nothing changed.
/// </summary>
public static class Panel
{
    private const int Columns = 3;
    private const int Gutter = 2;
    private const int SmallestSide = 84;

    private static ReadOnlySpan<int> Amplifications => [1000, 500, 200, 100, 50, 20, 10, 5, 2];

    private static ReadOnlySpan<byte> GutterColor => [0x99, 0x99, 0x99];

    private static ReadOnlySpan<byte> Neutral => [0xF7, 0xF7, 0xF7];

    private static ReadOnlySpan<byte> Up => [0xB2, 0x18, 0x2B];

    private static ReadOnlySpan<byte> Down => [0x21, 0x66, 0xAC];

    /// <summary>Composes a panel with thin gutters around and between the images.</summary>
    /// <param name="rows">The rows from top to bottom, all of one shape.</param>
    /// <param name="scale">
    /// The size of one image pixel in pixels of the picture; null for the smallest size that makes the shorter side at least 84 pixels.
    /// </param>
    /// <returns>
    /// The picture and the amplification of its differences, the same for all rows. It is the largest of 1, 2, 5, 10, … 1000 that keeps the
    /// largest difference within the range of the colors. In an RGB image, the difference of a pixel is that of the channel that
    /// changed most.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There are no rows, the rows differ in shape, an image does not have its shape, the scale is below 1, or the picture is too large for one array.
    /// </exception>
    public static PanelImage Compose(IReadOnlyList<PanelRow> rows, int? scale = null)
    {
        if (rows.Count == 0)
        {
            throw new ArgumentException("The panel has no rows; give at least one.", nameof(rows));
        }

        if (scale < 1)
        {
            throw new ArgumentException($"The scale {scale} is below 1; give at least 1.", nameof(scale));
        }

        ThrowIfUnfit(rows, nameof(rows));
        ImageShape shape = rows[0].Shape;
        int side = Math.Min(shape.Height, shape.Width);
        int times = scale ?? ((SmallestSide + side - 1) / side);
        Int128 width = Gutter + (Columns * (((Int128)shape.Width * times) + Gutter));
        Int128 height = Gutter + (rows.Count * (((Int128)shape.Height * times) + Gutter));
        if (width * height > Array.MaxLength / 3)
        {
            throw new ArgumentException($"{rows.Count} rows at scale {times} give a picture of {width}×{height} pixels, which is too large; give fewer rows or a smaller scale.", nameof(rows));
        }

        var picture = new PixelBuffer((int)width, (int)height, 3);
        Fill(picture.Pixels, GutterColor);
        int amplification = Amplification(rows, shape);
        var tile = new byte[3 * shape.Height * shape.Width];
        for (int r = 0; r < rows.Count; r++)
        {
            ReadOnlySpan<float> original = rows[r].Original.Span;
            ReadOnlySpan<float> adversarial = rows[r].Adversarial.Span;
            DrawImage(original, shape, tile);
            Place(picture, tile, shape, times, r, 0);
            DrawImage(adversarial, shape, tile);
            Place(picture, tile, shape, times, r, 1);
            DrawDifference(original, adversarial, shape, amplification, tile);
            Place(picture, tile, shape, times, r, 2);
        }

        return new PanelImage(picture, amplification);
    }

    /// <summary>The difference of one image, in the colors of the panel and at the size of the image.</summary>
    /// <param name="row">The original and the adversarial image.</param>
    /// <returns>The picture and its amplification, chosen as in <see cref="Compose"/> for a panel with this row only.</returns>
    /// <exception cref="ArgumentException">An image does not have the shape, or the shape does not have 1, 3 or 4 channels.</exception>
    public static PanelImage Difference(PanelRow row)
    {
        ThrowIfUnfit([row], nameof(row));
        var picture = new PixelBuffer(row.Shape.Width, row.Shape.Height, 3);
        int amplification = Amplification([row], row.Shape);
        DrawDifference(row.Original.Span, row.Adversarial.Span, row.Shape, amplification, picture.Pixels);
        return new PanelImage(picture, amplification);
    }

    private static void ThrowIfUnfit(IReadOnlyList<PanelRow> rows, string name)
    {
        ImageShape shape = rows[0].Shape;
        if (shape.Channels is not (1 or 3 or 4) || shape.Height < 1 || shape.Width < 1)
        {
            throw new ArgumentException($"Images of {shape} cannot be shown; give 1, 3 or 4 channels and sides of at least 1.", name);
        }

        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Shape != shape)
            {
                throw new ArgumentException($"Row {i} has the shape {rows[i].Shape}, row 0 has {shape}; give rows of one shape.", name);
            }

            if (rows[i].Original.Length != shape.Length || rows[i].Adversarial.Length != shape.Length)
            {
                throw new ArgumentException(
                    $"Row {i} has images of {rows[i].Original.Length} and {rows[i].Adversarial.Length} values, but {shape} needs {shape.Length}.", name);
            }
        }
    }

    private static int Amplification(IReadOnlyList<PanelRow> rows, ImageShape shape)
    {
        float most = 0;
        foreach (PanelRow row in rows)
        {
            ReadOnlySpan<float> original = row.Original.Span;
            ReadOnlySpan<float> adversarial = row.Adversarial.Span;
            for (int p = 0; p < shape.Height * shape.Width; p++)
            {
                most = Math.Max(most, Math.Abs(Difference(original, adversarial, shape, p)));
            }
        }

        // A tolerance of half an 8-bit level, so that rounding in the floats does not choose the next lower amplification.
        foreach (int factor in Amplifications)
        {
            if (most > 0 && most * factor <= 1f + (0.5f / 255f))
            {
                return factor;
            }
        }

        return 1;
    }

    private static float Difference(ReadOnlySpan<float> original, ReadOnlySpan<float> adversarial, ImageShape shape, int pixel)
    {
        float largest = 0;
        for (int i = pixel; i < original.Length; i += shape.Height * shape.Width)
        {
            float difference = adversarial[i] - original[i];
            largest = Math.Abs(difference) > Math.Abs(largest) ? difference : largest;
        }

        return largest;
    }

    private static void DrawImage(ReadOnlySpan<float> image, ImageShape shape, Span<byte> tile)
    {
        int area = shape.Height * shape.Width;
        for (int p = 0; p < area; p++)
        {
            for (int c = 0; c < 3; c++)
            {
                tile[(3 * p) + c] = PixelBuffer.ToByte(image[(Math.Min(c, shape.Channels - 1) * area) + p]);
            }
        }
    }

    private static void DrawDifference(
        ReadOnlySpan<float> original, ReadOnlySpan<float> adversarial, ImageShape shape, int amplification, Span<byte> tile)
    {
        for (int p = 0; p < shape.Height * shape.Width; p++)
        {
            float difference = Difference(original, adversarial, shape, p) * amplification;
            ReadOnlySpan<byte> end = difference > 0 ? Up : Down;
            float share = Math.Min(Math.Abs(difference), 1f);
            for (int c = 0; c < 3; c++)
            {
                tile[(3 * p) + c] = (byte)(Neutral[c] + ((end[c] - Neutral[c]) * share) + 0.5f);
            }
        }
    }

    private static void Place(PixelBuffer picture, ReadOnlySpan<byte> tile, ImageShape shape, int times, int row, int column)
    {
        int left = Gutter + (column * ((shape.Width * times) + Gutter));
        int top = Gutter + (row * ((shape.Height * times) + Gutter));
        for (int y = 0; y < shape.Height; y++)
        {
            Span<byte> line = Line(picture, left, top + (y * times), shape.Width * times);
            for (int x = 0; x < shape.Width; x++)
            {
                Fill(line.Slice(3 * x * times, 3 * times), tile.Slice(3 * ((y * shape.Width) + x), 3));
            }

            for (int copy = 1; copy < times; copy++)
            {
                line.CopyTo(Line(picture, left, top + (y * times) + copy, shape.Width * times));
            }
        }
    }

    private static Span<byte> Line(PixelBuffer picture, int left, int top, int width) =>
        picture.Pixels.AsSpan(3 * ((top * picture.Width) + left), 3 * width);

    private static void Fill(Span<byte> pixels, ReadOnlySpan<byte> color)
    {
        for (int i = 0; i < pixels.Length; i += 3)
        {
            color.CopyTo(pixels[i..]);
        }
    }
}
