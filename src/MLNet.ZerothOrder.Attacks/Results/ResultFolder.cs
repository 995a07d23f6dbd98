using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// The output folder of a run: <c>result.json</c>, the best successful images as PNG under <c>images/</c>, the originals under
/// <c>originals/</c>, the last iterates of the others under <c>last/</c>, <c>panel.png</c> with originals, adversarial images and amplified
/// differences side by side, and <c>report.html</c>. Every file is written atomically.
/// </summary>
public sealed class ResultFolder
{
    private const int PanelRows = 20;
    private const int LongestName = 100;

    private readonly bool _isNew;
    private readonly Dictionary<int, string> _originals = [];
    private readonly List<string> _pictures = [];
    private readonly HashSet<string> _originalNames = new(StringComparer.OrdinalIgnoreCase);

    private ResultFolder(string path, bool isNew)
    {
        Path = path;
        _isNew = isNew;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The result file.</summary>
    public string ResultFile => System.IO.Path.Combine(Path, "result.json");

    /// <summary>The report.</summary>
    public string ReportFile => System.IO.Path.Combine(Path, "report.html");

    /// <summary>The sub-folders that hold images.</summary>
    public static IReadOnlyList<string> ImageFolders { get; } = ["images", "originals", "last", "photos"];

    /// <summary>Creates the folder if missing, and checks that files can be written there.</summary>
    /// <exception cref="InputException">The folder cannot be used.</exception>
    public static ResultFolder Create(string path)
    {
        bool isNew = !Directory.Exists(path);
        EnsureWritable(path);
        var folder = new ResultFolder(path, isNew);
        foreach (string file in new[] { folder.ResultFile, folder.ReportFile })
        {
            if (Directory.Exists(file))
            {
                throw new InputException($"The output folder '{path}' has a folder {System.IO.Path.GetFileName(file)}, where a result goes; choose another.") { Argument = nameof(AttackSession.Folder) };
            }
        }

        return ImageFolders.FirstOrDefault(name => File.Exists(System.IO.Path.Combine(path, name))) is not { } taken
            ? folder : throw new InputException($"The output folder '{path}' has a file {taken}, where images go; choose another.") { Argument = nameof(AttackSession.Folder) };
    }

    /// <summary>Creates a folder if missing, and checks that files can be written there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="argument">The caller's argument that names it, for the exception.</param>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void EnsureWritable(string path, string argument = nameof(AttackSession.Folder))
    {
        try
        {
            Directory.CreateDirectory(path);
            string probe = System.IO.Path.Combine(path, ".writable");
            AtomicFile.Write(probe, _ => { });
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"The output folder '{path}' cannot be written ({e.Message.TrimEnd('.')}); choose another.", e) { Argument = argument };
        }
    }

    /// <summary>Removes the folder if it was created here and is still empty.</summary>
    public void DeleteIfUnused()
    {
        if (_isNew && !Directory.EnumerateFileSystemEntries(Path).Any())
        {
            Directory.Delete(Path);
        }
    }

    /// <summary>Writes the result file, and removes the report of the previous result.</summary>
    public void Write(AttackResult result)
    {
        File.Delete(ReportFile);
        AtomicFile.Write(ResultFile, result.WriteTo);
    }

    /// <summary>Writes the result file of a table, and removes the report of the previous result.</summary>
    public void Write(TableResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        File.Delete(ReportFile);
        AtomicFile.Write(ResultFile, result.WriteTo);
    }

