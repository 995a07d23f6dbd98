namespace MLNet.ZerothOrder.Data;

/// <summary>Labelled images of one size, pixels in [0, 1], channel by channel.</summary>
public sealed class ImageSet
{
    /// <summary>The label of an image whose class is unknown.</summary>
    public const int Unlabelled = -1;

    private readonly float[] _pixels;
    private readonly int[] _labels;
    private readonly string[]? _names;

    // Where images are read when they are needed, and the place of each among them; null where all pixels are held.
    private readonly ImageCache? _cache;
    private readonly int[] _places = [];
    private readonly IReadOnlyList<string> _assumptions = [];

    /// <summary>Creates a set from the arrays, without copying them.</summary>
    /// <param name="name">The name of the set in results, such as <c>mnist</c>.</param>
    /// <param name="shape">The size of every image.</param>
    /// <param name="pixels">Count × C × H × W floats in [0, 1].</param>
    /// <param name="labels">One class index per image.</param>
    /// <param name="names">One name per image, such as its file's; null to use the index of an image as its name.</param>
    /// <exception cref="ArgumentException">The lengths of the arrays do not match.</exception>
    public ImageSet(string name, ImageShape shape, float[] pixels, int[] labels, string[]? names = null)
    {
        if (pixels.Length != labels.Length * shape.Length)
        {
            throw new ArgumentException(
                $"{pixels.Length} pixels are not {labels.Length} images (one per label) of {shape} = {shape.Length} pixels.", nameof(pixels));
        }

        if (names is not null && names.Length != labels.Length)
        {
            throw new ArgumentException($"There are {names.Length} names for {labels.Length} images; give one name per image.", nameof(names));
        }

        Name = name;
        Shape = shape;
        _pixels = pixels;
        _labels = labels;
        _names = names;
    }

    /// <summary>Creates the same set with further assumptions, without copying its pixels.</summary>
    public ImageSet(ImageSet set, IEnumerable<string> assumptions)
        : this(set, set.Shape, set._cache, set._places, set._labels, set._names)
    {
        Assumptions = [.. assumptions, .. set._assumptions];
    }

    /// <summary>Creates a set of images that are read when they are needed. The latest 64 MiB of them are kept.</summary>
    /// <param name="name">The name of the set in results.</param>
    /// <param name="shape">The size of the images, which the source fits.</param>
    /// <param name="source">The images.</param>
    /// <param name="labels">One class index per image.</param>
    /// <param name="names">One name per image.</param>
    public ImageSet(string name, ImageShape shape, IImageSource source, int[] labels, string[] names)
    {
        (Name, Shape, _pixels, _labels, _names) = (name, shape, [], labels, names);
        (_cache, _places) = (new ImageCache(source, shape), [.. Enumerable.Range(0, labels.Length)]);
    }

    private ImageSet(ImageSet set, ImageShape shape, ImageCache? cache, int[] places, int[] labels, string[]? names)
    {
        (Name, Shape, _pixels, _labels, _names, _cache, _places) = (set.Name, shape, set._pixels, labels, names, cache, places);
        (_assumptions, Warnings) = (set._assumptions, set.Warnings);
    }

    /// <summary>The name of the set in results.</summary>
    public string Name { get; }

    /// <summary>The size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>The number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>Whether no image has a label.</summary>
    public bool IsUnlabelled => Count > 0 && Array.TrueForAll(_labels, label => label == Unlabelled);

    /// <summary>What the reader took for granted, such as <c>sub-folders cat, dog were taken as classes 0, 1</c>; empty for nothing.</summary>
    public IReadOnlyList<string> Assumptions
    {
        get => Fit is { } fit ? [.. _assumptions, fit] : _assumptions;
        init => _assumptions = value;
    }

    /// <summary>What the reader skipped, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What was done to images to give them their size, as a part of a sentence; null for nothing.</summary>
    public string? Fit => _cache?.Source.Fit(Shape);

    /// <summary>One image, C × H × W floats in [0, 1].</summary>
    /// <exception cref="InputException">The image is read when it is needed, and cannot be.</exception>
    public ReadOnlyMemory<float> Image(int index) => _cache is null ? _pixels.AsMemory(index * Shape.Length, Shape.Length) : _cache.Image(_places[index]);

    /// <summary>
    /// Puts a changed image back into the picture that it was read from, at that picture's own size (<see cref="IImageSource.WriteBack"/>); null for images that are not files of their own.
    /// </summary>
    public (byte[] File, float[] Image)? WriteBack(int index, ReadOnlySpan<float> image) => _cache?.Source.WriteBack(_places[index], image, Shape);

    /// <summary>Why an image cannot be read; null if it can.</summary>
    public string? Error(int index) => _cache?.Error(_places[index]);

    /// <summary>The first pixel outside [0, 1] and the index of its image; null if there is none. Images that are read when they are needed have none.</summary>
    public (int Image, float Pixel)? Outlier()
    {
        for (int i = 0; i < _pixels.Length; i++)
        {
            if (!(_pixels[i] >= 0 && _pixels[i] <= 1))
            {
                return (i / Shape.Length, _pixels[i]);
            }
        }

        return null;
    }

