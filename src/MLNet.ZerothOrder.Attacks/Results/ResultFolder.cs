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

            string name = Unique($"{FileName(result.Name)}{(trials ? $"-trial{result.Trial}" : "")}", taken);
            (byte[] File, bool Success)? back = result.Adversarial is null ? null : photo?.Invoke(result);
            written.Add(result with
            {
                PhotoFile = back is null ? null : WriteFile(["photos", safe, name], back.Value.File),
                PhotoSuccess = back?.Success,
                ImageFile = WriteImage(["images", safe, name], result.Adversarial, shape),
                OriginalFile = WriteOriginal(result, shape),
                LastFile = result.Adversarial is null ? WriteImage(["last", safe, name], result.Last, shape) : null,
            });
        }

        return written;
    }

    /// <summary>Removes the written pictures, to free space for the result file on a full disk.</summary>
    public void DeletePictures()
    {
        _pictures.ForEach(File.Delete);
        _pictures.Clear();
    }

    /// <summary>Draws the first results side by side, successful or not; nothing without results.</summary>
    public void WritePanel(string? folder, ImageShape shape, IReadOnlyList<ImageResult> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        PanelRow[] rows = [.. problems.Where(p => p.Trial == 0 && p.Last is not null).Take(PanelRows)
            .Select(p => new PanelRow(shape, p.Original, p.Adversarial ?? p.Last!.Value))];
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
        string file = $"{string.Join('/', parts.Where(part => part is not null))}.png";
        string path = System.IO.Path.Combine(Path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        _pictures.Add(path);
        AtomicFile.Write(path, stream => stream.Write(content), flush: false);
        return file;
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