    /// <summary>A distinct sub-folder for each of several runs.</summary>
    public static IReadOnlyList<string> SubFolders(IEnumerable<string> names)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. names.Select(name => Unique(FileName(name), taken))];
    }

    /// <summary>Writes the images of one run and returns its results with the names of the files: originals, successful images, and the last iterates of the others.</summary>
    /// <param name="folder">The sub-folder of the run; null for none.</param>
    /// <param name="shape">The size of the images.</param>
    /// <param name="problems">The results of the run.</param>
    /// <param name="stop">Called before each result. Once it returns true, the remaining results get no files. Null writes all.</param>
    /// <param name="photo">Gives the picture at its own size with a successful image's change in it, as a PNG file, and whether it is a success too; null for none.</param>
    public IReadOnlyList<ImageResult> WriteImages(
        string? folder, ImageShape shape, IReadOnlyList<ImageResult> problems, Func<bool>? stop = null,
        Func<ImageResult, (byte[] File, bool Success)?>? photo = null)
    {
        ArgumentNullException.ThrowIfNull(problems);
        bool trials = problems.Any(p => p.Trial > 0);
        string? safe = folder is null ? null : FileName(folder);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var written = new List<ImageResult>(problems.Count);
        foreach (ImageResult result in problems)
        {
            if (stop?.Invoke() == true)
            {
                written.Add(result);
                continue;
            }

            string name = NameOf(result, trials, taken);
            ReadOnlyMemory<float>? adversarial = result.Adversarial;
            (byte[] File, bool Success)? back = adversarial is null ? null : photo?.Invoke(result);
            written.Add(result with
            {
                PhotoFile = back is null ? null : WriteFile(["photos", safe, name], back.Value.File),
                PhotoSuccess = back?.Success,
                ImageFile = WriteImage(["images", safe, name], adversarial, shape),
                OriginalFile = WriteOriginal(result, shape),
                LastFile = adversarial is null ? WriteImage(["last", safe, name], result.Last, shape) : null,
            });
        }

        return written;
    }

    /// <summary>Copies the images of one run from the folders of its parts, names them as <see cref="WriteImages"/> does, draws the panel, and returns the results with the new names.</summary>
    /// <param name="folder">The sub-folder of the run; null for none.</param>
    /// <param name="images">The results, in order, with the folders that their files are in.</param>
    internal IReadOnlyList<ImageResult> CopyImages(string? folder, IReadOnlyList<(ImageResult Image, string From)> images)
    {
        bool trials = images.Any(image => image.Image.Trial > 0);
        string? safe = folder is null ? null : FileName(folder);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var copies = new List<(string From, string To)>();
        var copied = new List<ImageResult>(images.Count);
        foreach ((ImageResult image, string from) in images)
        {
            string name = NameOf(image, trials, taken);
            if (!_originals.TryGetValue(image.Index, out string? original))
            {
                original = Copy(from, image.OriginalFile, ["originals", null, Unique(FileName(image.Name), _originalNames)]);
                _originals.Add(image.Index, original!);
            }

            copied.Add(image with
            {
                PhotoFile = Copy(from, image.PhotoFile, ["photos", safe, name]),
                ImageFile = Copy(from, image.ImageFile, ["images", safe, name]),
                OriginalFile = original,
                LastFile = Copy(from, image.LastFile, ["last", safe, name]),
            });
        }

        foreach (string sub in copies.Select(copy => System.IO.Path.GetDirectoryName(copy.To)!).Distinct())
        {
            Directory.CreateDirectory(sub);
        }

        Parallel.ForEach(copies, copy => File.Copy(copy.From, copy.To, overwrite: true));
        WritePanel(folder, [.. copied.Where(image => image.Trial == 0 && (image.ImageFile ?? image.LastFile) is not null && image.OriginalFile is not null).Take(PanelRows).Select(image => Row(image))]);
        return copied;

        string? Copy(string from, string? file, string?[] parts)
        {
            if (file is null)
            {
                return null;
            }

            string to = NameOf(parts), source = PictureIn(from, file);
            if (!File.Exists(source))
            {
                throw new InputException($"The picture {source} of a shard is missing; remove the shard's folder, and run the shard again.");
            }

            copies.Add((source, System.IO.Path.Combine(Path, to)));
            return to;
        }

        PanelRow Row(ImageResult image)
        {
            PixelBuffer original = PictureFile.Read(System.IO.Path.Combine(Path, image.OriginalFile!)), changed = PictureFile.Read(System.IO.Path.Combine(Path, (image.ImageFile ?? image.LastFile)!));
            return new PanelRow(original.Shape, Floats(original), Floats(changed));
        }
    }

    /// <summary>The path of a picture that a result in a folder names. The result may be untrusted: its names, and links in its folder, must not lead to other files.</summary>
    /// <exception cref="InputException">The name points outside the folder.</exception>
    public static string PictureIn(string folder, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] parts = name.Split('/');
        bool inside = !parts.Any(part => part is "" or "." or ".." || part.IndexOfAny(['\\', ':', '\0']) >= 0);
        string path = folder;
        foreach (string part in inside ? parts : [])
        {
            path = System.IO.Path.Combine(path, part);
            inside &= new FileInfo(path).LinkTarget is null;
        }

        return inside ? path : throw new InputException($"The result names the picture '{string.Concat(name.Take(60).Select(c => char.IsControl(c) ? '?' : c))}', which is outside its folder; correct the result file, or create it again.");
    }

    /// <summary>Removes the written pictures, to free space for the result file on a full disk.</summary>
    public void DeletePictures()
    {
        _pictures.ForEach(File.Delete);
        _pictures.Clear();
    }

    /// <summary>Draws the first results side by side, successful or not, as their files show them; nothing without results.</summary>
    public void WritePanel(string? folder, ImageShape shape, IReadOnlyList<ImageResult> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        WritePanel(folder, [.. problems.Where(p => p.Trial == 0 && p.Last is not null).Take(PanelRows)
            .Select(p => new PanelRow(shape, Rounded(p.Original), Rounded(p.Adversarial ?? p.Last!.Value)))]);

        static float[] Rounded(ReadOnlyMemory<float> image)
        {
            float[] rounded = image.ToArray();
            PixelBuffer.RoundTo8Bit(rounded);
            return rounded;
        }
    }

    private void WritePanel(string? folder, PanelRow[] rows)
    {
        if (rows.Length > 0)
        {
            string file = folder is null ? "panel.png" : $"panel-{FileName(folder)}.png";
            _pictures.Add(System.IO.Path.Combine(Path, file));
            AtomicFile.Write(_pictures[^1], stream => stream.Write(Png.Encode(Panel.Compose(rows).Image)));
        }
    }

    // Runs attack the same images, so each original is written once.
    private string WriteOriginal(ImageResult result, ImageShape shape)
    {
        if (!_originals.TryGetValue(result.Index, out string? file))
        {
            file = WriteImage(["originals", null, Unique(FileName(result.Name), _originalNames)], result.Original, shape)!;
            _originals.Add(result.Index, file);
        }

        return file;
    }

    private string? WriteImage(string?[] parts, ReadOnlyMemory<float>? image, ImageShape shape) =>
        image is null ? null : WriteFile(parts, Png.Encode(PixelBuffer.FromImage(image.Value.Span, shape)));

    private string WriteFile(string?[] parts, byte[] content)
    {
        string file = NameOf(parts);
        string path = System.IO.Path.Combine(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        _pictures.Add(path);
        AtomicFile.Write(path, stream => stream.Write(content), flush: false);
        return file;
    }

    private static string NameOf(string?[] parts) => $"{string.Join('/', parts.Where(part => part is not null))}.png";

    private static string NameOf(ImageResult result, bool trials, HashSet<string> taken) => Unique($"{FileName(result.Name)}{(trials ? $"-trial{result.Trial}" : "")}", taken);

    private static float[] Floats(PixelBuffer image)
    {
        var floats = new float[image.Pixels.Length];
        image.CopyTo(floats);
        return floats;
    }

    // Different names may become equal, or differ only in case, which some file systems ignore.
    private static string Unique(string stem, HashSet<string> taken)
    {
        string name = stem;
        for (int i = 2; !taken.Add(name); i++)
        {
            name = $"{stem}-{i}";
        }

        return name;
    }

    // Names are untrusted: they must not point outside the folder or exceed the limits of a file system.
    private static string FileName(string name)
    {
        string stem = PictureFile.IsNamed(name) ? name[..^System.IO.Path.GetExtension(name).Length] : name;
        string safe = string.Concat(stem.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
        safe = safe[Math.Max(0, safe.Length - LongestName)..].TrimStart('.');
        return safe.Length > 0 ? safe : "image";
    }
}
