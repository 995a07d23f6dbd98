using System.Text.Json;

namespace MLNet.ZerothOrder.Cli;

/// <summary>A run's folder while the run is at work in it: the lock that keeps others out, and the checkpoint to go on from.</summary>
internal sealed class RunPlace : IDisposable
{
    private const string CheckpointName = "run.checkpoint";
    private const string LockName = "run.lock";
    private const string ResultName = "result.json";

    private readonly string _checkpoint;
    private readonly RunLock _lock;
    private CheckpointKeeper? _keeper;

    private RunPlace(string folder, bool resume)
    {
        Folder = folder;
        _checkpoint = Path.Combine(folder, CheckpointName);
        _lock = RunLock.Take(Path.Combine(folder, LockName), folder);
        try
        {
            RemoveDrafts(folder);
            if (resume)
            {
                From = Checkpoint.Read(_checkpoint);
            }
            else if (File.Exists(_checkpoint))
            {
                throw new InputException($"{folder} holds a run that was interrupted; go on with --resume {folder}, or remove {_checkpoint} to begin anew.");
            }
            else
            {
                _lock.Reset();
            }
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>What the run goes on from; null for one that begins.</summary>
    public Checkpoint? From { get; }

    /// <summary>Queries that earlier processes sent and lost the answers of, so that they are sent again.</summary>
    public long ResentQueries { get; private set; }

    /// <summary>Takes a folder for a run that begins.</summary>
    /// <exception cref="InputException">Another run is at work there, or was interrupted there.</exception>
    public static RunPlace Begin(string folder) => new(folder, resume: false);

    /// <summary>Takes a folder whose run was interrupted; null where it is finished.</summary>
    /// <exception cref="InputException">It holds no run, another process is at work there, or its checkpoint is not good.</exception>
    public static RunPlace? Resume(string folder)
    {
        if (!File.Exists(Path.Combine(folder, CheckpointName)))
        {
            return IsFinished(Path.Combine(folder, ResultName))
                ? null : throw new InputException($"--resume {folder} finds no interrupted run there; give the output folder of one.");
        }

        return new RunPlace(folder, resume: true);
    }

    /// <summary>Begins to keep the checkpoint.</summary>
    /// <param name="identity">All that shapes the run, by name.</param>
    /// <param name="command">The command line that began it.</param>
    /// <param name="every">Time between two checkpoints; null for the usual.</param>
    /// <param name="loadingQueries">What loading the target asks, which every process does.</param>
    public CheckpointKeeper Keep(IReadOnlyDictionary<string, string> identity, IReadOnlyList<string> command, TimeSpan? every, int loadingQueries)
    {
        _keeper = new CheckpointKeeper(_checkpoint, identity, command, From, every);
        _lock.Add(RunCount.Asked, loadingQueries);
        ResentQueries = From is null ? 0 : Math.Max(0, _lock.Count(RunCount.Asked) - From.Queries - loadingQueries);
        return _keeper;
    }

    /// <summary>Counts queries before they are sent.</summary>
    public void Count(RunCount kind, int queries) => _lock.Add(kind, queries);

    /// <summary>Queries of a kind since the run began, by whatever process.</summary>
    public long Counted(RunCount kind) => _lock.Count(kind);

    /// <summary>Removes what only an unfinished run needs.</summary>
    public void Remove()
    {
        _keeper?.Dispose();
        _keeper = null;
        File.Delete(_checkpoint);
        _lock.Remove();
    }

    /// <summary>Removes a checkpoint that holds nothing, which nobody would go on from.</summary>
    public void RemoveIfEmpty()
    {
        if (_keeper is { IsEmpty: true })
        {
            Remove();
        }
    }

    public void Dispose()
    {
        _keeper?.Dispose();
        _keeper = null;
        _lock.Dispose();
    }

    // What a process that was killed had half written.
    private static void RemoveDrafts(string folder)
    {
        IEnumerable<string> drafts = Directory.EnumerateFiles(folder, "*.tmp").Where(file => Path.GetFileName(file) is var name
            && new[] { CheckpointName, ResultName, "report.html", "panel" }.Any(whole => name.StartsWith(whole, StringComparison.Ordinal)));
        foreach (string draft in drafts.Concat(ResultFolder.ImageFolders.Select(name => Path.Combine(folder, name)).Where(Directory.Exists)
            .SelectMany(images => Directory.EnumerateFiles(images, "*.png.*.tmp", SearchOption.AllDirectories))))
        {
            try
            {
                File.Delete(draft);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is in nobody's way.
            }
        }
    }

    private static bool IsFinished(string result)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(result));
            return document.RootElement.TryGetProperty("partial", out JsonElement partial) && partial.ValueKind == JsonValueKind.False;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
