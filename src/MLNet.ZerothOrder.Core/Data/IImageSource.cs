namespace MLNet.ZerothOrder.Data;

/// <summary>Images that are read when they are needed, such as the pictures of a folder. Thread-safe.</summary>
public interface IImageSource
{
    /// <summary>Whether all images can be given this size.</summary>
    /// <exception cref="InputException">Some have this size and others cannot be given it.</exception>
    bool Fits(ImageShape shape);

    /// <summary>What <see cref="Read"/> does to images to give them this size, as a part of a sentence; null for nothing.</summary>
    string? Fit(ImageShape shape);

    /// <summary>Reads one image.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="shape">A size that fits.</param>
    /// <returns>C × H × W floats in [0, 1].</returns>
    /// <exception cref="InputException">The image cannot be read.</exception>
    float[] Read(int index, ImageShape shape);

    /// <summary>Puts a changed image back into the file that it was read from, at that file's own size.</summary>
    /// <param name="index">The index of the image.</param>
    /// <param name="image">The changed image, C × H × W floats. Those outside [0, 1] ask for as much as a file can hold.</param>
    /// <param name="shape">Its size.</param>
    /// <returns>The content of a PNG file, and the image that a model is given if it is read in the same way.</returns>
    /// <exception cref="InputException">The file cannot be read any more.</exception>
    (byte[] File, float[] Image) WriteBack(int index, ReadOnlySpan<float> image, ImageShape shape);

    /// <summary>A hash of everything that determines an image's pixels except the size.</summary>
    ReadOnlySpan<byte> Hash(int index);
}
