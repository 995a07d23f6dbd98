namespace MLNet.ZerothOrder.Data;

/// <summary>Reads labelled images from a folder or a file of any supported format.</summary>
public static class Images
{
    /// <summary>
    /// Reads a folder of pictures (<see cref="ImageFolder"/>), a .npy array (<see cref="NpyReader"/>), an array in a .npz archive (<c>x.npz:name</c>, or the only one of fitting
    /// shape; its labels may be the only array of fitting shape in the same archive), an IDX file
    /// (<see cref="IdxReader"/>), a table of pixels (<see cref="CsvReader"/>), a Parquet file of pictures (<see cref="ParquetImages"/>) or a file of CIFAR-10's binary version (<see cref="CifarReader"/>). The format is detected by content.
    /// </summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="labelsPath">The labels file: required for .npy and IDX, optional for a folder, a table and a Parquet file, refused for CIFAR-10, which contains its labels.</param>
    /// <param name="shape">The size of the images: required for a .npy array N × D, and for a table of other images than gray squares. Pictures of a folder are fitted to it, and other images of another size are refused.</param>
    /// <param name="classes">The names of the model's classes, in the order of its scores, for folders and labels that are names; null to number the names in ordinal order.</param>
    /// <param name="fit">How the pictures of a folder or a Parquet file get the shape, or a model's size (<see cref="ImageFolder"/>); null for the default.</param>
    /// <exception cref="InputException">A file cannot be read, has none of these formats, or does not have the shape.</exception>
    public static ImageSet Read(string path, string? labelsPath = null, ImageShape? shape = null, ClassNames? classes = null, PictureFit? fit = null)
    {
        ImageSet set = Directory.Exists(path) ? ImageFolder.Read(path, labelsPath, classes: classes, fit: fit)
            : HoldsPictures(path) ? ParquetImages.Read(path, labelsPath, classes: classes, fit: fit)
            : ReadFile(path, labelsPath, shape, classes);
        return shape is null ? set : set.At(shape.Value) ?? throw new InputException($"{path}: holds images of {set.Shape} (channels×height×width), not of {shape}; give other images or their shape.");
    }

    /// <summary>Whether a path is a folder or a Parquet file, whose pictures may have any size and are fitted to a model's.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static bool HoldsPictures(string path) => Directory.Exists(path) || (InputFile.MemberOf(path) is null && ParquetImages.IsParquet(path));

    /// <summary>Reads the pictures of a folder or of a Parquet file as <see cref="ImageSet.Unlabelled"/>.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="fit">How they get a model's size (<see cref="ImageFolder"/>); null for the default.</param>
    /// <exception cref="InputException">It is neither, or holds no picture that can be read.</exception>
    public static ImageSet ReadUnlabelled(string path, PictureFit? fit = null) =>
        !Directory.Exists(path) && HoldsPictures(path) ? ParquetImages.ReadUnlabelled(path, fit: fit) : ImageFolder.ReadUnlabelled(path, fit: fit);

    private static ImageSet ReadFile(string path, string? labelsPath, ImageShape? shape, ClassNames? classes)
    {
        if (NpyHeader.Member(path, header => header.Shape.Length is 3 or 4 || (header.Shape.Length == 2 && shape is not null && header.Shape[1] == shape.Value.Length)) is { } member)
        {
            path = member;
        }

        // The labels of an array in an archive usually are there too.
        labelsPath ??= InputFile.MemberOf(path)?.Archive;

        ReadOnlySpan<byte> head = InputFile.Head(path, 12);
        if (PictureKind.Named(path) is { } kind && PictureKind.Of(head) is not null)
        {
            throw new InputException($"{path}: is a single {kind.Name} picture; give its folder.");
        }

        // A CIFAR-10 file has no signature: it starts with a label and a color. It is therefore detected last.
        bool isNpy = NpyHeader.IsNpy(head);
        bool isIdx = head is [0, 0, 8, 1 or 3, ..];
        if (!isNpy && !isIdx && head is not [< CifarReader.Classes, ..])
        {
            if (CsvReader.IsTable(path))
            {
                return CsvReader.Read(path, labelsPath, shape, classes: classes);
            }

            throw new InputException(
                $"{path}: is not a folder of pictures, a .npy or .npz array, a table of pixels (CSV), a Parquet file, an IDX file or a CIFAR-10 file (binary version); give a folder of JPEG or PNG pictures, with one folder per class.");
        }

        return (isNpy, isIdx, labelsPath) switch
        {
            (true, _, { } labels) => NpyReader.Read(path, labels, shape, classes: classes),
            (_, true, { } labels) => IdxReader.Read(path, labels, classes: classes),
            (true, _, null) or (_, true, null) => throw new InputException($"{path}: holds images without labels; give their labels file too.") { Argument = "Labels" },
            (_, _, { }) => throw new InputException(
                $"{path}: is neither a .npy nor an IDX file, and a CIFAR-10 file (binary version) contains its labels; give a .npy or an IDX file, or omit the labels file."),
            _ => CifarReader.Read([path], Path.GetFileName(path)),
        };
    }
}
