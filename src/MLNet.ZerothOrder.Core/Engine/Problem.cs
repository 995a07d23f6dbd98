using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// One optimisation: an objective, the optimizer that works on it, θ, the optimizer's state, the ledger, and what has been
/// found so far. The engine moves it forward; between steps nobody else may touch it.
/// </summary>
public sealed class Problem
{
    // A run that a budget is meant to end may allow any number of iterations; beyond this its trace grows as it goes.
    private const int LongestReservedTrace = 10_000;

    private readonly IObjective _objective;
    private readonly RunLimits _limits;
    private readonly List<double> _trace = [];
    private StepDriver? _driver;
    private int _bestIteration;
    private StopReason _reason;
    private OracleException? _failure;

    /// <param name="id">What the problem is called in messages.</param>
    /// <param name="objective">What to minimise.</param>
    /// <param name="optimizer">What minimises it.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="key">The key of all the problem's random draws.</param>
    /// <param name="limits">When to stop.</param>
    public Problem(string id, IObjective objective, IZerothOrderOptimizer optimizer, float smoothing, RandomKey key, RunLimits limits)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(limits);
        if (!(smoothing > 0) || !float.IsFinite(smoothing))
        {
            throw new ArgumentOutOfRangeException(nameof(smoothing), smoothing, "The smoothing parameter μ is a positive number.");
        }

