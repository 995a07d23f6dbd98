namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Downloads the public data sets from their homes on the web into the folder where <see cref="Datasets"/> finds them, and
/// checks every file's SHA-256. An interrupted download goes on where it stopped.
/// </summary>
public static class DatasetDownload
{
    // What gzip may add to a file that it cannot compress.
    private const int MostOverhead = 1 << 16;

    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(30);

    /// <summary>Downloads what is not there yet.</summary>
    /// <param name="name"><c>mnist</c> or <c>cifar10</c>.</param>
    /// <param name="directory">The folder of data sets; the set goes into a sub-folder of its name. Null for <see cref="Datasets.Folder"/>'s.</param>
    /// <param name="progress">Told as bytes arrive.</param>
    /// <param name="cancellation">Stops the download; what arrived stays in a <c>.part</c> file, from which the next call goes on.</param>
    /// <returns>The set's folder.</returns>
    /// <exception cref="InputException">
    /// The name is unknown, no server could be reached or sent the right content, a file of another content is in the way,
    /// or the folder cannot be written.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static async Task<string> RunAsync(
        string name, string? directory = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        DatasetSource source = DatasetSource.Find(name);
        return await RunAsync(source, Path.Combine(Datasets.Folder(directory), source.Name), progress, cancellation);
    }

    internal static async Task<string> RunAsync(
        DatasetSource source, string folder, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        using var client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = LongestConnect });
        var download = new ResumableDownload(client, progress);
        try
        {
            Directory.CreateDirectory(folder);
            DatasetFile[] missing = [.. source.Files.Where(file => !IsThere(folder, file, cancellation))];
            if (source.Archive is null)
            {
                foreach (DatasetFile file in missing)
                {
                    string remote = file.Name + ".gz";
                    string part = Path.Combine(folder, remote + ".part");
                    await ObtainAsync(
                        download, source, remote, part, file.Length + MostOverhead, () => CheckedMove(part, folder, file, cancellation), cancellation);
                }
            }
            else if (missing.Length > 0)
            {
                string part = Path.Combine(folder, source.Archive.Name + ".part");
                await ObtainAsync(
                    download, source, source.Archive.Name, part, source.Archive.Length, () => CheckedUnpack(part, folder, source.Archive, missing, cancellation), cancellation);
                File.Delete(part);
            }

            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"{folder}: cannot be written ({e.Message.TrimEnd('.')}); choose a folder with room that you may write to.", e);
        }
    }

    /// <summary>Fetches a file from the first mirror that sends what <paramref name="accept"/> finds nothing wrong with.</summary>
    private static async Task ObtainAsync(
        ResumableDownload download, DatasetSource source, string remote, string part, long mostBytes, Func<string?> accept, CancellationToken cancellation)
    {
        var problems = new List<string>();
        foreach (Uri mirror in source.Mirrors)
        {
            bool wasBegun;
            do
            {
                wasBegun = new FileInfo(part) is { Exists: true, Length: > 0 };
                string? problem = await download.FetchAsync(new Uri(mirror, remote), part, mostBytes, cancellation);
                if (problem is not null)
                {
                    problems.Add(problem);
                    break;
                }

                problem = accept();
                if (problem is null)
                {
                    return;
                }

                problems.Add($"what {mirror.Authority} sent {problem}");
                File.Delete(part);
            }
            while (wasBegun); // What was begun earlier may not fit what is served now: once more from the start.
        }

        throw new InputException(
            $"{remote} of {source.Name} could not be downloaded: {string.Join("; ", problems)}; try again, which resumes the download, or get the files by other means and name their folder.") { Argument = "Dataset" };
    }

    private static bool IsThere(string folder, DatasetFile file, CancellationToken cancellation)
    {
        string? path = Datasets.Find(folder, file.Name);
        if (path is not null && DatasetCheck.Problem(path, file, cancellation) is { } problem)
        {
            throw new InputException($"{path}: {problem}; delete it and download again.");
        }

        return path is not null;
    }

    private static string? CheckedMove(string part, string folder, DatasetFile file, CancellationToken cancellation)
    {
        try
        {
            string? problem = DatasetCheck.Problem(part, file, cancellation);
            if (problem is null)
            {
                File.Move(part, Path.Combine(folder, file.Name + ".gz"), overwrite: true);
            }

            return problem;
        }
        catch (InputException e)
        {
            return $"is damaged ({e.Message.TrimEnd('.')})";
        }
    }

    // The archive's own sum comes first, so that nothing but the true archive is ever unpacked.
    private static string? CheckedUnpack(string part, string folder, DatasetFile archive, DatasetFile[] files, CancellationToken cancellation)
    {
        using (FileStream content = File.OpenRead(part))
        {
            if (DatasetCheck.Problem(buffer => content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false), archive, copy: null, cancellation) is { } problem)
            {
                return problem;
            }
        }

        return DatasetArchive.Unpack(part, folder, files, cancellation);
    }
}
