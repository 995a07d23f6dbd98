using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// One optimization: an objective, its optimizer, θ, the optimizer's state, the ledger, and the results so far. Only the engine may
/// change it while it runs.
/// </summary>
public sealed class Problem : ISavedProblem
{
    // Longer traces grow on demand, because a run that ends by its budget may allow any number of iterations.
    private const int LongestReservedTrace = 10_000;

    // The bytes of a saved state beside its arrays' elements.
    private const int FixedBytes = (6 * sizeof(long)) + (4 * sizeof(int)) + (3 * sizeof(int)) + 4;

    private readonly Func<(IObjective Objective, RandomKey Key)>? _open;
    private readonly RunLimits _limits;
    private readonly int _horizon;
    private readonly List<double> _trace = [];
    private readonly PriorOptimizer? _guided;
    private IObjective? _objective;
    private WeightBisection? _bisection;
    private StepDriver? _driver;
    private int _steps;

    // The points of a prior come first: their optimizer, then that of the run.
    private IZerothOrderOptimizer _stepping;
    private long _checks;

    // The measured share of the prior's gradient, and that gradient at the last step times the share.
    private float _share;
    private float[] _predicted = [];
    private int _bestIteration;

    // The latest snapshot between two steps, overwritten by the next one, or the counts of an ended problem, whose other values no longer change.
    private readonly Lock _saving = new();
    private byte[] _saved = [];
    private int _savedLength;
    private (long Charged, long Retried, long Flagged)? _final;
    private StopReason? _reason;
    private OracleException? _failure;
    private KeptInput _last;
    private KeptInput _firstSolved;
    private KeptInput _bestSolved;

    /// <param name="id">The name of the problem in messages.</param>
    /// <param name="objective">The objective to minimize.</param>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="key">The key of all random draws of the problem.</param>
    /// <param name="limits">The limits that end the run.</param>
    /// <param name="answers">The queries that each row costs, as <see cref="IQueryOracle.AnswersPerRow"/>.</param>
    public Problem(string id, IObjective objective, IZerothOrderOptimizer optimizer, float smoothing, RandomKey key, RunLimits limits, int answers = 1)
        : this(id, optimizer, smoothing, limits, answers)
    {
        ArgumentNullException.ThrowIfNull(objective);
        Dimension = objective.Dimension;
        InputLength = objective.InputLength;
        Key = key;
        _objective = objective;
    }

