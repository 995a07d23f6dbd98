using System.Formats.Tar;
using System.IO.Compression;

namespace MLNet.ZerothOrder.Data;

/// <summary>Unpacks the files of a data set from its .tar.gz.</summary>
internal static class DatasetArchive
{
    private const long MostBytes = 1L << 30;

    /// <summary>
    /// Writes either all files or none into a folder, after checking each. Only the file name of an entry is used, and only if it is known,
    /// so that an archive cannot write elsewhere.
    /// </summary>
    /// <returns>Null on success; otherwise what is wrong with the archive.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static string? Unpack(string archive, string folder, IReadOnlyList<DatasetFile> files, CancellationToken cancellation)
    {
        var missing = files.ToDictionary(file => file.Name);
        try
        {
            using FileStream content = File.OpenRead(archive);
            using var gzip = new GZipStream(content, CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            long total = 0;
            while (missing.Count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                TarEntry? entry = tar.GetNextEntry();
                if (entry is null)
                {
                    return $"lacks {string.Join(", ", missing.Keys)}";
                }

                total += entry.Length;
                if (total > MostBytes)
                {
                    return "unpacks to far more than the data set";
                }

                string name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                    || entry.DataStream is not { } data
                    || !missing.Remove(name, out DatasetFile? file))
                {
                    continue;
                }

                using FileStream copy = File.Create(Part(folder, file));
                string? problem = DatasetCheck.Problem(
                    buffer => data.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false), file, copy, cancellation);
                if (problem is not null)
                {
                    return $"holds a {name} that {problem}";
                }
            }

            foreach (DatasetFile file in files)
            {
                File.Move(Part(folder, file), Path.Combine(folder, file.Name), overwrite: true);
            }

            return null;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException or InvalidOperationException)
        {
            return $"is damaged or cut off ({e.Message.TrimEnd('.')})";
        }
        finally
        {
            foreach (DatasetFile file in files)
            {
                File.Delete(Part(folder, file));
            }
        }
    }

    private static string Part(string folder, DatasetFile file) => Path.Combine(folder, file.Name + ".part");
}
