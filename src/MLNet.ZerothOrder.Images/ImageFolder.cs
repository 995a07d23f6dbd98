using System.Globalization;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads a folder of pictures (<see cref="PictureFile"/>), each when it is needed. Their classes come from a labels file or from sub-folders. If the names of the classes are given, sub-folders are
/// matched to them, or, in a folder without such sub-folders, the names of its pictures. If not, and all names of sub-folders are whole numbers, they are class indices. Otherwise the sub-folders are the classes 0, 1, … in ordinal order of
/// their names; a sub-folder without images is a class too. Hidden files and folders are ignored. The images are in ordinal order of their names
/// (<c>sub-folder/file</c>). Pictures of several sizes become 224 × 224, the size that most
/// classifiers of photos take, and <see cref="ImageSet.At"/> gives them a model's. Where some are gray and some colored, gray is repeated in all colors; RGBA images keep their opacity as a fourth channel if all have it.
/// Pictures that are not read or cannot be read are told in <see cref="ImageSet.Warnings"/>.
/// </summary>
public static class ImageFolder
{
    private const string LabelsFile = "labels.csv";

    private const int MostTold = 20;

    // Image formats that are not read, to be named in messages.
    private static readonly (string Kind, string[] Endings)[] OtherKinds = [("PNM", [".ppm", ".pgm", ".pbm", ".pnm"]), ("HEIF", [".heic", ".heif", ".avif"]), ("SVG", [".svg"])];

    // Pictures in deeper folders are not looked for, so that links between folders end somewhere.
    private static readonly EnumerationOptions Around = new() { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true };

    /// <summary>Reads all images, pixels scaled to [0, 1].</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="labelsPath">
    /// A labels file; if null, the <c>labels.csv</c> of the folder if it exists, otherwise the sub-folders. In a file with lines
    /// <c>file,label</c>, the lines name the images to read, relative to the folder. Any other file must have one label for each picture
    /// directly in the folder, in ordinal order of their names.
    /// </param>
    /// <param name="name">The name of the set; null for the name of the folder.</param>
    /// <param name="classes">The names of the model's classes, in the order of its scores; null where they are not known.</param>
    /// <param name="fit">
    /// How pictures get a model's size; null to fit pictures of another size as most classifiers were trained (<see cref="PictureFit"/>), if the model's input is square and smaller than one of the pictures.
    /// </param>
    /// <exception cref="InputException">There is no picture that can be read, they have several sizes and cannot be fitted, or the labels do not match.</exception>
    public static ImageSet Read(string folder, string? labelsPath = null, string? name = null, ClassNames? classes = null, PictureFit? fit = null)
    {
        if (!Directory.Exists(folder))
        {
            throw new InputException($"{folder}: does not exist; check the path.");
        }

        string own = Path.Combine(folder, LabelsFile);
        labelsPath ??= File.Exists(own) ? own : null;
        LabelList? list = labelsPath is null ? null : Labels.ReadList(labelsPath, classes: classes);
        List<(string Name, int Label)> images = list is null ? ByFolder(folder, classes) : ByList(folder, labelsPath!, list);
        ImageSet set = Open(folder, name, images, fit, isWhole: list?.Files is null);
        return new ImageSet(set, list?.Assumptions ?? Taken(set));
    }

    private static string[] Taken(ImageSet set)
    {
        bool isFlat = !set.ImageName(0).Contains('/');
        return ClassNames.Describe(isFlat ? "file" : "sub-folder", "", [.. Enumerable.Range(0, set.Count).Select(i => (isFlat ? set.ImageName(i) : set.ImageName(i)[..set.ImageName(i).IndexOf('/')], set.Label(i)))]);
    }

