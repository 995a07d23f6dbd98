using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>The folder of a running attack: the lock that keeps other runs out, the counts of queries, and the checkpoint.</summary>
internal sealed class RunFolder : IDisposable
{
    private const string CheckpointName = "run.checkpoint";
    private const string LockName = "run.lock";
    private const string ResultName = "result.json";

    private readonly string _checkpoint;
    private readonly RunLock _lock;
    private CheckpointKeeper? _keeper;

    /// <summary>Takes the folder.</summary>
    /// <param name="path">The folder, which must exist.</param>
    /// <param name="resume">Whether an interrupted run in the folder is resumed; if not, such a folder is refused.</param>
    /// <exception cref="InputException">Another run uses the folder, an interrupted run may not be resumed, or its checkpoint cannot be used.</exception>
    public RunFolder(string path, bool resume)
    {
        Path = path;
        _checkpoint = CheckpointOf(path);
        _lock = RunLock.Take(System.IO.Path.Combine(path, LockName), path);
        try
        {
            RemoveDrafts();
            if (!IsInterrupted(path))
            {
                _lock.Reset();
            }
            else if (resume)
            {
                From = Checkpoint.Read(_checkpoint);
            }
            else
            {
                throw new InputException($"{path} holds a run that was interrupted; resume it, or remove {_checkpoint} to begin anew.") { Argument = nameof(AttackSession.Resume) };
            }
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoint that the run resumes from; null for a new run.</summary>
    public Checkpoint? From { get; }

    /// <summary>Queries sent again because earlier processes were killed before their answers were saved.</summary>
    public long ResentQueries { get; private set; }

    /// <summary>The checkpoint of an interrupted run; null if the run in the folder is finished.</summary>
    /// <exception cref="InputException">The folder holds no run, or its checkpoint cannot be used.</exception>
    public static Checkpoint? Interrupted(string path) =>
        IsInterrupted(path) ? Checkpoint.Read(CheckpointOf(path))
        : IsFinished(System.IO.Path.Combine(path, ResultName)) ? null
        : throw new InputException($"{path} holds no interrupted run; give the output folder of one.");

    /// <summary>Whether a folder holds an interrupted run.</summary>
    public static bool IsInterrupted(string path) => File.Exists(CheckpointOf(path));

    /// <summary>Starts to write the checkpoint.</summary>
    /// <param name="identity">Everything that determines the run.</param>
    /// <param name="arguments">The arguments with which the caller can create the run again.</param>
    /// <param name="every">The time between two checkpoints; null for the default.</param>
    /// <param name="loadingQueries">The queries that every process sends to load the target.</param>
    /// <param name="answers">The queries that each row costs.</param>
    public CheckpointKeeper Keep(RunIdentity identity, IReadOnlyList<string> arguments, TimeSpan? every, int loadingQueries, int answers)
    {
        _keeper = new CheckpointKeeper(_checkpoint, identity, arguments, From, every);
        _lock.Add(RunCount.Asked, loadingQueries);
        ResentQueries = From is null ? 0 : Math.Max(0, _lock.Count(RunCount.Asked) - From.Queries - ((answers - 1L) * From.AnsweredRows) - loadingQueries);
        return _keeper;
    }

    /// <summary>Counts queries before they are sent.</summary>
    public void Count(RunCount kind, int queries) => _lock.Add(kind, queries);

    /// <summary>Queries of a kind since the start of the run, over all processes.</summary>
    public long Counted(RunCount kind) => _lock.Count(kind);

    /// <summary>Removes the files that only an unfinished run needs.</summary>
    public void Remove()
    {
        _keeper?.Dispose();
        _keeper = null;
        File.Delete(_checkpoint);
        _lock.Remove();
    }

    /// <summary>Removes a checkpoint without answers.</summary>
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

    private static string CheckpointOf(string folder) => System.IO.Path.Combine(folder, CheckpointName);

    // Removes half-written files of a killed process.
    private void RemoveDrafts()
    {
        IEnumerable<string> drafts = Directory.EnumerateFiles(Path, "*.tmp").Where(file => System.IO.Path.GetFileName(file) is var name
            && new[] { CheckpointName, ResultName, "report.html", "panel" }.Any(whole => name.StartsWith(whole, StringComparison.Ordinal)));
        foreach (string draft in drafts.Concat(ResultFolder.ImageFolders.Select(name => System.IO.Path.Combine(Path, name)).Where(Directory.Exists)
            .SelectMany(images => Directory.EnumerateFiles(images, "*.png.*.tmp", SearchOption.AllDirectories))))
        {
            try
            {
                File.Delete(draft);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A remaining draft is harmless.
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