    /// <summary>One image's class index.</summary>
    public int Label(int index) => _labels[index];

    /// <summary>The name of an image: its file's, or its index in the set.</summary>
    public string ImageName(int index) => _names?[index] ?? index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The SHA-256 of all pixels and labels, in hexadecimal. For images that are read when they are needed, of their files' contents and their size instead of their pixels.</summary>
    public string Hash()
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        for (int i = 0; i < Count; i++)
        {
            hash.AppendData(_cache is null ? System.Runtime.InteropServices.MemoryMarshal.AsBytes(Image(i).Span) : _cache.Source.Hash(_places[i]));
            hash.AppendData(BitConverter.GetBytes(Label(i)));
        }

        if (_cache is not null)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{Shape} {Fit}"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same images with other labels.</summary>
    /// <exception cref="ArgumentException">The number of labels is not the number of images.</exception>
    public ImageSet WithLabels(int[] labels) => labels.Length == Count
        ? new ImageSet(this, Shape, _cache, _places, labels, _names) { Assumptions = [] }
        : throw new ArgumentException($"{labels.Length} labels are not one for each of {Count} images.", nameof(labels));

    /// <summary>
    /// The same images for a model that takes this size: pictures are resized and cropped as their source does it (<see cref="Fit"/>), all others can only change their number of
    /// channels (<see cref="WithChannels"/>).
    /// </summary>
    /// <returns>The images; null if they do not fit.</returns>
    /// <exception cref="InputException">Only some of them fit.</exception>
    public ImageSet? At(ImageShape shape)
    {
        if (_cache is null)
        {
            return WithChannels(shape.Channels) is { } set && set.Shape == shape ? set : null;
        }

        return !_cache.Source.Fits(shape) ? null : shape == Shape ? this : new ImageSet(this, shape, new ImageCache(_cache.Source, shape), _places, _labels, _names);
    }

    /// <summary>
    /// The same images with another number of channels. Gray is repeated in all colors, equal colors become gray, the fourth channel is taken as opacity: it is 1
    /// where it is added, and where it is removed, the colors stay as they are.
    /// </summary>
    /// <param name="channels">1, 3 or 4.</param>
    /// <returns>The images; null if they have colors that gray cannot show, or another number of channels is asked for.</returns>
    public ImageSet? WithChannels(int channels)
    {
        int from = Shape.Channels, area = Shape.Height * Shape.Width;
        if (from == channels)
        {
            return this;
        }

        if (from is not (1 or 3 or 4) || channels is not (1 or 3 or 4))
        {
            return null;
        }

        var shape = Shape with { Channels = channels };
        if (_cache is not null)
        {
            return At(shape);
        }

        var pixels = new float[Count * shape.Length];
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<float> image = Image(i).Span;
            Span<float> own = pixels.AsSpan(i * shape.Length, shape.Length);
            for (int p = 0; p < area; p++)
            {
                float opacity = from == 4 ? image[(3 * area) + p] : 1;
                for (int c = 0; c < Math.Max(3, channels); c++)
                {
                    float pixel = c == 3 ? opacity : image[(from == 1 ? 0 : c * area) + p];
                    if (c < channels)
                    {
                        own[(c * area) + p] = pixel;
                    }
                    else if (pixel != own[p])
                    {
                        return null;
                    }
                }
            }
        }

        string what = (from, channels) switch
        {
            (1, _) => "gray images were repeated in all colors",
            (_, 1) => "images of three equal colors were taken as gray",
            (4, _) => "the opacity of images was ignored",
            _ => "images were given an opacity of 1",
        };
        return new ImageSet(Name, shape, pixels, _labels, _names) { Assumptions = [.. Assumptions, what], Warnings = Warnings };
    }

    /// <summary>The images at these indices, in this order. Each keeps its name.</summary>
    /// <exception cref="InputException">An index is outside the set.</exception>
    public ImageSet Select(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        var pixels = new float[_cache is null ? indices.Count * Shape.Length : 0];
        var labels = new int[indices.Count];
        var names = new string[indices.Count];
        for (int i = 0; i < indices.Count; i++)
        {
            int index = indices[i];
            if (index < 0 || index >= Count)
            {
                throw new InputException($"Image index {index} is outside 0..{Count - 1}, the images of {Name}; correct the index.");
            }

            if (_cache is null)
            {
                Image(index).Span.CopyTo(pixels.AsSpan(i * Shape.Length));
            }

            labels[i] = Label(index);
            names[i] = ImageName(index);
        }

        return _cache is null ? new ImageSet(Name, Shape, pixels, labels, names) { Assumptions = Assumptions, Warnings = Warnings }
            : new ImageSet(this, Shape, _cache, [.. indices.Select(index => _places[index])], labels, names);
    }
}