    /// <summary>Reads all pictures of a folder and of its sub-folders as <see cref="ImageSet.Unlabelled"/>. Labels files and the names of sub-folders do not count.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name of the set; null for the name of the folder.</param>
    /// <param name="fit">How pictures get a model's size, as for <see cref="Read"/>.</param>
    /// <exception cref="InputException">There is no picture that can be read, or they have several sizes and cannot be fitted.</exception>
    public static ImageSet ReadUnlabelled(string folder, string? name = null, PictureFit? fit = null)
    {
        if (!Directory.Exists(folder))
        {
            throw new InputException($"{folder}: is not a folder, and images without labels are read from folders of pictures alone; give such a folder, or labels.");
        }

        string[] folders = Names(folder, Directory.EnumerateDirectories);
        List<(string, int)> images = [.. Pictures(folder).Concat(folders.SelectMany(inner => Pictures(Path.Combine(folder, inner)).Select(file => $"{inner}/{file}"))).Select(file => (file, ImageSet.Unlabelled))];
        return images.Count > 0 ? new ImageSet(Open(folder, name, images, fit, isWhole: true), ["each image is of the class that the model gives it"])
            : throw OfOtherKinds(folder, [folder, .. folders.Select(inner => Path.Combine(folder, inner))]) ?? new InputException($"{folder}: holds no picture; give the folder with the images.");
    }