    /// <summary>
    /// Creates a problem whose data are made when its turn comes and released when it ends, so that thousands can wait. Its inputs are kept, θ is not.
    /// </summary>
    /// <param name="id">The name of the problem in messages.</param>
    /// <param name="length">d, and the length of an input row.</param>
    /// <param name="open">Makes the objective and the key of all random draws: always the same ones.</param>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="limits">The limits that end the run.</param>
    /// <param name="answers">The queries that each row costs, as <see cref="IQueryOracle.AnswersPerRow"/>.</param>
    public Problem(
        string id, int length, Func<(IObjective Objective, RandomKey Key)> open, IZerothOrderOptimizer optimizer, float smoothing, RunLimits limits, int answers = 1)
        : this(id, optimizer, smoothing, limits, answers)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentNullException.ThrowIfNull(open);
        Dimension = InputLength = length;
        _open = open;
    }

    private Problem(string id, IZerothOrderOptimizer optimizer, float smoothing, RunLimits limits, int answers)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(limits);
        if (!(smoothing > 0) || !float.IsFinite(smoothing))
        {
            throw new ArgumentOutOfRangeException(nameof(smoothing), smoothing, "The smoothing parameter μ must be a positive number.");
        }

        Id = id;
        Optimizer = optimizer;
        Smoothing = smoothing;
        Ledger = new QueryLedger(limits.Budget, answers, limits.FlaggedCost ?? 1);
        _limits = limits;
        _guided = optimizer as PriorOptimizer;
        _stepping = (IZerothOrderOptimizer?)_guided?.Checks ?? optimizer;
        _horizon = limits.Steps(optimizer, answers);
    }

    /// <summary>The name of the problem in messages.</summary>
    public string Id { get; }

    /// <summary>The optimizer.</summary>
    public IZerothOrderOptimizer Optimizer { get; }

    /// <summary>The objective to minimize. Made anew at each call before the problem's turn and after its end, if it is made at its turn.</summary>
    public IObjective Objective => _objective ?? _open!().Objective;

    /// <summary>The number of coordinates of the objective.</summary>
    internal int Dimension { get; }

    /// <summary>The length of an input row.</summary>
    internal int InputLength { get; }

    /// <summary>Whether whole steps can be asked of the objective, as far as it is made.</summary>
    internal bool TakesWholeSteps => _objective is null or AttackObjective;

    /// <summary>μ.</summary>
    public float Smoothing { get; }

    /// <summary>The key of all random draws of the problem; that of no problem before its turn, if it is made at its turn.</summary>
    public RandomKey Key { get; private set; }

    /// <summary>Counts the queries before they are sent.</summary>
    public QueryLedger Ledger { get; }

    /// <summary>The number of finished steps. The points of a prior together are one.</summary>
    public int Iteration => IsChecking ? 0 : StepsBefore + Steps;

    // The finished steps of the optimizer that steps now, in this round.
    private int Steps => _driver?.Steps ?? _steps;

    // Whether the points of a prior are asked.
    private bool IsChecking => _guided is not null && _stepping == _guided.Checks;

    private int StepsBefore => _bisection is { Number: > 1 } later ? later.IterationsBefore : ChecksBefore;

    private int ChecksBefore => _guided is null ? 0 : 1;

    private int Horizon => _bisection?.Horizon ?? _horizon;

    private int LastIteration => _bisection?.LastIteration ?? _limits.Iterations;

    // The rows of a step of the run's optimizer.
    private long RowsOfStep => Optimizer.Directions + 1L;

    /// <summary>Why the run ended; null while it runs.</summary>
    public StopReason? Stop { get; private set; }

    /// <summary>The oracle's failure for which the problem was set aside; null without one.</summary>
    public OracleException? Failure => _failure;

    /// <summary>The loss of each iterate queried so far, from θ_0; with the c of the first round of a bisection. For an <see cref="ICandidateOptimizer"/>, the lowest loss so far after each step.</summary>
    public IReadOnlyList<double> Trace => _trace;

    /// <summary>The lowest loss of any iterate; NaN before the first.</summary>
    public double BestLoss { get; private set; } = double.NaN;

    /// <summary>θ, d floats; empty before the run starts. Kept after it ends, unless the objective is made at its turn.</summary>
    public ReadOnlySpan<float> Theta => _driver is null ? default : _driver.Theta;

    /// <summary>The last queried iterate as an input row, or the queried point with the lowest loss of an <see cref="ICandidateOptimizer"/>; null before the first. This and the two below may be read from a file after the run.</summary>
    public ReadOnlyMemory<float>? LastInput => _last.Memory;

    /// <summary>The first iterate that solved the problem, as an input row; null if there is none.</summary>
    public ReadOnlyMemory<float>? FirstSolvedInput => _firstSolved.Memory;

    /// <summary>The queries charged up to and including that of the first solving iterate.</summary>
    public long? QueriesToFirstSolved { get; private set; }

    /// <summary>The solving iterate with the lowest loss, or with the smallest distortion in a bisection of c, as an input row; null if there is none.</summary>
    public ReadOnlyMemory<float>? BestSolvedInput => _bestSolved.Memory;

    /// <summary>Whether an iterate has solved the problem.</summary>
    public bool IsSolved => !_bestSolved.IsEmpty;

    /// <summary>The loss of <see cref="BestSolvedInput"/>; NaN if there is none.</summary>
    public double BestSolvedLoss { get; private set; } = double.NaN;

    /// <summary>The rounds of a bisection of c (<see cref="AttackLoss.BisectionRounds"/>), the last of which may be in progress; null if c is fixed, and before the run.</summary>
    public IReadOnlyList<BisectionRound>? Rounds => _bisection?.Rounds(Ledger.Charged);

    /// <summary>The rows of the charged step: those of the optimizer, or 1 for the last iterate, or 0 at the end of an <see cref="ICandidateOptimizer"/>.</summary>
    internal int Rows { get; private set; }

    /// <summary>About how many rows the next step has. Exact after the first step, unless the run ends.</summary>
    internal int NextRows => _driver?.NextRows ?? _stepping.Directions + 1;

    /// <summary>Whether a step is charged, rather than the last iterate or nothing.</summary>
    internal bool IsStep => _reason is null;

    private bool AsksCandidates => _stepping is ICandidateOptimizer;

    /// <summary>Rows of the current step that are not answered yet.</summary>
    internal int Unanswered;

    /// <summary>
    /// The number of steps before the first one whose rows differed in their margins by more than the rounding of a float. Until then an optimizer has
    /// nothing to follow.
    /// </summary>
    public int BlindSteps { get; private set; }

    /// <inheritdoc/>
    long ISavedProblem.Charged
    {
        get
        {
            lock (_saving)
            {
                return _final is { } final ? final.Charged : _savedLength > 0 ? MemoryMarshal.Read<long>(_saved) : 0;
            }
        }
    }

    /// <summary>Whether a checkpoint holds the problem: it has had a snapshot between two steps, or has ended.</summary>
    internal bool IsSaved
    {
        get
        {
            lock (_saving)
            {
                return _savedLength > 0 || _final is not null;
            }
        }
    }

    /// <summary>The round of checkpoints that the latest snapshot was taken in.</summary>
    internal int SnapshotRound { get; private set; }

    /// <summary>Whether the problem is between two steps or has ended.</summary>
    internal bool IsBetweenSteps => _driver is not null && Unanswered == 0;

    /// <summary>Charges the next step and asks the optimizer for its directions, unless a step oracle answers whole steps.</summary>
    internal void Begin(Func<float[]>? rentDirections, Func<int, float[]> rentState, bool timeIsUp)
    {
        if (_driver is null)
        {
            IObjective objective = Open();
            if (objective is AttackObjective { Settings: { BisectionRounds: not null } loss })
            {
                _bisection = new WeightBisection(loss);
                _bisection.Share(Ledger, _limits, iteration: 0, RowsOfStep);
            }

            _driver = new StepDriver(objective, _stepping, Smoothing, Key, Horizon, rentState(_stepping.StateLength(Dimension)));
        }

        if (IsChecking && PriorChecks.IsDone(_driver.State))
        {
            StepDriver checks = _driver;
            _stepping = _guided!.Inner;
            _driver = new StepDriver(checks.Objective, _stepping, Smoothing, Key, Horizon);
            _share = PriorOptimizer.Start(checks, _driver);
            _predicted = _share > 0 ? new float[Dimension] : [];
        }

        if (_share > 0)
        {
            _guided!.Move(_driver, _share, _predicted);
        }

        _trace.EnsureCapacity(Math.Min(_limits.Iterations, LongestReservedTrace) + 1);
        int most = int.MaxValue, last = 1;
        if (AsksCandidates)
        {
            most = (int)Math.Min(int.MaxValue, Ledger.Affordable);
            last = 0;
        }

        int rows = Math.Min(_driver.NextRows, most);
        bool step = Iteration < LastIteration && !timeIsUp && rows > 0 && Ledger.CanAfford(rows + last + (_bisection?.KeptRows ?? 0));
        Rows = step ? rows : last;
        Ledger.Reserved = step ? last : 0;
        if (!Ledger.TryCharge(Rows))
        {
            throw new InvalidOperationException($"{Id} has no query left for its last iterate; every step must reserve one.");
        }

        _checks += IsChecking ? Rows : 0;
        if (!step)
        {
            _reason = Iteration >= LastIteration ? StopReason.Iterations : timeIsUp ? StopReason.Time : StopReason.Budget;
        }
        else if (rentDirections is not null)
        {
            _driver.Ask(rentDirections(), most);
        }

        Unanswered = Rows;
    }

    /// <summary>Writes a row of the current step.</summary>
    internal void WriteRow(int row, Span<float> point, Span<float> input) => _driver!.WriteRow(row, point, input);

    /// <summary>Takes the answer to one row.</summary>
    internal void Answer(int row, ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        Evaluation answer = _driver!.Answer(row, input, scores);
        if (row == 0 && !AsksCandidates)
        {
            Record(answer, input);
        }
    }

    /// <summary>The key of the current step's rows.</summary>
    internal RowKey RowKey => _driver!.RowKey;

    /// <summary>Adds the current step to a batch of whole steps.</summary>
    internal void AskWhole(StepBatch batch) => _driver!.AskWhole(batch);

    /// <summary>Takes the answers to the current step from a batch of whole steps. <see cref="End"/> reads its estimate.</summary>
    internal void AnswerWhole(StepBatch batch, int place, Span<float> input)
    {
        _driver!.AnswerWhole(batch, place);
        _driver.WriteRow(0, default, input);
        Record(_driver.Answers[0], input);
    }

    /// <summary>Sets the problem aside: its run ends with the current step. The first reason is kept.</summary>
    internal void Fail(OracleException reason) => Interlocked.CompareExchange(ref _failure, reason, null);

    /// <summary>Finishes the current step. All of its rows must be answered.</summary>
    /// <returns>False if the run has ended.</returns>
    internal bool End()
    {
        int flagged = 0;
        foreach (Evaluation answer in _driver!.Answers[..Rows])
        {
            flagged += answer.Flagged ? 1 : 0;
        }

        Ledger.Settle(_failure is null ? flagged : 0);
        if (AsksCandidates && _failure is null && Rows > 0)
        {
            RecordCandidates();
        }

        // A candidate's loss is its margin, if it has one that means something.
        if (IsStep && !IsChecking && BlindSteps == Iteration - ChecksBefore && _failure is null && !_driver.SeesDifferences(AsksCandidates ? _trace[0] : _driver.Answers[0].Margin))
        {
            BlindSteps++;
        }

        if (_failure is not null)
        {
            Stop = StopReason.Failed;
        }
        else if (_limits.StopOnSuccess && (AsksCandidates ? FirstSolvedInput is not null : _driver.Answers[0].Solved))
        {
            Stop = StopReason.Success;
        }
        else if ((_reason ?? (Iteration - _bestIteration >= _limits.Patience ? StopReason.NoImprovement : null)) is not { } reason)
        {
            _driver.Tell();
        }
        else if (_bisection is { IsLast: false } bisection && reason != StopReason.Time && Iteration < _limits.Iterations && Ledger.CanAfford(RowsOfStep + 1))
        {
            StartNextRound(bisection);
        }
        else
        {
            Stop = reason;
        }

        return Stop is null;
    }

    // From the smallest change so far, if there is one: what c changes then is whether it can become smaller still. Else from the last iterate, so that an image that needs the queries of
    // several rounds does not begin each of them anew, or from the image, if c was so large that the iterates did not leave it.
    private void StartNextRound(WeightBisection bisection)
    {
        int iteration = Iteration;
        bisection.Next(Ledger.Charged);
        bisection.Share(Ledger, _limits, iteration, RowsOfStep);
        (_bestIteration, _reason, _stepping) = (iteration, null, _guided?.Inner ?? _stepping);
        AttackObjective objective = ((AttackObjective)_driver!.Objective).At(bisection.Weight);
        _driver = _driver.Restart(objective, _stepping, KeyOfRound, Horizon, bisection.LastIsBetterThanStart);
        if (!_bestSolved.IsEmpty)
        {
            objective.Encode(_bestSolved.Memory!.Value.Span, _driver.Theta);
        }
    }

    // Steps are numbered below 2³², so no round has the key of a step.
    private RandomKey KeyOfRound => _bisection is { Number: > 1 and var number } ? Key.Derive((ulong)number << 32) : Key;

    /// <summary>Releases everything but the results, because thousands of ended problems may wait for their report.</summary>
    /// <returns>The array of the optimizer's state, for the next problem.</returns>
    internal float[] Release(InputStore store)
    {
        KeepIn(store);
        float[] state = _driver!.Release();
        if (_open is not null)
        {
            _steps = _driver.Steps;
            _driver = null;
            _objective = null;
        }

        return state;
    }

    /// <summary>Hands the inputs of an ended problem to a store.</summary>
    internal void KeepIn(InputStore store)
    {
        lock (_saving)
        {
            _last.KeepIn(store);
            _firstSolved.KeepIn(store);
            _bestSolved.KeepIn(store);
        }
    }

    /// <summary>Returns the step's directions to the caller that lent them.</summary>
    internal float[] TakeDirections() => _driver!.TakeDirections();

    /// <summary>Ends the run at its current state.</summary>
    internal void Cancel() => Stop ??= _failure is null ? StopReason.Cancelled : StopReason.Failed;

    /// <summary>Ends a run that has asked nothing when the time is up: one query of each waiting image would measure nothing, and take long where many wait.</summary>
    /// <returns>False for a run that has asked something.</returns>
    internal bool EndUnasked()
    {
        if (Ledger.Charged > 0)
        {
            return false;
        }

        Stop = StopReason.Time;
        return true;
    }

    /// <summary>Takes a snapshot of the problem, which must be between two steps or have ended.</summary>
    /// <param name="at">The round of checkpoints.</param>
    /// <param name="buffers">Buffers of problems that have ended.</param>
    internal void TakeSnapshot(int at, SnapshotBuffers buffers)
    {
        if (_failure is not null)
        {
            // The snapshot before a failure stays, so that a resumed run queries again.
            return;
        }

        SnapshotRound = at;
        lock (_saving)
        {
            if (Stop is not null)
            {
                _final = (Ledger.Charged, Ledger.Retried, Ledger.Flagged);
                buffers.Return(_saved);
                (_saved, _savedLength) = ([], 0);
                return;
            }

            _savedLength = SavedLength;
            if (_saved.Length < _savedLength)
            {
                buffers.Return(_saved);
                _saved = buffers.Rent(_savedLength);
            }

            using var stream = new MemoryStream(_saved);
            Save(new CheckpointWriter(stream), Ledger.Charged, Ledger.Retried, Ledger.Flagged);
        }
    }

    /// <inheritdoc/>
    void ISavedProblem.WriteTo(CheckpointWriter writer)
    {
        // A problem in flight waits with its next snapshot until this one is on its way.
        lock (_saving)
        {
            if (_final is not { } final)
            {
                writer.Array<byte>(_saved.AsSpan(0, _savedLength));
                return;
            }

            writer.Int(SavedLength);
            Save(writer, final.Charged, final.Retried, final.Flagged);
        }
    }

    /// <summary>The state that the problem needs to resume bit for bit. The problem must be between two steps or have ended.</summary>
    internal byte[] Save()
    {
        var stream = new MemoryStream(SavedLength);
        Save(new CheckpointWriter(stream), Ledger.Charged, Ledger.Retried, Ledger.Flagged);
        return stream.ToArray();
    }

    private int SavedLength
    {
        get
        {
            int inputs = (_last.IsEmpty ? 0 : 1) + (_firstSolved.IsEmpty ? 0 : 1) + (_bestSolved.IsEmpty ? 0 : 1);
            int guided = _guided is null ? 0 : (2 * sizeof(long)) + 1 + sizeof(int) + (Stop is null ? sizeof(float) * _predicted.Length : 0);
            return FixedBytes + guided + (_bisection?.SavedLength ?? 0) + (sizeof(double) * _trace.Count) + (sizeof(float) * (Theta.Length + (_driver?.State.Length ?? 0) + (inputs * (InputLength + 1))));
        }
    }

    private void Save(CheckpointWriter writer, long charged, long retried, long flagged)
    {
        writer.Long(charged);
        writer.Long(retried);
        writer.Long(flagged);
        writer.Int(Stop is { } stop ? (int)stop : -1);
        writer.Int(Steps);
        writer.Int(_bestIteration);
        writer.Int(BlindSteps);
        writer.Double(BestLoss);
        writer.Double(BestSolvedLoss);
        writer.Long(QueriesToFirstSolved ?? -1);
        writer.Flag(_bisection is not null);
        _bisection?.Save(writer);
        if (_guided is not null)
        {
            writer.Long(_checks);
            writer.Flag(IsChecking);
            writer.Double(_share);
            writer.Array<float>(Stop is null ? _predicted : []);
        }

        writer.Array<double>(CollectionsMarshal.AsSpan(_trace));
        writer.Array<float>(Theta);
        writer.Array<float>(_driver is null ? [] : _driver.State);
        foreach (KeptInput input in (ReadOnlySpan<KeptInput>)[_last, _firstSolved, _bestSolved])
        {
            writer.Flag(!input.IsEmpty);
            if (!input.IsEmpty)
            {
                writer.Array(input.Memory!.Value.Span);
            }
        }
    }

    /// <summary>Restores a saved state into a problem that has not started.</summary>
    /// <param name="saved">The result of <see cref="Save()"/>.</param>
    /// <param name="name">The name of the checkpoint in messages.</param>
    /// <exception cref="InputException">The state belongs to another problem.</exception>
    internal void Load(byte[] saved, string name)
    {
        // θ and the state are not validated: they may be infinite in a run that diverges.
        using var stream = new MemoryStream(saved, writable: false);
        var reader = new CheckpointReader(stream, saved.Length, name);
        long charged = reader.Long();
        long retried = reader.Long();
        long flagged = reader.Long();
        int stop = reader.Int();
        int steps = reader.Int();
        int bestIteration = reader.Int();
        int blindSteps = reader.Int();
        double bestLoss = reader.Double();
        double bestSolvedLoss = reader.Double();
        long toFirstSolved = reader.Long();
        _bisection = reader.Flag() ? new WeightBisection(reader) : null;
        long checks = _guided is null ? 0 : reader.Long();
        _stepping = _guided is null || reader.Flag() ? _stepping : _guided.Inner;
        float share = _guided is null ? 0 : (float)reader.Double();
        float[] predicted = _guided is null ? [] : reader.Array<float>();
        double[] trace = reader.Array<double>();
        float[] theta = reader.Array<float>();
        float[] state = reader.Array<float>();
        float[]? last = Input(reader), firstSolved = Input(reader), bestSolved = Input(reader);
        reader.End();

        // The points of a prior are charged before the optimizer's steps, and have one loss in the trace.
        bool ended = stop >= 0;
        int before = IsChecking ? 0 : ChecksBefore, iteration = IsChecking ? 0 : StepsBefore + steps;
        long row = Ledger.AnswersPerRow, step = row * (_stepping.Directions + 1), own = charged - (before * checks * row);
        int iterates = steps + (ended ? 1 : 0), losses = trace.Length - before;
        bool isCharged = _bisection is not null ? _bisection.Fits(charged, iteration) && charged % row == 0 : IsChecking ? charged == checks * row && checks >= steps && checks <= iterates && losses == Math.Min(checks, 1)
            : AsksCandidates ? own >= losses * row && own <= losses * step && own % row == 0 && losses >= steps && losses <= iterates
            : (own == (steps * step) + (ended ? row : 0) || (ended && own == (steps + 1) * step)) && losses == iterates;
        bool fits = stop is >= -1 and < (int)StopReason.Failed && checks >= before
            && steps >= (ended || before > 0 || _bisection is { Number: > 1 } ? 0 : 1) && iteration <= _limits.Iterations
            && bestIteration >= 0 && bestIteration <= iteration && blindSteps >= 0 && blindSteps <= iteration + 1
            && predicted.Length == (share > 0 && !ended ? Dimension : 0)
            && isCharged && retried is >= 0 and <= long.MaxValue / 2 && retried % row == 0
            && flagged >= 0 && flagged <= charged && flagged % row == 0
            && (theta.Length == Dimension || (ended && theta.Length == 0)) && state.Length == (ended ? 0 : _stepping.StateLength(theta.Length))
            && last is not null && firstSolved is null == bestSolved is null && firstSolved is null == toFirstSolved < 0 && toFirstSolved <= charged
            && Ledger.TryRestore(charged, retried, flagged, ended || AsksCandidates ? 0 : 1);
        if (!fits)
        {
            throw reader.Damaged($"the state of {Id} does not belong to this run");
        }

        Stop = ended ? (StopReason)stop : null;
        (_steps, _checks, _share, _predicted) = (steps, checks, share, predicted);
        _driver = ended && _open is not null ? null : RestoredDriver(steps, theta, state);
        _bestIteration = bestIteration;
        BlindSteps = blindSteps;
        BestLoss = bestLoss;
        BestSolvedLoss = bestSolvedLoss;
        QueriesToFirstSolved = toFirstSolved < 0 ? null : toFirstSolved;
        _trace.AddRange(trace);
        (_last, _firstSolved, _bestSolved) = (new KeptInput(last), new KeptInput(firstSolved), new KeptInput(bestSolved));
        if (ended)
        {
            _final = (charged, retried, flagged);
        }
        else
        {
            (_saved, _savedLength) = (saved, saved.Length);
        }
    }

    private StepDriver RestoredDriver(int steps, float[] theta, float[] state)
    {
        IObjective objective = Open();
        return new StepDriver(_bisection is null ? objective : ((AttackObjective)objective).At(_bisection.Weight), _stepping, Smoothing, KeyOfRound, Horizon, steps, theta, state);
    }

    private IObjective Open()
    {
        if (_objective is null)
        {
            (_objective, Key) = _open!();
        }

        return _objective;
    }

    private float[]? Input(CheckpointReader reader)
    {
        if (!reader.Flag())
        {
            return null;
        }

        float[] input = reader.Array<float>();
        return input.Length == InputLength && Array.TrueForAll(input, float.IsFinite) ? input : throw reader.Damaged($"an input of {Id} has a wrong length or is not finite");
    }

    // In the order of the rows, whoever answered them first.
    private void RecordCandidates()
    {
        for (int row = 0; row < Rows; row++)
        {
            Evaluation answer = _driver!.Answers[row];
            double loss = LossOf(answer);
            if (!(loss >= BestLoss) && !double.IsNaN(loss))
            {
                BestLoss = loss;
                _bestIteration = Iteration;
                Keep(ref _last, row);
            }

            if (answer.Solved)
            {
                if (QueriesToFirstSolved is null)
                {
                    QueriesToFirstSolved = Ledger.Charged - ((Rows - 1 - row) * (long)Ledger.AnswersPerRow);
                    Keep(ref _firstSolved, row);
                }

                if (_bisection?.TakeSuccess(answer) ?? !(answer.Loss >= BestSolvedLoss))
                {
                    BestSolvedLoss = loss;
                    Keep(ref _bestSolved, row);
                }
            }
        }

        if (IsChecking)
        {
            _trace.Clear();
        }

        _trace.Add(BestLoss);

        void Keep(ref KeptInput kept, int row) => _driver!.WriteRow(row, default, kept.ToWrite(InputLength));
    }

    private double LossOf(Evaluation answer) => _bisection?.AtFirstWeight(answer) ?? answer.Loss;

    private void Record(Evaluation answer, ReadOnlySpan<float> input)
    {
        double loss = LossOf(answer);
        _trace.Add(loss);

        // Negated, so that NaN never becomes the best.
        bool lowers = !(loss >= BestLoss) && !double.IsNaN(loss);
        if (lowers)
        {
            BestLoss = loss;
        }

        if (_bisection?.TakeIterate(answer) ?? lowers)
        {
            _bestIteration = Iteration;
        }

        input.CopyTo(_last.ToWrite(InputLength));

        if (answer.Solved)
        {
            if (QueriesToFirstSolved is null)
            {
                QueriesToFirstSolved = Ledger.Charged - ((Rows - 1) * (long)Ledger.AnswersPerRow);
                input.CopyTo(_firstSolved.ToWrite(InputLength));
            }

            if (_bisection?.TakeSuccess(answer) ?? (_bestSolved.IsEmpty || answer.Loss < BestSolvedLoss || (double.IsNaN(BestSolvedLoss) && !double.IsNaN(answer.Loss))))
            {
                BestSolvedLoss = loss;
                input.CopyTo(_bestSolved.ToWrite(InputLength));
            }
        }
    }

    // An input that is kept for the result: none, an array while the problem runs, and then as its store keeps it.
    private struct KeptInput(float[]? input)
    {
        private float[]? _input = input;
        private InputStore.Kept? _stored;

        public readonly bool IsEmpty => _input is null && _stored is null;

        // The explicit type matters: an untyped null would become an array, and the array an empty memory.
        public readonly ReadOnlyMemory<float>? Memory => IsEmpty ? default(ReadOnlyMemory<float>?) : new ReadOnlyMemory<float>(_input ?? _stored!.Value.Read());

        public float[] ToWrite(int length) => _input ??= new float[length];

        public void KeepIn(InputStore store)
        {
            if (_input is not null)
            {
                (_stored, _input) = (store.Keep(_input), null);
            }
        }
    }
}
