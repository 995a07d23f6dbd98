using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>The axes of a model's input, interpreted as images.</summary>
public sealed class ImageAxes
{
    private readonly long[] _dims;
    private readonly bool _hasRows;

    private ImageAxes(int[] dims, ImageLayout layout, string reason, ImageShape image, bool hasRows)
    {
        Layout = layout;
        Reason = reason;
        Image = image;
        _hasRows = hasRows;
        _dims = hasRows ? [dims[0], .. RowDims(dims.Length - 1)] : RowDims(dims.Length);

        long[] RowDims(int rank) => (rank, layout) switch
        {
            (1, _) => [image.Length],
            (2, _) => [image.Height, image.Width],
            (_, ImageLayout.Nhwc) => [image.Height, image.Width, image.Channels],
            _ => [image.Channels, image.Height, image.Width],
        };
    }

    /// <summary>The order of the input's values.</summary>
    public ImageLayout Layout { get; }

    /// <summary>The reason for the layout and the size, as one sentence.</summary>
    public string Reason { get; }

    /// <summary>The size of the images.</summary>
    public ImageShape Image { get; }

    /// <summary>The number of rows that the declared shape requires; null for any number.</summary>
    public int? FixedRows => !_hasRows ? 1 : _dims[0] > 0 ? (int)_dims[0] : null;

    /// <summary>Interprets a declared shape.</summary>
    /// <param name="what">The beginning of messages, such as <c>Model 'm.onnx' takes 'x' of shape [?, 1, 28, 28]</c>.</param>
    /// <param name="dims">The shape; a negative size is open.</param>
    /// <param name="layout">The order of values that the user states; null to derive it.</param>
    /// <param name="image">The size of the images, for open dimensions; null for the declared one.</param>
    /// <exception cref="InputException">The shape does not hold images, its size is open and not given, or the layout does not fit.</exception>
    public static ImageAxes Read(string what, int[] dims, ImageLayout? layout, ImageShape? image)
    {
        ArgumentNullException.ThrowIfNull(dims);
        (ImageLayout found, string reason, ImageShape size, bool hasRows) = Understand(what, dims, layout, image);
        return new ImageAxes(dims, found, reason, size, hasRows);
    }

    /// <summary>The shape of a tensor with this many rows.</summary>
    public long[] Dims(int rows)
    {
        long[] dims = [.. _dims];
        if (_hasRows)
        {
            dims[0] = rows;
        }

        return dims;
    }

    private static (ImageLayout Layout, string Reason, ImageShape Image, bool HasRows) Understand(string what, int[] dims, ImageLayout? asked, ImageShape? size)
    {
        if (dims.Any(dim => dim == 0))
        {
            throw new InputException($"{what}, which is empty; give a model that takes images.");
        }

        switch (dims.Length)
        {
            case 4:
                return Planes(what, dims.AsSpan(1), asked, size, hasRows: true);

            // Color without a batch axis. One gray image has the same values in the same order in either layout.
            case 3 when dims[0] is 3 or 4 || (dims[0] > 0 && dims[2] is 3 or 4):
                return Planes(what, dims, asked, size, hasRows: false);
            case 3:
                return Planes(what, [1, dims[1], dims[2]], ImageLayout.Nchw, size, hasRows: true);
            case 2:
                return Flat(what, dims[1], asked, size);
            default:
                throw new InputException($"{what}, which is not an image; give a model that takes [N, C, H, W], [N, H, W, C] or [N, C·H·W].");
        }
    }

    private static (ImageLayout Layout, string Reason, ImageShape Image, bool HasRows) Planes(
        string what, ReadOnlySpan<int> dims, ImageLayout? asked, ImageShape? size, bool hasRows)
    {
        if (asked == ImageLayout.Flat)
        {
            throw new InputException($"{what}, so layout flat does not fit; use NCHW or NHWC.");
        }

        // One or three channels are the usual numbers; four are color with transparency or infrared.
        bool first = dims[0] is 1 or 3, last = dims[2] is 1 or 3;
        if (!first && !last)
        {
            (first, last) = (dims[0] == 4, dims[2] == 4);
        }

        var (layout, reason) = asked is { } given ? (given, "it was asked for")
            : first && !last ? (ImageLayout.Nchw, $"the first axis after the batch has {dims[0]}, as channels do")
            : last && !first ? (ImageLayout.Nhwc, $"the last axis has {dims[2]}, as channels do")
            : first ? (ImageLayout.Nchw, "either end could be the channels, and this order is the usual one")
            : dims[1] > 0 && dims[0] == dims[1] && dims[2] != dims[1] ? (ImageLayout.Nhwc, "the first two axes are equal, as height and width often are")
            : (ImageLayout.Nchw, "no axis tells the channels, and this order is the usual one");
        bool nchw = layout == ImageLayout.Nchw;
        int channels = nchw ? dims[0] : dims[2], height = nchw ? dims[1] : dims[0], width = nchw ? dims[2] : dims[1];
        if (size is { } image)
        {
            if ((channels > 0 && channels != image.Channels) || (height > 0 && height != image.Height) || (width > 0 && width != image.Width))
            {
                throw new InputException($"{what} ({Text(layout)}), so images of {image} do not fit; give images of the model's size.");
            }

            (channels, height, width) = image;
        }
        else if (channels < 0 || height < 0 || width < 0)
        {
            throw new InputException($"{what}, which leaves the size of the images open; give the size, such as 3×224×224.");
        }

        var shape = new ImageShape(channels, height, width);
        Check(what, shape);
        return (layout, $"The layout is {Text(layout)} because {reason}; images are {shape}{(size is null ? "" : ", as given")}.", shape, hasRows);
    }

    private static (ImageLayout Layout, string Reason, ImageShape Image, bool HasRows) Flat(string what, int length, ImageLayout? asked, ImageShape? size)
    {
        if (asked == ImageLayout.Nchw)
        {
            throw new InputException($"{what}, so layout NCHW does not fit; use flat, or NHWC for a row of H × W × C.");
        }

        var layout = asked ?? ImageLayout.Flat;
        string order = layout == ImageLayout.Nhwc ? "pixel after pixel, as was asked for" : "channel after channel unless layout NHWC is asked for";
        if (size is { } exact)
        {
            Check(what, exact);
            return length < 0 || length == exact.Length
                ? (layout, $"The input is one row of values, {order}; images are {exact}, as given.", exact, true)
                : throw new InputException($"{what}, so images of {exact} = {exact.Length} values do not fit; give images of the model's size.");
        }

        foreach (int channels in (int[])[1, 3])
        {
            int side = length < 0 ? 0 : (int)Math.Round(Math.Sqrt(length / (double)channels));
            if (side > 0 && channels * side * side == length)
            {
                var image = new ImageShape(channels, side, side);
                return (layout, $"The input is one row of {length} values, {order}, which is a square image of {image}.", image, true);
            }
        }

        throw new InputException(
            length < 0 ? $"{what}, which leaves the size of the images open; give the size, such as 1×28×28."
                : $"{what}, and {length} values are not a square image of 1 or 3 channels; give the size of the images, such as 1×28×28.");
    }

    private static string Text(ImageLayout layout) => layout.ToString().ToUpperInvariant();

    private static void Check(string what, ImageShape image)
    {
        // 2^28 floats are a gigabyte per row, which indicates a misread axis.
        if (image.Channels <= 0 || image.Height <= 0 || image.Width <= 0 || (double)image.Channels * image.Height * image.Width > 1 << 28)
        {
            throw new InputException($"{what}, and {image} is not the size of an image; give positive sizes of at most 2^28 values.");
        }
    }
}