    private static ImageSet Open(string folder, string? name, List<(string Name, int Label)> images, PictureFit? fit, bool isWhole)
    {
        images.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        string[] paths = [.. images.Select(image => Path.Combine(folder, image.Name))];
        PictureSource? pictures = PictureSource.Open(paths, i => PictureFile.Content(paths[i]), fit, out string?[] errors);
        string[] damaged = [.. errors.OfType<string>()];
        if (pictures is null)
        {
            throw new InputException($"{folder}: none of its {damaged.Length} pictures can be read; {damaged[0]}");
        }

        HashSet<string> bad = [.. images.Select(image => image.Name).Where((_, i) => errors[i] is not null)];
        images.RemoveAll(image => bad.Contains(image.Name));
        return new ImageSet(
            name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), pictures.Natural, pictures, [.. images.Select(image => image.Label)], [.. images.Select(image => image.Name)])
        {
            Warnings = PassedOver(folder, images, bad, damaged, isWhole),
        };
    }

    private static List<(string Name, int Label)> ByFolder(string folder, ClassNames? classes)
    {
        string[] folders = Names(folder, Directory.EnumerateDirectories);
        int numbered = classes is null ? folders.Count(c => Index(c) is not null) : 0;
        if (numbered > 0 && numbered < folders.Length)
        {
            string odd = folders.First(c => Index(c) is null);
            throw new InputException($"{folder}: has sub-folders named by class index and others, such as {InputFile.Quote(odd)}; name all by index or none.");
        }

        var images = new List<(string, int)>();
        var names = new Dictionary<int, string>();
        for (int i = 0; i < folders.Length; i++)
        {
            string[] files = Pictures(Path.Combine(folder, folders[i]));

            // Folders that are no class may stand beside classes, such as one of results.
            if (classes is not null && files.Length == 0)
            {
                continue;
            }

            int label = classes is not null ? classes.IndexOf(folders[i]) ?? throw new InputException($"{folder}: the sub-folder {InputFile.Quote(folders[i])} {classes.Unknown(folders[i])}") { Argument = "Classes" }
                : numbered > 0 ? Index(folders[i])!.Value : i;
            if (!names.TryAdd(label, folders[i]))
            {
                throw new InputException($"{folder}: the sub-folders {names[label]} and {folders[i]} are both class {label}; put their images into one sub-folder.");
            }

            images.AddRange(files.Select(file => ($"{folders[i]}/{file}", label)));
        }

        // Names of files such as n01440764_18.JPEG. A number is more likely that of a picture than of its class.
        if (images.Count == 0 && classes is not null)
        {
            images.AddRange(Pictures(folder).Select(file => (file, (Path.GetFileNameWithoutExtension(file) is var stem && Index(stem) is null ? classes.IndexOf(stem) : null)
                ?? throw new InputException($"{folder}: the file {InputFile.Quote(file)} {classes.Unknown(file)}") { Argument = "Classes" })));
        }

        return images.Count > 0
            ? images
            : throw OfOtherKinds(folder, [folder, .. folders.Select(c => Path.Combine(folder, c))]) ?? new InputException(
                $"{folder}: holds no labelled picture; give a folder with a sub-folder of pictures per class, or with pictures and a {LabelsFile} of lines file,label, or take the model's answers for labels.") { Argument = "Labels" };
    }

    private static int? Index(string folder) => int.TryParse(folder, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : null;

    private static List<(string Name, int Label)> ByList(string folder, string labelsPath, LabelList list)
    {
        string[] files = list.Files ?? Pictures(folder);
        if (files.Length == 0)
        {
            throw OfOtherKinds(folder, [folder]) ?? new InputException($"{folder}: holds no picture; give the folder with the images.");
        }

        if (files.Length != list.Values.Length)
        {
            throw new InputException($"{labelsPath}: holds {list.Values.Length} labels for the {files.Length} pictures in {folder}; give one label per image.");
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

            // A list from Windows.
            bool isWindows = files[i].Contains('\\') && !File.Exists(Path.Combine(folder, files[i]));
            images.Add((isWindows ? files[i].Replace('\\', '/') : files[i], list.Values[i]));
        }

        return images;
    }

    // Both kinds of slash count on every system, so that a list is accepted or refused on all systems alike.
    private static bool StaysInside(string file) =>
        file.Length > 0 && !file.Any(char.IsControl) && !Path.IsPathRooted(file) && !file.Contains(':')
        && file[0] is not ('/' or '\\') && !file.Split('/', '\\').Contains("..");

    // Pictures that are not read, told in one sentence with an example of each kind, and in one sentence each where they cannot be read; empty for none.
    private static string[] PassedOver(string folder, List<(string Name, int Label)> images, HashSet<string> bad, string[] damaged, bool all)
    {
        HashSet<string> read = [.. images.Select(image => image.Name)];
        string[] files = !all ? [] : [.. Directory.EnumerateFiles(folder, "*", Around).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Where(file => !read.Contains(file) && !bad.Contains(file) && !file.StartsWith('.') && !file.Contains("/.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        List<string> told = damaged.Length == 0 ? [] : [$"{damaged.Length} that cannot be read"];
        int count = damaged.Length;
        foreach ((string kind, Func<string, bool> isKind) in OtherKinds.Select(kind => (kind.Kind, (Func<string, bool>)(file => kind.Endings.Contains(Path.GetExtension(file).ToLowerInvariant()))))
            .Prepend(("in other folders", file => PictureKind.Named(file) is not null)))
        {
            string[] those = [.. files.Where(isKind)];
            count += those.Length;
            if (those.Length > 0)
            {
                told.Add($"{those.Length} {kind} (such as {those[0]})");
            }
        }

        return count == 0 ? []
            : [$"{count} picture{(count == 1 ? " was" : "s were")} skipped in {folder}: {string.Join(", ", told)}; convert other formats to PNG or JPEG, and put pictures where the {images.Count} others are.", .. damaged.Take(MostTold)];
    }

    private static string[] Pictures(string folder) => [.. Names(folder, Directory.EnumerateFiles).Where(file => PictureKind.Named(file) is not null)];

    // The exception for a folder that has images of other formats alone; null if it has no images at all.
    private static InputException? OfOtherKinds(string folder, string[] places)
    {
        string[] files = [.. places.SelectMany(place => Names(place, Directory.EnumerateFiles))];
        (string Kind, int Count)[] found =
        [
            .. OtherKinds.Select(kind => (kind.Kind, files.Count(file => kind.Endings.Contains(Path.GetExtension(file).ToLowerInvariant())))).Where(kind => kind.Item2 > 0),
        ];
        return found.Length == 0 || files.Any(file => PictureKind.Named(file) is not null) ? null : new InputException(
            $"{folder}: holds {string.Join(" and ", found.Select(kind => $"{kind.Count} {kind.Kind}"))} image{(found.Sum(kind => kind.Count) == 1 ? "" : "s")}, which are not read; convert them to PNG or JPEG.");
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
