using System.Security.Cryptography;

namespace MLNet.ZerothOrder.Data;

/// <summary>Pictures of any size, decoded when they are needed. Creation reads each of them once for its header and its hash, and keeps no pixels.</summary>
internal sealed class PictureSource : IImageSource
{
    // Resizing to the model's size blurs what was put back, so what is lacking is added again. A change of one level a pixel needs about 16 rounds.
    private const int Rounds = 16;

    // The size that most classifiers of photos take, for a model whose file leaves it open.
    private const int UsualSide = 224;

    private readonly string[] _names;
    private readonly Func<int, byte[]> _content;
    private readonly PictureFit? _fit;
    private readonly PictureHeader[] _headers;
    private readonly byte[][] _hashes;

    private PictureSource(string[] names, Func<int, byte[]> content, PictureFit? fit, PictureHeader[] headers, byte[][] hashes) =>
        (_names, _content, _fit, _headers, _hashes) = (names, content, fit, headers, hashes);

    /// <summary>
    /// The size of the pictures if all have the same, otherwise a square to which they can be fitted, 224 × 224 where that is possible. Of pictures of several kinds all become color,
    /// and those of color keep their opacity only if all have it.
    /// </summary>
    public ImageShape Natural
    {
        get
        {
            int[] kinds = [.. _headers.Select(header => header.Channels).Distinct()];
            int channels = kinds.Length == 1 ? kinds[0] : 3;
            int side = Math.Min(_fit?.Resize ?? UsualSide, _headers.Max(header => Math.Min(header.Width, header.Height)) - (_fit is null ? 1 : 0));
            return Array.TrueForAll(_headers, header => header.HasSize(_headers[0].Width, _headers[0].Height))
                ? new ImageShape(channels, _headers[0].Height, _headers[0].Width) : new ImageShape(channels, Math.Clamp(side, 1, UsualSide), Math.Clamp(side, 1, UsualSide));
        }
    }

    /// <summary>Reads the headers of pictures.</summary>
    /// <param name="names">Their names for messages, with the ending of their format.</param>
    /// <param name="content">Reads one of them, from any thread.</param>
    /// <param name="fit">How they are fitted; null for the default, if one of them is larger than the model's size.</param>
    /// <exception cref="InputException">A file does not exist.</exception>
    /// <param name="errors">Why a picture cannot be read, null for one that can; null from the source, which then has fewer pictures.</param>
    public static PictureSource? Open(string[] names, Func<int, byte[]> content, PictureFit? fit, out string?[] errors)
    {
        var headers = new PictureHeader[names.Length];
        var hashes = new byte[names.Length][];
        var failures = new InputException?[names.Length];
        Parallel.For(0, names.Length, i =>
        {
            try
            {
                byte[] picture = content(i);
                headers[i] = PictureFile.Header(picture, names[i]);
                hashes[i] = SHA256.HashData(picture);
            }
            catch (InputException e)
            {
                failures[i] = e;
            }
        });

        // A list that names files which are not there is wrong as a whole.
        if (Array.Find(failures, failure => failure?.InnerException is FileNotFoundException or DirectoryNotFoundException) is { } missing)
        {
            throw missing;
        }

        errors = [.. failures.Select(failure => failure?.Message)];
        int[] read = [.. Enumerable.Range(0, names.Length).Where(i => failures[i] is null)];
        return read.Length == 0 ? null : new PictureSource([.. read.Select(i => names[i])], i => content(read[i]), fit, [.. read.Select(i => headers[i])], [.. read.Select(i => hashes[i])]);
    }

    public bool Fits(ImageShape shape)
    {
        _fit?.ThrowIfTooSmall(shape.Height, shape.Width);
        int other = Array.FindIndex(_headers, header => !header.HasSize(shape.Width, shape.Height));
        bool fits = other < 0 || (_fit is null
            ? shape.Width == shape.Height && Array.Exists(_headers, header => header.Width > shape.Width && header.Height > shape.Height)
            : _fit.Mode != FitMode.None);
        if (!fits && Array.Find(_headers, header => header.HasSize(shape.Width, shape.Height)) is { Width: > 0 } right)
        {
            throw new InputException($"{_names[other]}: is an image of {_headers[other]} (channels×height×width), but others are of {right}; give images of one size, or fit them.") { Argument = nameof(Fit) };
        }

        return fits && shape.Channels is 1 or 3 or 4;
    }

