using System.Diagnostics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Keeps the checkpoint of a run up to date. When a checkpoint is due, each problem takes a snapshot of itself between two steps, and
/// a background thread writes the latest snapshots. Problems are independent, so snapshots of different moments are consistent.
/// </summary>
public sealed class CheckpointKeeper : IDisposable
{
    // A slow checkpoint is written less often, so that it takes at most a twentieth of the time.
    private const int MinIntervalFactor = 20;

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly string _path;
    private readonly RunIdentity _identity;
    private readonly IReadOnlyList<string> _arguments;
    private readonly string _folder;
    private readonly Checkpoint? _from;
    private readonly TimeSpan _every;
    private readonly ManualResetEventSlim _ended = new();
    private readonly CancellationTokenSource _failed = new();
    private readonly List<IReadOnlyList<Problem>> _runs = [];
    private readonly SnapshotBuffers _buffers = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Thread _thread;
    private AnswerLog? _answers;
    private Func<TimeSpan>? _oracleTime;
    private int _due;

    /// <summary>Writes a first checkpoint, unless the run resumes from one, and starts the background thread.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">Everything that determines the run, by name.</param>
    /// <param name="arguments">The arguments with which the caller can create the run again.</param>
    /// <param name="from">The checkpoint to resume from; null for a new run.</param>
    /// <param name="every">The time between two checkpoints (default: 2 s).</param>
    /// <exception cref="InputException">The checkpoint to resume from belongs to another run.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public CheckpointKeeper(
        string path, RunIdentity identity, IReadOnlyList<string> arguments, Checkpoint? from = null, TimeSpan? every = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        from?.Identity.ThrowIfOther(identity, path);
        _path = path;
        _identity = identity;
        _arguments = arguments;
        _from = from;
        _folder = from?.Folder ?? WorkingFolder();
        _every = every ?? TimeSpan.FromSeconds(2);
        if (from is null)
        {
            Current().Write(path);
        }

        _thread = new Thread(WritePeriodically) { IsBackground = true, Name = "zo checkpoint" };
        _thread.Start();
    }

    /// <summary>Why the last checkpoint could not be written, which ends the run; null without a failure.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The run's time before this process.</summary>
    public TimeSpan EarlierTime => _from?.Time ?? TimeSpan.Zero;

    /// <summary>The part of <see cref="EarlierTime"/> inside the oracle.</summary>
    public TimeSpan EarlierOracleTime => _from?.OracleTime ?? TimeSpan.Zero;

    /// <summary>Whether the checkpoint has no answers, so that there is nothing to resume.</summary>
    public bool IsEmpty => Current().Queries == 0;

    /// <summary>The folder of the file.</summary>
    internal string Folder => Path.GetDirectoryName(Path.GetFullPath(_path))!;

    /// <summary>Cancelled when a checkpoint cannot be written.</summary>
    public CancellationToken Failed => _failed.Token;

    /// <summary>Writes a checkpoint now. On failure, sets <see cref="Failure"/>.</summary>
    public void Write()
    {
        lock (_writing)
        {
            if (Failure is not null)
            {
                return;
            }

            try
            {
                Current().Write(_path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Failure = e;
                _failed.Cancel();
            }
        }
    }

    /// <summary>Writes the last checkpoint. Later changes are not saved.</summary>
    public void End()
    {
        _ended.Set();
        Write();
    }

    /// <summary>Stops the background thread. The file stays as it is.</summary>
    public void Dispose()
    {
        _ended.Set();
        _thread.Join();
        _ended.Dispose();
        _failed.Dispose();
    }

    /// <summary>Wraps the oracle for the rows outside the problems: rows that were answered before are not queried again.</summary>
    /// <param name="oracle">The oracle for all other rows.</param>
    /// <param name="oracleTime">Returns the time spent inside the oracle in this process.</param>
    public IQueryOracle Log(IQueryOracle oracle, Func<TimeSpan> oracleTime)
    {
        if (_from is { AnsweredRows: > 0 } from && from.Answers.Length != (long)from.AnsweredRows * oracle.ScoreLength)
        {
            throw new InputException($"Checkpoint {_path} is damaged (its answers are not of {oracle.ScoreLength} scores); remove it and start again.");
        }

        lock (_gate)
        {
            _oracleTime = oracleTime;
            return _answers = new AnswerLog(oracle, _from?.Answers ?? []);
        }
    }

    /// <summary>Adds the problems of the next run to the checkpoint. Problems that the checkpoint contains are restored.</summary>
    /// <exception cref="InputException">The content of the checkpoint does not belong to these problems.</exception>
    public void Track(IReadOnlyList<Problem> problems)
    {
        if (_from is { } from && _runs.Count < from.Runs.Count)
        {
            IReadOnlyList<ISavedProblem> records = from.Runs[_runs.Count];
            if (records.Count != problems.Count)
            {
                throw new InputException($"Checkpoint {_path} is damaged (it holds {records.Count} problems, but the run has {problems.Count}); remove it and start again.");
            }

            for (int i = 0; i < records.Count; i++)
            {
                if (records[i] is SavedRecord { Content: { Length: > 0 } content })
                {
                    problems[i].Load(content, _path);
                }
            }
        }

        lock (_gate)
        {
            _runs.Add(problems);
        }
    }

    /// <summary>Must be called after each step of a problem, before its next step. Takes a snapshot if one is due.</summary>
    internal void StepFinished(Problem problem)
    {
        if (problem.Stop is not null || problem.SnapshotRound != Volatile.Read(ref _due))
        {
            TakeSnapshot(problem);
        }
    }

    /// <summary>Takes a snapshot of a problem, whether one is due or not.</summary>
    internal void TakeSnapshot(Problem problem) => problem.TakeSnapshot(Volatile.Read(ref _due), _buffers);

    // The working folder of the process may have been deleted.
    private static string WorkingFolder()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (IOException)
        {
            return "";
        }
    }

    private void WritePeriodically()
    {
        TimeSpan every = _every;
        while (!_ended.Wait(every / 2))
        {
            // The problems have the second half of the interval to take their snapshots.
            Interlocked.Increment(ref _due);
            if (_ended.Wait(every / 2))
            {
                return;
            }

            long start = Stopwatch.GetTimestamp();
            Write();
            if (Failure is not null)
            {
                return;
            }

            TimeSpan least = Stopwatch.GetElapsedTime(start) * MinIntervalFactor;
            every = least > _every ? least : _every;
        }
    }

    private Checkpoint Current()
    {
        lock (_gate)
        {
            float[] answers = _answers?.ToArray() ?? _from?.Answers ?? [];
            return new Checkpoint
            {
                Identity = _identity,
                Arguments = _arguments,
                Folder = _folder,
                Time = EarlierTime + Stopwatch.GetElapsedTime(_start),
                OracleTime = EarlierOracleTime + (_oracleTime?.Invoke() ?? TimeSpan.Zero),
                AnsweredRows = _answers is { } log ? answers.Length / log.ScoreLength : _from?.AnsweredRows ?? 0,
                Answers = answers,
                Runs = [.. _runs, .. _from?.Runs.Skip(_runs.Count) ?? []],
            };
        }
    }
}