        Id = id;
        Optimizer = optimizer;
        Smoothing = smoothing;
        Key = key;
        Ledger = new QueryLedger(limits.Budget);
        _objective = objective;
        _limits = limits;
    }

    /// <summary>What the problem is called in messages.</summary>
    public string Id { get; }

    /// <summary>What minimises it.</summary>
    public IZerothOrderOptimizer Optimizer { get; }

    /// <summary>What is minimised.</summary>
    public IObjective Objective => _objective;

    /// <summary>μ.</summary>
    public float Smoothing { get; }

    /// <summary>The key of all the problem's random draws.</summary>
    public RandomKey Key { get; }

    /// <summary>Its queries, counted before they are sent.</summary>
    public QueryLedger Ledger { get; }

    /// <summary>Steps made.</summary>
    public int Iteration => _driver?.Steps ?? 0;

    /// <summary>Why the run ended; null while it goes on.</summary>
    public StopReason? Stop { get; private set; }

    /// <summary>The oracle's failure that the problem was set aside for; null without one.</summary>
    public OracleException? Failure => _failure;

    /// <summary>The loss of each iterate queried so far, from θ_0.</summary>
    public IReadOnlyList<double> Trace => _trace;

    /// <summary>The lowest loss of any iterate; NaN before the first.</summary>
    public double BestLoss { get; private set; } = double.NaN;

    /// <summary>θ, d floats; empty before the run starts. Kept after it ends.</summary>
    public ReadOnlySpan<float> Theta => _driver is null ? default : _driver.Theta;

    /// <summary>The last queried iterate as an input row; null before the first.</summary>
    public ReadOnlyMemory<float>? LastInput { get; private set; }

    /// <summary>The first iterate that solved the problem, as an input row; null while there is none.</summary>
    public ReadOnlyMemory<float>? FirstSolvedInput { get; private set; }

    /// <summary>Queries charged up to and with the first solving iterate's own: it is the first of its step.</summary>
    public long? QueriesToFirstSolved { get; private set; }

    /// <summary>The solving iterate of the lowest loss, as an input row; null while there is none.</summary>
    public ReadOnlyMemory<float>? BestSolvedInput { get; private set; }

    /// <summary>The loss of <see cref="BestSolvedInput"/>; NaN while there is none.</summary>
    public double BestSolvedLoss { get; private set; } = double.NaN;

    /// <summary>Rows that the charged step asks: q + 1, or 1 for the last iterate.</summary>
    internal int Rows { get; private set; }

    /// <summary>Rows of the current step that are not answered yet.</summary>
    internal int Unanswered;

    /// <summary>The latest copy of the problem between two steps; null before the first.</summary>
    internal byte[]? Kept { get; private set; }

    /// <summary>What <see cref="LayDown"/> was told at that copy.</summary>
    internal int KeptAt { get; private set; }

    /// <summary>Whether the problem stands between two steps, or at its end.</summary>
    internal bool IsBetweenSteps => _driver is not null && Unanswered == 0;

    /// <summary>Charges the next step and asks the optimizer for its directions, unless the step is asked whole.</summary>
    internal void Begin(Func<float[]>? rentDirections, bool timeIsUp)
    {
        _driver ??= new StepDriver(_objective, Optimizer, Smoothing, Key, _limits.Iterations);
        _trace.EnsureCapacity(Math.Min(_limits.Iterations, LongestReservedTrace) + 1);
        bool step = Iteration < _limits.Iterations && !timeIsUp && Ledger.CanAfford(_driver.Rows + 1L);
        Rows = step ? _driver.Rows : 1;
        Ledger.Reserved = step ? 1 : 0;
        if (!Ledger.TryCharge(Rows))
        {
            throw new InvalidOperationException($"{Id} has no query left for its last iterate; every step keeps one back.");
        }

        if (!step)
        {
            _reason = Iteration >= _limits.Iterations ? StopReason.Iterations : timeIsUp ? StopReason.Time : StopReason.Budget;
        }
        else if (rentDirections is not null)
        {
            _driver.Ask(rentDirections());
        }

        Unanswered = Rows;
    }

    /// <summary>Writes a row of the current step.</summary>
    internal void WriteRow(int row, Span<float> point, Span<float> input) => _driver!.WriteRow(row, point, input);

    /// <summary>Takes the answer to one row.</summary>
    internal void Answer(int row, ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        Evaluation answer = _driver!.Answer(row, input, scores);
        if (row == 0)
        {
            Record(answer, input);
        }
    }

    /// <summary>The key of the current step's rows.</summary>
    internal RowKey RowKey => _driver!.RowKey;

    /// <summary>Adds the current step to those that are asked whole.</summary>
    internal void AskWhole(StepBatch batch) => _driver!.AskWhole(batch);

    /// <summary>Takes the answers to a step that was asked whole; its estimate is read by <see cref="End"/>.</summary>
    internal void AnswerWhole(StepBatch batch, int place, Span<float> input)
    {
        _driver!.AnswerWhole(batch, place);
        _driver.WriteRow(0, default, input);
        Record(_driver.Answers[0], input);
    }

    /// <summary>Sets the problem aside: its run ends with the step under way. The first reason stays.</summary>
    internal void Fail(OracleException reason) => Interlocked.CompareExchange(ref _failure, reason, null);

    /// <summary>Finishes the current step, all of whose rows are answered.</summary>
    /// <returns>False where the run has ended.</returns>
    internal bool End()
    {
        if (_failure is not null)
        {
            Stop = StopReason.Failed;
        }
        else if (_limits.StopOnSuccess && _driver!.Answers[0].Solved)
        {
            Stop = StopReason.Success;
        }
        else if (Rows == 1)
        {
            Stop = _reason;
        }
        else if (Iteration - _bestIteration >= _limits.Patience)
        {
            Stop = StopReason.NoImprovement;
        }
        else
        {
            _driver!.Tell();
        }

        if (Stop is not null)
        {
            _driver!.Release();
        }

        return Stop is null;
    }

    /// <summary>Gives back the step's directions.</summary>
    internal float[] TakeDirections() => _driver!.TakeDirections();

    /// <summary>Ends the run where it stands.</summary>
    internal void Cancel() => Stop ??= _failure is null ? StopReason.Cancelled : StopReason.Failed;

    /// <summary>Lays down a copy of the problem, which stands between two steps or at its end.</summary>
    internal void LayDown(int at)
    {
        if (_failure is not null)
        {
            // What stands is the copy of before: whoever goes on asks again.
            return;
        }

        KeptAt = at;
        Kept = Save();
    }

    /// <summary>The queries that a saved problem was charged.</summary>
    internal static long ChargedIn(ReadOnlySpan<byte> saved) => MemoryMarshal.Read<long>(saved);

    /// <summary>All that the problem needs to go on bit for bit; it stands between two steps or at its end.</summary>
    internal byte[] Save()
    {
        var stream = new MemoryStream(256 + (sizeof(double) * _trace.Count) + (sizeof(float) * ((2 * _driver!.Theta.Length) + _driver.State.Length + (3 * _objective.InputLength))));
        var writer = new CheckpointWriter(stream);
        writer.Long(Ledger.Charged);
        writer.Long(Ledger.Retried);
        writer.Int(Stop is { } stop ? (int)stop : -1);
        writer.Int(Iteration);
        writer.Int(_bestIteration);
        writer.Double(BestLoss);
        writer.Double(BestSolvedLoss);
        writer.Long(QueriesToFirstSolved ?? -1);
        writer.Array<double>(CollectionsMarshal.AsSpan(_trace));
        writer.Array<float>(_driver.Theta);
        writer.Array<float>(_driver.State);
        foreach (ReadOnlyMemory<float>? input in (ReadOnlySpan<ReadOnlyMemory<float>?>)[LastInput, FirstSolvedInput, BestSolvedInput])
        {
            writer.Flag(input is not null);
            if (input is { } floats)
            {
                writer.Array(floats.Span);
            }
        }

        return stream.ToArray();
    }

    /// <summary>Brings a problem that has not begun to where a saved one stood.</summary>
    /// <param name="saved">What <see cref="Save"/> gave.</param>
    /// <param name="name">What the checkpoint is called in messages.</param>
    /// <exception cref="InputException">It is not of this problem.</exception>
    internal void Load(byte[] saved, string name)
    {
        // θ and the state are taken as they are: those of a run that diverges may be infinite.
        using var stream = new MemoryStream(saved, writable: false);
        var reader = new CheckpointReader(stream, saved.Length, name);
        long charged = reader.Long();
        long retried = reader.Long();
        int stop = reader.Int();
        int iteration = reader.Int();
        int bestIteration = reader.Int();
        double bestLoss = reader.Double();
        double bestSolvedLoss = reader.Double();
        long toFirstSolved = reader.Long();
        double[] trace = reader.Array<double>();
        float[] theta = reader.Array<float>();
        float[] state = reader.Array<float>();
        float[]? last = Input(reader), firstSolved = Input(reader), bestSolved = Input(reader);
        reader.End();

        bool ended = stop >= 0;
        long steps = (long)iteration * (Optimizer.Directions + 1);
        bool fits = stop is >= -1 and < (int)StopReason.Failed
            && iteration >= (ended ? 0 : 1) && iteration <= _limits.Iterations && trace.Length == iteration + (ended ? 1 : 0)
            && bestIteration >= 0 && bestIteration <= iteration
            && (charged == steps + (ended ? 1 : 0) || (ended && charged == steps + Optimizer.Directions + 1)) && retried is >= 0 and <= long.MaxValue / 2 && Ledger.CanAfford(charged + retried + (ended ? 0 : 1))
            && theta.Length == _objective.Dimension && state.Length == (ended ? 0 : Optimizer.StateLength(theta.Length))
            && last is not null && firstSolved is null == bestSolved is null && firstSolved is null == toFirstSolved < 0 && toFirstSolved <= charged;
        if (!fits)
        {
            throw reader.Damaged($"the state of {Id} cannot be one of this run's");
        }

        // In this order: a retry leaves room for the query that the charges hold already.
        Ledger.TryChargeRetry(retried);
        Ledger.TryCharge(charged);
        Stop = ended ? (StopReason)stop : null;
        _driver = new StepDriver(_objective, Optimizer, Smoothing, Key, _limits.Iterations, iteration, theta, state);
        _bestIteration = bestIteration;
        BestLoss = bestLoss;
        BestSolvedLoss = bestSolvedLoss;
        QueriesToFirstSolved = toFirstSolved < 0 ? null : toFirstSolved;
        _trace.AddRange(trace);
        LastInput = Memory(last);
        FirstSolvedInput = Memory(firstSolved);
        BestSolvedInput = Memory(bestSolved);
        Kept = saved;
    }

    private float[]? Input(CheckpointReader reader)
    {
        if (!reader.Flag())
        {
            return null;
        }

        float[] input = reader.Array<float>();
        return input.Length == _objective.InputLength && Array.TrueForAll(input, float.IsFinite) ? input : throw reader.Damaged($"an input of {Id} is none");
    }

    // Written out: a null without a type would become an array, and that an empty memory.
    private static ReadOnlyMemory<float>? Memory(float[]? array) => array is null ? default(ReadOnlyMemory<float>?) : new ReadOnlyMemory<float>(array);

    private void Record(Evaluation answer, ReadOnlySpan<float> input)
    {
        _trace.Add(answer.Loss);

        // Written so that NaN never becomes the best.
        if (!(answer.Loss >= BestLoss) && !double.IsNaN(answer.Loss))
        {
            BestLoss = answer.Loss;
            _bestIteration = Iteration;
        }

        LastInput = Keep(LastInput, input);

        if (answer.Solved)
        {
            if (QueriesToFirstSolved is null)
            {
                QueriesToFirstSolved = Ledger.Charged - Rows + 1;
                FirstSolvedInput = Keep(null, input);
            }

            if (BestSolvedInput is null || answer.Loss < BestSolvedLoss || (double.IsNaN(BestSolvedLoss) && !double.IsNaN(answer.Loss)))
            {
                BestSolvedLoss = answer.Loss;
                BestSolvedInput = Keep(BestSolvedInput, input);
            }
        }
    }

    private static ReadOnlyMemory<float> Keep(ReadOnlyMemory<float>? kept, ReadOnlySpan<float> input)
    {
        float[] copy = kept is { } memory && MemoryMarshal.TryGetArray(memory, out var segment)
            ? segment.Array! : new float[input.Length];
        input.CopyTo(copy);
        return copy;
    }
}
