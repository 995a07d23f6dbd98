using System.Globalization;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads a folder of PNG images of one size. Their classes come from a labels file or from sub-folders. If all names of sub-folders are
/// whole numbers, they are class indices. Otherwise the sub-folders are the classes 0, 1, … in ordinal order of their names; a
/// sub-folder without images is a class too. Hidden files and folders are ignored. The images are in ordinal order of their names
/// (<c>sub-folder/file</c>).
/// </summary>
public static class ImageFolder
{
    private const string LabelsFile = "labels.csv";

    // Unsupported image formats, to be named in messages.
    private static readonly (string Kind, string[] Endings)[] OtherKinds = [("JPEG", [".jpg", ".jpeg"]), ("BMP", [".bmp"]), ("WebP", [".webp"])];

    /// <summary>Reads all images, pixels scaled to [0, 1].</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="labelsPath">
    /// A labels file; if null, the <c>labels.csv</c> of the folder if it exists, otherwise the sub-folders. In a file with lines
    /// <c>file,label</c>, the lines name the images to read, relative to the folder. Any other file must have one label for each PNG
    /// directly in the folder, in ordinal order of their names.
    /// </param>
    /// <param name="name">The name of the set; null for the name of the folder.</param>
    /// <exception cref="InputException">There is no image, an image cannot be read or has another size, or the labels do not match.</exception>
    public static ImageSet Read(string folder, string? labelsPath = null, string? name = null)
    {
        if (!Directory.Exists(folder))
        {
            throw new InputException($"{folder}: does not exist; check the path.");
        }

        string own = Path.Combine(folder, LabelsFile);
        labelsPath ??= File.Exists(own) ? own : null;
        List<(string Name, int Label)> images = labelsPath is null ? ByFolder(folder) : ByList(folder, labelsPath);
        images.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return Load(folder, images, name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));
    }

    private static ImageSet Load(string folder, List<(string Name, int Label)> images, string name)
    {
        PixelBuffer first = Png.Read(Path.Combine(folder, images[0].Name));
        ImageShape shape = first.Shape;
        float[] pixels = DataLimits.Allocate(folder, images.Count, shape);
        for (int i = 0; i < images.Count; i++)
        {
            string path = Path.Combine(folder, images[i].Name);
            PixelBuffer image = i == 0 ? first : Png.Read(path);
            if (image.Shape != shape)
            {
                throw new InputException(
                    $"{path}: is an image of {image.Shape} (channels×height×width), but {images[0].Name} is one of {shape}; give images of one size and one number of channels.");
            }

            image.CopyTo(pixels.AsSpan(i * shape.Length, shape.Length));
        }

        return new ImageSet(name, shape, pixels, [.. images.Select(image => image.Label)], [.. images.Select(image => image.Name)]);
    }

    private static List<(string Name, int Label)> ByFolder(string folder)
    {
        string[] classes = Names(folder, Directory.EnumerateDirectories);
        int numbered = classes.Count(c => int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        if (numbered > 0 && numbered < classes.Length)
        {
            string odd = classes.First(c => !int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out _));
            throw new InputException($"{folder}: has sub-folders named by class index and others, such as {InputFile.Quote(odd)}; name all by index or none.");
        }

        var images = new List<(string, int)>();
        var names = new Dictionary<int, string>();
        for (int i = 0; i < classes.Length; i++)
        {
            int label = numbered > 0 ? int.Parse(classes[i], NumberStyles.None, CultureInfo.InvariantCulture) : i;
            if (!names.TryAdd(label, classes[i]))
            {
                throw new InputException($"{folder}: the sub-folders {names[label]} and {classes[i]} are both class {label}; put their images into one sub-folder.");
            }

            images.AddRange(Pngs(Path.Combine(folder, classes[i])).Select(file => ($"{classes[i]}/{file}", label)));
        }

        return images.Count > 0
            ? images
            : throw OfOtherKinds(folder, [folder, .. classes.Select(c => Path.Combine(folder, c))]) ?? new InputException(
                $"{folder}: holds no labelled PNG image; give a folder with a sub-folder of PNG images per class, or with PNG images and a {LabelsFile} of lines file,label.");
    }

    private static List<(string Name, int Label)> ByList(string folder, string labelsPath)
    {
        LabelList list = Labels.ReadList(labelsPath);
        string[] files = list.Files ?? Pngs(folder);
        if (files.Length == 0)
        {
            throw OfOtherKinds(folder, [folder]) ?? new InputException($"{folder}: holds no PNG image; give the folder with the images.");
        }

        if (files.Length != list.Values.Length)
        {
            throw new InputException($"{labelsPath}: holds {list.Values.Length} labels for the {files.Length} PNG images in {folder}; give one label per image.");
        }

        var images = new List<(string, int)>(files.Length);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < files.Length; i++)
        {
            if (!StaysInside(files[i]))
            {
                throw new InputException($"{labelsPath}: {list.Place(i)} names the file {InputFile.Quote(files[i])}; name files inside the folder, relative to it.");
            }

            if (!seen.Add(files[i]))
            {
                throw new InputException($"{labelsPath}: {list.Place(i)} names the file {InputFile.Quote(files[i])} a second time; give each image one label.");
            }

            images.Add((files[i], list.Values[i]));
        }

        return images;
    }

    // Both kinds of slash count on every system, so that a list is accepted or refused on all systems alike.
    private static bool StaysInside(string file) =>
        file.Length > 0 && !file.Any(char.IsControl) && !Path.IsPathRooted(file) && !file.Contains(':')
        && file[0] is not ('/' or '\\') && !file.Split('/', '\\').Contains("..");

    /// <summary>The classes that were assigned to sub-folders with names that are not numbers, such as <c> (sub-folders cat, dog were taken as classes 0, 1)</c>; empty if there are none.</summary>
    public static string DescribeClasses(ImageSet images)
    {
        const int most = 6;
        (string Folder, int Label)[] folders =
        [
            .. Enumerable.Range(0, images.Count)
                .Select(i => (Folder: images.ImageName(i).Split('/') is [var folder, _] ? folder : "", Label: images.Label(i))).Distinct().OrderBy(f => f.Label),
        ];
        bool tell = folders.All(f => f.Folder.Any(c => !char.IsAsciiDigit(c))) && folders.DistinctBy(f => f.Folder).Count() == folders.Length;
        return !tell || folders.Length == 0 ? ""
            : $" (sub-folder{(folders.Length == 1 ? "" : "s")} {List(f => f.Folder)} {(folders.Length == 1 ? "was taken as class" : "were taken as classes")} {List(f => $"{f.Label}")})";

        string List(Func<(string Folder, int Label), string> part) => string.Join(", ", folders.Take(most).Select(part)) + (folders.Length > most ? ", …" : "");
    }

    private static string[] Pngs(string folder) =>
        [.. Names(folder, Directory.EnumerateFiles).Where(file => file.EndsWith(".png", StringComparison.OrdinalIgnoreCase))];

    // The exception for a folder that has images of other formats but no PNG; null if it has no images at all.
    private static InputException? OfOtherKinds(string folder, string[] places)
    {
        string[] files = [.. places.SelectMany(place => Names(place, Directory.EnumerateFiles))];
        (string Kind, int Count)[] found =
        [
            .. OtherKinds.Select(kind => (kind.Kind, files.Count(file => kind.Endings.Contains(Path.GetExtension(file).ToLowerInvariant())))).Where(kind => kind.Item2 > 0),
        ];
        return found.Length == 0 || files.Any(file => file.EndsWith(".png", StringComparison.OrdinalIgnoreCase)) ? null : new InputException(
            $"{folder}: holds {string.Join(" and ", found.Select(kind => $"{kind.Count} {kind.Kind}"))} image{(found.Sum(kind => kind.Count) == 1 ? "" : "s")} and no PNG; convert them to 8-bit PNG.");
    }

    private static string[] Names(string folder, Func<string, IEnumerable<string>> enumerate)
    {
        try
        {
            string[] names = [.. enumerate(folder).Select(path => Path.GetFileName(path)).Where(name => name[0] != '.')];
            Array.Sort(names, string.CompareOrdinal);
            return names;
        }
        catch (Exception e) when (InputFile.Unreadable(folder, e) is { } unreadable)
        {
            throw unreadable;
        }
    }
}
