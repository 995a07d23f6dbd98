namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Downloads the public data sets into the folder where <see cref="Datasets"/> finds them, and checks the SHA-256 of every file. An
/// interrupted download is resumed.
/// </summary>
public static class DatasetDownload
{
    // The most that gzip adds to a file that it cannot compress.
    private const int MostOverhead = 1 << 16;

    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(30);

    /// <summary>Downloads the missing files of a data set.</summary>
    /// <param name="name"><c>mnist</c> or <c>cifar10</c>.</param>
    /// <param name="directory">The folder of data sets. The set is written to a sub-folder with its name. Null for that of <see cref="Datasets.Folder"/>.</param>
    /// <param name="progress">Called as bytes arrive.</param>
    /// <param name="cancellation">Stops the download. Received bytes are kept in a <c>.part</c> file, which the next call resumes.</param>
    /// <returns>The set's folder.</returns>
    /// <exception cref="InputException">
    /// The name is unknown, no server could be reached or sent the correct content, a file with other content exists,
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
            throw new InputException($"{folder}: cannot be written ({e.Message.TrimEnd('.')}); choose a writable folder with enough free space.", e);
        }
    }

    /// <summary>Fetches a file from the first mirror whose content <paramref name="accept"/> accepts.</summary>
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
            while (wasBegun); // A resumed file may not match the content that is served now. The download then starts over once.
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