    public string? Fit(ImageShape shape)
    {
        bool changes = Array.Exists(_headers, header => Changes(header, shape));
        string[] parts =
        [
            .. changes ? [(_fit ?? new PictureFit()).Describe(shape.Height, shape.Width)] : Array.Empty<string>(),
            .. Told(header => header.IsTurned, "turned as the Exif data say"),
            .. Told(header => header.Channels == 1 && shape.Channels > 1, "repeated in all colors, being gray"),
            .. Told(header => header.Channels > 1 && shape.Channels == 1, "turned to gray"),
            .. Told(header => header.Channels < 4 && shape.Channels == 4, "given an opacity of 1"),
            .. Told(header => header.Channels == 4 && shape.Channels < 4, "read without opacity"),
        ];
        return parts.Length == 0 ? null : string.Join(", ", parts);
    }

    public float[] Read(int index, ImageShape shape) => Fitted(index, Original(index, shape), shape);

    public (byte[] File, float[] Image) WriteBack(int index, ReadOnlySpan<float> image, ImageShape shape)
    {
        if (!Changes(_headers[index], shape))
        {
            float[] stored = image.ToArray();
            PixelBuffer.RoundTo8Bit(stored);
            return (Png.Encode(PixelBuffer.FromImage(image, shape)), stored);
        }

        PixelBuffer original = Original(index, shape);
        (int Width, int Height) size = (original.Width, original.Height);
        FitPlan plan = (_fit ?? new PictureFit()).Plan(size.Width, size.Height, shape.Width, shape.Height);
        double[][] change = [.. Enumerable.Range(0, shape.Channels).Select(_ => new double[size.Width * size.Height])];
        PixelBuffer picture = original;
        float[] seen = Fitted(index, original, shape);
        for (int round = 0; round < Rounds && !image.SequenceEqual(seen); round++)
        {
            picture = new PixelBuffer(size.Width, size.Height, shape.Channels);
            for (int c = 0; c < shape.Channels; c++)
            {
                // Only the crop is changed. Bars that were added to a picture are no part of it.
                var canvas = new double[plan.Width * plan.Height];
                for (int y = Math.Max(0, -plan.Top); y < Math.Min(shape.Height, plan.Height - plan.Top); y++)
                {
                    for (int x = Math.Max(0, -plan.Left); x < Math.Min(shape.Width, plan.Width - plan.Left); x++)
                    {
                        int pixel = (((c * shape.Height) + y) * shape.Width) + x;
                        canvas[((y + plan.Top) * plan.Width) + x + plan.Left] = 255.0 * (image[pixel] - seen[pixel]);
                    }
                }

                double[] more = Resampling.Resize(canvas, (plan.Width, plan.Height), size, Interpolation.Bilinear);
                for (int p = 0; p < more.Length; p++)
                {
                    change[c][p] += more[p];
                    int at = (p * shape.Channels) + c;
                    picture.Pixels[at] = (byte)Math.Clamp(Math.Round(original.Pixels[at] + change[c][p]), 0, byte.MaxValue);
                }
            }

            seen = Fitted(index, picture, shape);
        }

        return (Png.Encode(picture), seen);
    }

    public ReadOnlySpan<byte> Hash(int index) => _hashes[index];

    private PixelBuffer Original(int index, ImageShape shape) => PictureFile.Decode(_content(index), _names[index]).WithChannels(shape.Channels);

    private float[] Fitted(int index, PixelBuffer picture, ImageShape shape)
    {
        if (Changes(_headers[index], shape))
        {
            picture = (_fit ?? new PictureFit()).Apply(picture, shape.Height, shape.Width);
        }

        var image = new float[shape.Length];
        picture.CopyTo(image);
        return image;
    }

    // Where a fit is asked for, it applies to all pictures, otherwise to those of another size alone.
    private bool Changes(PictureHeader header, ImageShape shape) => (_fit is not null && _fit.Mode != FitMode.None) || !header.HasSize(shape.Width, shape.Height);

    private string[] Told(Predicate<PictureHeader> are, string what) =>
        Array.FindAll(_headers, are).Length is var count and > 0 ? [$"{count} of {_headers.Length} pictures {(count == 1 ? "was" : "were")} {what}"] : [];
}
