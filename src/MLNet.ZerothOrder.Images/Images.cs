namespace MLNet.ZerothOrder.Data;

/// <summary>Reads labelled images from whatever a user points at.</summary>
public static class Images
{
    /// <summary>
    /// Reads a folder of PNG images (<see cref="ImageFolder"/>), a .npy array (<see cref="NpyReader"/>), an IDX file
    /// (<see cref="IdxReader"/>) or a file of CIFAR-10's binary records (<see cref="CifarReader"/>), told apart by content.
    /// </summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="labelsPath">The labels' file: needed for .npy and IDX, possible for a folder, refused for CIFAR-10, which holds its own.</param>
    /// <param name="shape">The images' size: needed for a .npy array N × D; anything read must have it.</param>
    /// <exception cref="InputException">Something cannot be read, is none of these, or does not have the shape.</exception>
    public static ImageSet Read(string path, string? labelsPath = null, ImageShape? shape = null)
    {
        ImageSet set = Directory.Exists(path) ? ImageFolder.Read(path, labelsPath) : ReadFile(path, labelsPath, shape);
        return shape is null || set.Shape == shape
            ? set
            : throw new InputException($"{path}: holds images of {set.Shape} (channels×height×width), but images of {shape} are wanted; give the images or the shape that is meant.");
    }

    private static ImageSet ReadFile(string path, string? labelsPath, ImageShape? shape)
    {
        ReadOnlySpan<byte> head = InputFile.Head(path, 8);
        if (head.StartsWith(Png.Signature))
        {
            throw new InputException($"{path}: is a single PNG image; give the folder that it lies in.");
        }

        // A CIFAR-10 file begins with a label, then any colour, so it is what can be one and is neither of the others.
        bool isNpy = NpyHeader.IsNpy(head);
        bool isIdx = head is [0, 0, 8, 1 or 3, ..];
        if (!isNpy && !isIdx && head is not [< CifarReader.Classes, ..])
        {
            throw new InputException(
                $"{path}: is none of a folder of PNGs, a .npy array, an IDX file and a CIFAR-10 file (binary version); convert images to 8-bit PNGs, in a folder per class.");
        }

        return (isNpy, isIdx, labelsPath) switch
        {
            (true, _, { } labels) => NpyReader.Read(path, labels, shape),
            (_, true, { } labels) => IdxReader.Read(path, labels),
            (true, _, null) or (_, true, null) => throw new InputException($"{path}: holds images without labels; give their labels' file too.") { Argument = "Labels" },
            (_, _, { }) => throw new InputException(
                $"{path}: is no .npy and no IDX file, and a file in CIFAR-10's binary version has its own labels; give one of these, or leave the labels' file out."),
            _ => CifarReader.Read([path], Path.GetFileName(path)),
        };
    }
}
