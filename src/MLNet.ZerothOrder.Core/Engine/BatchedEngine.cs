using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// Runs many problems at once. It packs their queries into full oracle calls, removes finished problems and admits waiting ones.
/// There is one worker per concurrent oracle call. Each worker takes a batch of problems from a shared queue, moves them one step forward
/// and puts them back. If fewer problems than workers are left, the rows of a step are split among the workers. Results do not depend on
/// this scheduling: the rows of a problem depend only on its own key and answers.
/// </summary>
public sealed class BatchedEngine
{
    // The limit for the floats of one batch's rows. Larger batches take memory without being faster per row.
    private const int LargestBatch = 1 << 28;

    // A batch holds a whole step of this many floats even if the oracle prefers fewer rows. Larger ones are split, since a model needs many times a row's memory for each row of a call.
    private const int LargestWholeStep = 1 << 20;

    // θ, the known part with its box, three input rows, and as much again for a snapshot of them and of the state.
    private const int ArraysOfProblem = 14;

    private readonly IQueryOracle _oracle;
    private readonly int? _inFlight;
    private readonly int? _batchRows;
    private readonly TimeProvider _time;
    private readonly int _failedCalls;
    private volatile EngineRun? _current;
    private TimeSpan _oracleTime;

    /// <param name="oracle">The oracle to query.</param>
    /// <param name="inFlight">
    /// The number of problems in progress at the same time; the others wait. Null for as few as keep the batches of all workers full, and fewer if their memory
    /// does not fit: problems then finish one group after the other, so that a run that ends early leaves finished ones.
    /// </param>
    /// <param name="batchRows">The most rows per oracle call; null for the number that the oracle prefers.</param>
    /// <param name="time">The clock of time limits; null for the system's.</param>
    /// <param name="failedCalls">
    /// The number of consecutive failed calls that ends the run. With fewer failures, a failed call sets its problems aside
    /// (<see cref="Problem.Failure"/>), a row without finite scores sets its own problem aside, and the others continue. At 0, the first failure
    /// of any kind ends the run.
    /// </param>
    public BatchedEngine(IQueryOracle oracle, int? inFlight = null, int? batchRows = null, TimeProvider? time = null, int failedCalls = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(failedCalls);
        ArgumentNullException.ThrowIfNull(oracle);
        if (inFlight is <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(inFlight), inFlight, "At least 1 problem must be in flight.");
        }

