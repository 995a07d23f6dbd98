namespace MLNet.ZerothOrder.Data;

/// <summary>Labelled images of one size, pixels in [0, 1], channel by channel.</summary>
public sealed class ImageSet
{
    /// <summary>The label of an image whose class is unknown.</summary>
    public const int Unlabelled = -1;

    private readonly float[] _pixels;
    private readonly int[] _labels;
    private readonly string[]? _names;

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

    /// <summary>The name of the set in results.</summary>
    public string Name { get; }

    /// <summary>The size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>The number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>One image, C × H × W floats in [0, 1].</summary>
    public ReadOnlyMemory<float> Image(int index) => _pixels.AsMemory(index * Shape.Length, Shape.Length);

    /// <summary>One image's class index.</summary>
    public int Label(int index) => _labels[index];

    /// <summary>The name of an image: its file's, or its index in the set.</summary>
    public string ImageName(int index) => _names?[index] ?? index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The SHA-256 of all pixels and labels, in hexadecimal.</summary>
    public string Hash()
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        for (int i = 0; i < Count; i++)
        {
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Image(i).Span));
            hash.AppendData(BitConverter.GetBytes(Label(i)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same images with other labels.</summary>
    /// <exception cref="ArgumentException">The number of labels is not the number of images.</exception>
    public ImageSet WithLabels(int[] labels) => new(Name, Shape, _pixels, labels, _names);

    /// <summary>The images at these indices, in this order. Each keeps its name.</summary>
    /// <exception cref="InputException">An index is outside the set.</exception>
    public ImageSet Select(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        var pixels = new float[indices.Count * Shape.Length];
        var labels = new int[indices.Count];
        var names = new string[indices.Count];
        for (int i = 0; i < indices.Count; i++)
        {
            int index = indices[i];
            if (index < 0 || index >= Count)
            {
                throw new InputException($"Image index {index} is outside 0..{Count - 1}, the images of {Name}; correct the index.");
            }

            Image(index).Span.CopyTo(pixels.AsSpan(i * Shape.Length));
            labels[i] = Label(index);
            names[i] = ImageName(index);
        }

        return new ImageSet(Name, Shape, pixels, labels, names);
    }
}
