using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// The output folder of a run: <c>result.json</c>, the best successful images as PNG under <c>images/</c>, and
/// <c>panel.png</c> with originals, adversarial images and amplified differences side by side. Every file is written atomically.
/// </summary>
public sealed class ResultFolder
{
    private const int PanelRows = 20;
    private const int LongestName = 100;

    private readonly bool _isNew;

    private ResultFolder(string path, bool isNew)
    {
        Path = path;
        _isNew = isNew;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The result file.</summary>
    public string ResultFile => System.IO.Path.Combine(Path, "result.json");

    /// <summary>Makes the folder, and tries that files can be written there.</summary>
    /// <exception cref="InputException">They cannot.</exception>
    public static ResultFolder Create(string path)
    {
        bool isNew = !Directory.Exists(path);
        EnsureWritable(path, "--out");
        var folder = new ResultFolder(path, isNew);
        return !Directory.Exists(folder.ResultFile) && !File.Exists(System.IO.Path.Combine(path, "images"))
            ? folder
            : throw new InputException($"The output folder '{path}' has a folder result.json or a file images, where results go; choose another with --out.");
    }

    /// <summary>Makes a folder where there is none, and tries that files can be written there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="option">The option that names another, for the message.</param>
    /// <exception cref="InputException">They cannot.</exception>
    public static void EnsureWritable(string path, string option)
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
            throw new InputException($"The output folder '{path}' cannot be written ({e.Message.TrimEnd('.')}); choose another with {option}.", e);
        }
    }

    /// <summary>Removes the folder where it was made here and nothing was written to it.</summary>
    public void DeleteIfUnused()
    {
        if (_isNew && !Directory.EnumerateFileSystemEntries(Path).Any())
        {
            Directory.Delete(Path);
        }
    }

    /// <summary>Writes the result file.</summary>
    public void Write(ResultDocument document) => AtomicFile.Write(ResultFile, document.WriteTo);

    /// <summary>A sub-folder for each of several runs, no two the same.</summary>
    public static IReadOnlyList<string> SubFolders(IEnumerable<string> names)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. names.Select(name => Unique(FileName(name), taken))];
    }

    /// <summary>Writes one run's successful images and gives the records that name them.</summary>
    /// <param name="folder">The sub-folder of <c>images/</c>; null for none.</param>
    /// <param name="shape">The images' size.</param>
    /// <param name="problems">The run's results.</param>
    public IReadOnlyList<ProblemRecord> WriteImages(string? folder, ImageShape shape, IReadOnlyList<ImageResult> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        bool trials = problems.Any(p => p.Trial > 0);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var records = new List<ProblemRecord>(problems.Count);
        foreach (ImageResult result in problems)
        {
            string? file = null;
            if (result.Adversarial is { } image)
            {
                string name = Unique($"{FileName(result.Name)}{(trials ? $"-trial{result.Trial}" : "")}", taken);
                file = string.Join('/', new[] { "images", folder is null ? null : FileName(folder), name + ".png" }.Where(part => part is not null));
                string path = System.IO.Path.Combine(Path, file);
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
                AtomicFile.Write(path, stream => stream.Write(Png.Encode(PixelBuffer.FromImage(image.Span, shape))));
            }

            records.Add(ProblemRecord.From(result, file));
        }

        return records;
    }

    /// <summary>Draws the first results, successful or not, side by side; nothing where there are none.</summary>
    public void WritePanel(string? folder, ImageShape shape, IReadOnlyList<ImageResult> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        PanelRow[] rows = [.. problems.Where(p => p.Trial == 0 && p.Last is not null).Take(PanelRows)
            .Select(p => new PanelRow(shape, p.Original, p.Adversarial ?? p.Last!.Value))];
        if (rows.Length > 0)
        {
            string file = folder is null ? "panel.png" : $"panel-{FileName(folder)}.png";
            AtomicFile.Write(System.IO.Path.Combine(Path, file), stream => stream.Write(Png.Encode(Panel.Compose(rows).Image)));
        }
    }

    // Different names may become one, or differ in case alone, which some file systems do not tell apart.
    private static string Unique(string stem, HashSet<string> taken)
    {
        string name = stem;
        for (int i = 2; !taken.Add(name); i++)
        {
            name = $"{stem}-{i}";
        }

        return name;
    }

    // Names come from files and data sets: nothing in them may lead out of the folder, or be too long for a file system.
    private static string FileName(string name)
    {
        string stem = name.EndsWith(".png", StringComparison.OrdinalIgnoreCase) ? name[..^4] : name;
        string safe = string.Concat(stem.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
        safe = safe[Math.Max(0, safe.Length - LongestName)..].TrimStart('.');
        return safe.Length > 0 ? safe : "image";
    }
}