        if (batchRows is <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(batchRows), batchRows, "A batch must have at least 1 row.");
        }

        _oracle = oracle;
        _inFlight = inFlight;
        _batchRows = batchRows;
        _time = time ?? TimeProvider.System;
        _failedCalls = failedCalls;
    }

    /// <summary>The time that the runs of this engine have spent inside the oracle, averaged over workers and thus comparable to wall-clock time.</summary>
    public TimeSpan OracleTime => _oracleTime + (_current?.OracleTime ?? TimeSpan.Zero);

    /// <summary>Runs all problems to their end.</summary>
    /// <param name="problems">Problems that have not been run yet.</param>
    /// <param name="timeLimit">The time limit of the whole run; null for no limit.</param>
    /// <param name="progress">Called after every step of every problem, on the workers' threads, one call at a time. It should be fast.</param>
    /// <param name="cancellation">Ends the run after the calls in progress; unfinished problems stop as <see cref="StopReason.Cancelled"/>.</param>
    /// <param name="checkpoint">Saves the problems in its checkpoint. It must already track them. Problems that it restored as finished are not run.</param>
    /// <param name="steps">
    /// Answers whole steps instead of the oracle, which then only evaluates last iterates. Requires <see cref="IEstimateOptimizer"/>s on <see cref="AttackObjective"/>s.
    /// </param>
    /// <exception cref="ArgumentException">The rows of a problem do not fit the oracle, its steps do not fit the step oracle, or it has already been run.</exception>
    /// <exception cref="InputException">A step needs more directions than fit an array.</exception>
    /// <exception cref="OracleException">The oracle failed more often than allowed. Unfinished problems stop as <see cref="StopReason.Cancelled"/>; their charged queries stay charged.</exception>
    public void Run(
        IReadOnlyList<Problem> problems, TimeSpan? timeLimit = null, Action<EngineProgress>? progress = null, CancellationToken cancellation = default,
        CheckpointKeeper? checkpoint = null, IStepOracle? steps = null)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var seen = new HashSet<Problem>(problems.Count);
        foreach (Problem problem in problems)
        {
            if ((problem.Stop is not null && checkpoint is null) || !seen.Add(problem))
            {
                throw new ArgumentException($"{problem.Id} has already been run or is listed twice; create a new problem for each run.", nameof(problems));
            }

            if ((problem.Optimizer.Directions + 1L) * problem.Dimension > Array.MaxLength)
            {
                throw new InputException(
                    $"{problem.Optimizer.Directions} directions of {problem.Dimension} coordinates are more numbers than one step can hold; use fewer directions.");
            }

            if (problem.InputLength != _oracle.InputLength)
            {
                throw new ArgumentException(
                    $"{problem.Id} has input rows of {problem.InputLength} floats, but the oracle needs {_oracle.InputLength}.", nameof(problems));
            }

            if (steps is not null
                && ((problem.Optimizer as IEstimateOptimizer)?.Shape != steps.Shape || !problem.TakesWholeSteps))
            {
                throw new ArgumentException($"{problem.Id} has steps of {problem.Optimizer.Name} that cannot be answered as whole steps of {steps.Shape}.", nameof(steps));
            }
        }

        if (problems.All(problem => problem.Stop is not null))
        {
            return;
        }

        var run = new EngineRun(this, problems, timeLimit, progress, cancellation, checkpoint, steps);
        _current = run;
        try
        {
            run.Execute();
        }
        finally
        {
            _current = null;
            _oracleTime += run.OracleTime;
        }
    }

    /// <summary>One call of <see cref="Run"/>, with the queue that the workers share.</summary>
    private sealed class EngineRun
    {
        private readonly Lock _progressGate = new();
        private readonly object _gate = new();
        private readonly BatchedEngine _engine;
        private readonly IReadOnlyList<Problem> _problems;
        private readonly Action<EngineProgress>? _progress;
        private readonly CancellationToken _cancellation;
        private readonly CheckpointKeeper? _checkpoint;
        private readonly IStepOracle? _steps;
        private readonly Queue<Problem> _ready;
        private readonly Queue<Slice> _shared = new(64);
        private readonly Stack<float[]> _directions = new();
        private readonly Stack<float[]> _states;
        private readonly InputStore _inputs;
        private readonly int _workers;
        private readonly int _inFlight;
        private readonly int _capacity;
        private readonly int _largestStep;
        private readonly int _largestDimension;
        private readonly int _lent;
        private readonly long _start;
        private readonly TimeSpan? _timeLimit;
        private int _admitted;
        private int _active;
        private int _idle;
        private int _news;
        private bool _stopping;
        private Exception? _failure;
        private EngineProgress _state;
        private long _oracleTicks;
        private int _failedInARow;

        public EngineRun(
            BatchedEngine engine, IReadOnlyList<Problem> problems, TimeSpan? timeLimit, Action<EngineProgress>? progress, CancellationToken cancellation,
            CheckpointKeeper? checkpoint, IStepOracle? steps)
        {
            _engine = engine;
            _steps = steps;
            _problems = problems;
            _progress = progress;
            _cancellation = cancellation;
            _checkpoint = checkpoint;
            _timeLimit = timeLimit;
            _workers = Math.Max(1, engine._oracle.Concurrency);
            _largestStep = problems.Max(p => p.Optimizer.Directions + 1);
            _largestDimension = problems.Max(p => p.Dimension);
            _lent = problems.Max(p => p.Optimizer.Directions + (p.Optimizer is ICandidateOptimizer or PriorOptimizer ? 1 : 0)) * _largestDimension;

            int whole = (long)_largestStep * engine._oracle.InputLength <= LargestWholeStep ? _largestStep : 1;
            _capacity = engine._batchRows ?? Math.Max(engine._oracle.PreferredRows, whole);
            _capacity = (int)Math.Min(_capacity, (long)_largestStep * problems.Count);
            _capacity = Math.Min(_capacity, Math.Max(1, LargestBatch / Math.Max(engine._oracle.InputLength, engine._oracle.ScoreLength)));
            _inFlight = Math.Min(engine._inFlight ?? ChooseInFlight(), problems.Count);
            _ready = new Queue<Problem>(_inFlight);
            _states = new Stack<float[]>(_inFlight);
            _inputs = new InputStore(checkpoint?.Folder ?? Path.GetTempPath());
            _state = new EngineProgress(
                problems.Count, problems.Count(p => p.Stop is not null), problems.Count(p => p.Stop is not null && p.QueriesToFirstSolved is not null),
                problems.Sum(p => (long)p.Iteration), problems.Sum(p => p.Ledger.Charged));
            _start = engine._time.GetTimestamp();
            Admit();
        }

        /// <summary>The time inside the oracle, averaged over workers and thus comparable to the run's own time.</summary>
        public TimeSpan OracleTime => TimeSpan.FromSeconds((double)_oracleTicks / Stopwatch.Frequency / _workers);

        public void Execute()
        {
            var threads = new Thread[_workers - 1];
            using (_cancellation.UnsafeRegister(static run => ((EngineRun)run!).StopAll(), this))
            {
                for (int i = 0; i < threads.Length; i++)
                {
                    threads[i] = new Thread(Work) { IsBackground = true, Name = $"zo engine {i + 1}" };
                    threads[i].Start();
                }

                Work();
                foreach (Thread thread in threads)
                {
                    thread.Join();
                }
            }

            foreach (Problem problem in _problems)
            {
                // A problem in the middle of a step, or after an unexpected exception, resumes from its last snapshot.
                if (problem.Stop is null && problem.IsBetweenSteps && _failure is null or OracleException or OperationCanceledException)
                {
                    _checkpoint?.TakeSnapshot(problem);
                }

                problem.Cancel();
            }

            if (_failure is not null)
            {
                ExceptionDispatchInfo.Throw(_failure);
            }
        }

        private void StopAll()
        {
            lock (_gate)
            {
                _stopping = true;
                WakeIdle();
            }
        }

        // Wakes the workers that found nothing to do. Called under the gate.
        private void WakeIdle()
        {
            Volatile.Write(ref _news, _news + 1);
            if (_idle > 0)
            {
                Monitor.PulseAll(_gate);
            }
        }

        private void Work()
        {
            try
            {
                using QueryBatch batch = _engine._oracle.CreateBatch(_capacity);
                using StepBatch? steps = _steps?.CreateBatch();
                var worker = new Worker(this, batch, steps);
                while (worker.Take())
                {
                    worker.Round();
                }
            }
            catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
            {
                // A waiting oracle may throw when it is cancelled.
                StopAll();
            }
            catch (Exception e)
            {
                lock (_gate)
                {
                    _failure ??= e;
                }

                StopAll();
            }
        }

        private bool TimeIsUp() => _timeLimit is { } limit && _engine._time.GetElapsedTime(_start) >= limit;

        // A worker takes an equal share of the problems that are ready, so each finds a full batch if twice as many are in flight as fit all batches. Where a batch is one step, each worker has its own problem.
        private int ChooseInFlight()
        {
            int step = _problems.Min(p => p.Optimizer is AttackMethod method ? method.FewestPoints : p.Optimizer.Directions + 1);
            int steps = Math.Max(1, _capacity / step);
            long full = (long)_workers * (steps == 1 ? 1 : 2 * steps);
            GCMemoryInfo memory = GC.GetGCMemoryInfo();
            long free = (memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes) / 2;
            long each = sizeof(float) * _problems.Max(p => (2L * p.Optimizer.StateLength(p.Dimension)) + ((long)ArraysOfProblem * p.Dimension));
            return (int)Math.Clamp(free / each, 1, full);
        }

        // The number of problems that ended because the time was up before their turn came.
        private int Admit(bool timeIsUp = false)
        {
            int ended = 0;
            while (_active < _inFlight && _admitted < _problems.Count)
            {
                Problem problem = _problems[_admitted++];
                if (problem.Stop is not null)
                {
                    problem.KeepIn(_inputs);
                    continue;
                }

                if (timeIsUp && problem.EndUnasked())
                {
                    ended++;
                    continue;
                }

                _ready.Enqueue(problem);
                _active++;
            }

            return ended;
        }

        // Ends the run after too many consecutive failed calls.
        private void CountFailedCalls(OracleException? failedCall)
        {
            if (failedCall is null)
            {
                Volatile.Write(ref _failedInARow, 0);
            }
            else if (Interlocked.Increment(ref _failedInARow) >= _engine._failedCalls)
            {
                throw failedCall;
            }
        }

        private float[] Rent()
        {
            lock (_directions)
            {
                return _directions.TryPop(out float[]? array) ? array : new float[_lent];
            }
        }

        // The state of a large image is tens of megabytes, which the garbage collector would not free soon.
        private float[] RentState(int length)
        {
            lock (_states)
            {
                if (_states.TryPop(out float[]? state) && state.Length == length)
                {
                    Array.Clear(state);
                    return state;
                }
            }

            return new float[length];
        }

        private void Return(Problem problem)
        {
            float[] directions = problem.TakeDirections();
            if (directions.Length > 0)
            {
                lock (_directions)
                {
                    _directions.Push(directions);
                }
            }
        }

        private void Finish(Problem problem)
        {
            // These values are read first: once the problem is back in the queue, another worker may change it.
            int rows = problem.Rows;
            int steps = -problem.Iteration;
            bool continues = problem.End();
            steps += problem.Iteration;
            bool solved = !continues && problem.QueriesToFirstSolved is not null;
            Return(problem);
            if (!continues)
            {
                float[] state = problem.Release(_inputs);
                lock (_states)
                {
                    _states.Push(state);
                }
            }

            _checkpoint?.StepFinished(problem);
            int finished = continues ? 0 : 1;
            lock (_gate)
            {
                if (continues)
                {
                    _ready.Enqueue(problem);
                }
                else
                {
                    _active--;
                    finished += Admit(TimeIsUp());
                }

                WakeIdle();
            }

            lock (_progressGate)
            {
                _state = _state with
                {
                    Steps = _state.Steps + steps,
                    Queries = _state.Queries + (rows * _engine._oracle.AnswersPerRow),
                    Finished = _state.Finished + finished,
                    Solved = _state.Solved + (solved ? 1 : 0),
                };
                _progress?.Invoke(_state);
            }
        }

        /// <summary>The rows <paramref name="From"/>..<paramref name="From"/>+<paramref name="Count"/> of a problem's current step.</summary>
        private readonly record struct Slice(Problem Problem, int From, int Count);

        private sealed class Worker(EngineRun run, QueryBatch batch, StepBatch? steps)
        {
            private const int SpinIterations = 10;
            private static readonly long SpinTicks = Stopwatch.Frequency / 5_000;

            private readonly List<Problem> _whole = new(64);
            private readonly List<Problem> _taken = new(64);
            private readonly List<Slice> _slices = new(64);
            private readonly float[] _point = new float[run._largestDimension];
            private readonly Func<float[]> _rent = run.Rent;
            private readonly Func<int, float[]> _rentState = run.RentState;
            private int _helpers;

            /// <summary>Waits for work and takes a fair share of it.</summary>
            /// <returns>False if the run is over.</returns>
            public bool Take()
            {
                _taken.Clear();
                _slices.Clear();
                lock (run._gate)
                {
                    while (true)
                    {
                        if (run._stopping || run._active == 0)
                        {
                            run.WakeIdle();
                            return false;
                        }

                        if (run._shared.TryDequeue(out Slice slice))
                        {
                            _slices.Add(slice);
                            return true;
                        }

                        if (run._ready.Count > 0)
                        {
                            break;
                        }

                        run._idle++;
                        if (!Spin())
                        {
                            Monitor.Wait(run._gate);
                        }

                        run._idle--;
                    }

                    // A fair share keeps all workers busy to the end. More than a full batch is never needed.
                    int share = (run._ready.Count + run._workers - 1) / run._workers;
                    int rows = 0;
                    while (_taken.Count < share && run._ready.TryPeek(out Problem? next)
                        && (rows == 0 || rows + next.NextRows <= batch.Capacity))
                    {
                        rows += next.NextRows;
                        _taken.Add(run._ready.Dequeue());
                    }

                    // Workers without a problem help, including those that are about to ask for one.
                    _helpers = _taken.Count == 1 && run._ready.Count == 0 ? Math.Max(run._idle, run._workers - run._active) : 0;
                    return true;
                }
            }

            // Spins instead of sleeping: when the steps of one image are split, a helper is idle for microseconds at a time, and waking it takes
            // longer. The gate is released meanwhile.
            private bool Spin()
            {
                int news = run._news;
                long end = Stopwatch.GetTimestamp() + SpinTicks;
                Monitor.Exit(run._gate);
                try
                {
                    while (Volatile.Read(ref run._news) == news && Stopwatch.GetTimestamp() < end)
                    {
                        Thread.SpinWait(SpinIterations);
                    }
                }
                finally
                {
                    Monitor.Enter(run._gate);
                }

                return run._news != news;
            }

            public void Round()
            {
                bool timeIsUp = run.TimeIsUp();
                foreach (Problem problem in _taken)
                {
                    problem.Begin(steps is null ? _rent : null, _rentState, timeIsUp);
                    if (steps is not null && problem.IsStep)
                    {
                        _whole.Add(problem);
                    }
                    else
                    {
                        Plan(problem);
                    }
                }

                AskWhole();

                int at = 0;
                while (at < _slices.Count)
                {
                    at = Score(at);
                }
            }

            // One slice if the step fits and nobody is idle. Otherwise equal slices; this worker takes the first and offers the others.
            private void Plan(Problem problem)
            {
                int rows = problem.Rows;
                int slices = Math.Max(_helpers + 1, (rows + batch.Capacity - 1) / batch.Capacity);
                int size = (rows + slices - 1) / slices;
                _slices.Add(new Slice(problem, 0, Math.Min(size, rows)));
                if (size >= rows)
                {
                    return;
                }

                lock (run._gate)
                {
                    for (int from = size; from < rows; from += size)
                    {
                        run._shared.Enqueue(new Slice(problem, from, Math.Min(size, rows - from)));
                    }

                    run.WakeIdle();
                }
            }

            private void AskWhole()
            {
                for (int at = 0; steps is not null && at < _whole.Count; at += steps.Capacity)
                {
                    steps.Clear();
                    int end = Math.Min(at + steps.Capacity, _whole.Count);
                    for (int i = at; i < end; i++)
                    {
                        _whole[i].AskWhole(steps);
                    }

                    long start = Stopwatch.GetTimestamp();
                    OracleException? failed = null;
                    try
                    {
                        steps.Ask();
                    }
                    catch (OracleException e) when (run._engine._failedCalls > 0)
                    {
                        failed = e;
                    }

                    Interlocked.Add(ref run._oracleTicks, Stopwatch.GetTimestamp() - start);
                    OracleException? last = null;
                    bool answered = false;
                    for (int i = at; i < end; i++)
                    {
                        Problem problem = _whole[i];
                        if ((failed ?? steps.FailureOf(i - at, problem.Id, problem.Iteration + 1)) is not { } failure)
                        {
                            answered = true;
                            problem.AnswerWhole(steps, i - at, _point.AsSpan(0, problem.InputLength));
                        }
                        else if (run._engine._failedCalls > 0)
                        {
                            last = failure;
                            problem.Fail(failure);
                        }
                        else
                        {
                            throw failure;
                        }

                        problem.Unanswered = 0;
                        run.Finish(problem);
                    }

                    run.CountFailedCalls(answered ? null : last);
                }

                _whole.Clear();
            }

            private int Score(int at)
            {
                int first = at;
                int rows = 0;
                for (; at < _slices.Count && rows + _slices[at].Count <= batch.Capacity; at++)
                {
                    (Problem problem, int from, int count) = _slices[at];
                    Span<float> point = _point.AsSpan(0, problem.Dimension);
                    for (int i = 0; i < count; i++, rows++)
                    {
                        problem.WriteRow(from + i, point, batch.Input(rows));
                        batch.Ledger(rows) = problem.Ledger;
                        batch.Key(rows) = problem.RowKey;
                    }
                }

                batch.Rows = rows;
                long start = Stopwatch.GetTimestamp();

                // Where only runs end that keep no query for a last iterate, nothing is asked.
                if (rows > 0)
                {
                    batch.Ask(run._engine._oracle, failsRows: run._engine._failedCalls > 0, run._cancellation);
                }

                Interlocked.Add(ref run._oracleTicks, Stopwatch.GetTimestamp() - start);
                int answered = 0;
                OracleException? last = null;
                rows = 0;
                for (int s = first; s < at; s++)
                {
                    (Problem problem, int from, int count) = _slices[s];
                    for (int i = 0; i < count; i++, rows++)
                    {
                        if (batch.FailureOf(rows, problem.Id, problem.Iteration + 1) is not { } failure)
                        {
                            answered++;
                            problem.Answer(from + i, batch.Input(rows), batch.Score(rows));
                        }
                        else if (run._engine._failedCalls > 0)
                        {
                            last = failure;
                            problem.Fail(failure);
                        }
                        else
                        {
                            throw failure;
                        }
                    }

                    if (Interlocked.Add(ref problem.Unanswered, -count) == 0)
                    {
                        run.Finish(problem);
                    }
                }

                run.CountFailedCalls(answered > 0 ? null : last);
                return at;
            }
        }
    }
}
