using System.Diagnostics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Keeps a run's checkpoint up to date while it goes on. Problems lay down a copy of themselves between two steps, when one is due;
/// a thread of its own writes the latest of each. They depend on nothing but themselves, so copies of different moments go together.
/// </summary>
public sealed class CheckpointKeeper : IDisposable
{
    // A checkpoint that takes long is written less often: at most a twentieth of the time goes into it.
    private const int MostShare = 20;

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
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Thread _thread;
    private AnswerLog? _answers;
    private Func<TimeSpan>? _oracleTime;
    private int _due;

    /// <summary>Writes a first checkpoint, unless the run goes on from one, and begins to keep it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">All that shapes the run, by name.</param>
    /// <param name="arguments">What the caller needs to build the run again.</param>
    /// <param name="from">What the run goes on from; null for one that begins.</param>
    /// <param name="every">Time between two checkpoints; 2 seconds without it.</param>
    /// <exception cref="InputException">The run is another than the one to go on with.</exception>
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
        _folder = from?.Folder ?? Here();
        _every = every ?? TimeSpan.FromSeconds(2);
        if (from is null)
        {
            Current().Write(path);
        }

        _thread = new Thread(Keep) { IsBackground = true, Name = "zo checkpoint" };
        _thread.Start();
    }

    /// <summary>Why the last checkpoint could not be written, which ends the run; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The run's time before this process.</summary>
    public TimeSpan EarlierTime => _from?.Time ?? TimeSpan.Zero;

    /// <summary>The part of it inside the oracle.</summary>
    public TimeSpan EarlierOracleTime => _from?.OracleTime ?? TimeSpan.Zero;

    /// <summary>Whether there is nothing to go on from: not one answer.</summary>
    public bool IsEmpty => Current().Queries == 0;

    /// <summary>Cancelled when a checkpoint cannot be written.</summary>
    internal CancellationToken Failed => _failed.Token;

    /// <summary>Writes a checkpoint now. Where that fails, <see cref="Failure"/> says why.</summary>
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

    /// <summary>Writes a checkpoint for the last time: nothing that comes after is to be gone on from.</summary>
    internal void End()
    {
        _ended.Set();
        Write();
    }

    /// <summary>Stops keeping the checkpoint; the file stays as it is.</summary>
    public void Dispose()
    {
        _ended.Set();
        _thread.Join();
        _ended.Dispose();
        _failed.Dispose();
    }

    /// <summary>The oracle of the rows outside the problems: what was answered before is not asked again.</summary>
    /// <param name="oracle">What is asked for the rest.</param>
    /// <param name="oracleTime">Tells the time spent inside it in this process.</param>
    internal IQueryOracle Log(IQueryOracle oracle, Func<TimeSpan> oracleTime)
    {
        if (_from is { AnsweredRows: > 0 } from && from.Answers.Length != (long)from.AnsweredRows * oracle.ScoreLength)
        {
            throw new InputException($"Checkpoint {_path} is damaged (its answers are not of {oracle.ScoreLength} scores); remove it and start anew.");
        }

        lock (_gate)
        {
            _oracleTime = oracleTime;
            return _answers = new AnswerLog(oracle, _from?.Answers ?? []);
        }
    }

    /// <summary>Takes the next run's problems into the checkpoint, and brings those that were in it to where they stood.</summary>
    /// <exception cref="InputException">What the checkpoint holds is not of these problems.</exception>
    internal void Track(IReadOnlyList<Problem> problems)
    {
        if (_from is { } from && _runs.Count < from.Runs.Count)
        {
            byte[]?[] records = from.Runs[_runs.Count];
            if (records.Length != problems.Count)
            {
                throw new InputException($"Checkpoint {_path} is damaged (it holds {records.Length} problems where there are {problems.Count}); remove it and start anew.");
            }

            for (int i = 0; i < records.Length; i++)
            {
                if (records[i] is { } record)
                {
                    problems[i].Load(record, _path);
                }
            }
        }

        lock (_gate)
        {
            _runs.Add(problems);
        }
    }

    /// <summary>Told of every problem that has a step behind it and none before it yet.</summary>
    internal void Reached(Problem problem)
    {
        if (problem.Stop is not null || problem.KeptAt != Volatile.Read(ref _due))
        {
            Keep(problem);
        }
    }

    /// <summary>Has a problem lay down its copy, whether one is due or not.</summary>
    internal void Keep(Problem problem) => problem.LayDown(Volatile.Read(ref _due));

    // The folder that a process works in may be gone.
    private static string Here()
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

    private void Keep()
    {
        TimeSpan every = _every;
        while (!_ended.Wait(every / 2))
        {
            // The second half is the problems' time to lay down their copies.
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

            TimeSpan least = Stopwatch.GetElapsedTime(start) * MostShare;
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
                Runs = [.. _runs.Select(run => run.Select(problem => problem.Kept).ToArray()), .. _from?.Runs.Skip(_runs.Count) ?? []],
            };
        }
    }
}
