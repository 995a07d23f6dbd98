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
    private float[] _theta = [];
    private float[] _state = [];
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
    public int Iteration { get; private set; }

    /// <summary>Why the run ended; null while it goes on.</summary>
    public StopReason? Stop { get; private set; }

    /// <summary>The oracle's failure that the problem was set aside for; null without one.</summary>
    public OracleException? Failure => _failure;

    /// <summary>The loss of each iterate queried so far, from θ_0.</summary>
    public IReadOnlyList<double> Trace => _trace;

    /// <summary>The lowest loss of any iterate; NaN before the first.</summary>
    public double BestLoss { get; private set; } = double.NaN;

    /// <summary>θ, d floats; empty before the run starts. Kept after it ends.</summary>
    public ReadOnlyMemory<float> Theta => _theta;

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

    /// <summary>The current step's directions, lent by the engine.</summary>
    internal float[] Directions { get; private set; } = [];

    /// <summary>The current step's answers.</summary>
    internal Evaluation[] Answers { get; private set; } = [];

    private OptimizerStep Step =>
        new(Key.Derive((ulong)Iteration + 1), Iteration + 1, _limits.Iterations, Smoothing, _objective);

    /// <summary>Charges the next step and asks the optimizer for its directions.</summary>
    internal void Begin(Func<int, float[]> rentDirections, bool timeIsUp)
    {
        if (_theta.Length == 0)
        {
            _theta = new float[_objective.Dimension];
            _state = new float[Optimizer.StateLength(_theta.Length)];
            _trace.EnsureCapacity(Math.Min(_limits.Iterations, LongestReservedTrace) + 1);
            Answers = new Evaluation[Optimizer.Directions + 1];

            // θ_0 is the same for every optimizer: stream 0 of the problem, since steps count from 1.
            _objective.Initialize(Key.Derive(0), _theta);
        }

        int stepRows = Optimizer.Directions + 1;
        bool step = Iteration < _limits.Iterations && !timeIsUp && Ledger.CanAfford(stepRows + 1L);
        Rows = step ? stepRows : 1;
        Ledger.Reserved = step ? 1 : 0;
        if (!Ledger.TryCharge(Rows))
        {
            throw new InvalidOperationException($"{Id} has no query left for its last iterate; every step keeps one back.");
        }

        if (!step)
        {
            _reason = Iteration >= _limits.Iterations ? StopReason.Iterations : timeIsUp ? StopReason.Time : StopReason.Budget;
        }
        else
        {
            Directions = rentDirections(Optimizer.Directions * _theta.Length);
            Optimizer.Ask(Step, _theta, _state, Directions.AsSpan(0, Optimizer.Directions * _theta.Length));
        }

        Unanswered = Rows;
    }

    /// <summary>Writes row <paramref name="row"/> of the current step: θ, or θ + μu of a direction.</summary>
    internal void WriteRow(int row, Span<float> point, Span<float> input)
    {
        if (row == 0)
        {
            _objective.Decode(_theta, input);
            return;
        }

        Numerics.SimdKernels.ScaledAdd(_theta, Smoothing, Directions.AsSpan((row - 1) * _theta.Length, _theta.Length), point);
        _objective.Decode(point, input);
    }

    /// <summary>Takes the answer to one row.</summary>
    internal void Answer(int row, ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        Evaluation answer = _objective.Evaluate(input, scores);
        Answers[row] = answer;
        if (row == 0)
        {
            Record(answer, input);
        }
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
        else if (Rows == 1)
        {
            Stop = _limits.StopOnSuccess && Answers[0].Solved ? StopReason.Success : _reason;
        }
        else if (_limits.StopOnSuccess && Answers[0].Solved)
        {
            Stop = StopReason.Success;
        }
        else if (Iteration - _bestIteration >= _limits.Patience)
        {
            Stop = StopReason.NoImprovement;
        }
        else
        {
            Optimizer.Tell(Step, Directions.AsSpan(0, Optimizer.Directions * _theta.Length), Answers, _theta, _state);
            Iteration++;
        }

        if (Stop is not null)
        {
            // Thousands of finished problems may wait for their report; only what they found stays.
            _state = [];
            Answers = [];
        }

        return Stop is null;
    }

    /// <summary>Gives back the step's directions.</summary>
    internal float[] TakeDirections()
    {
        float[] directions = Directions;
        Directions = [];
        return directions;
    }

    /// <summary>Ends the run where it stands.</summary>
    internal void Cancel() => Stop ??= _failure is null ? StopReason.Cancelled : StopReason.Failed;

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
        float[] copy = kept is { } memory && System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment)
            ? segment.Array! : new float[input.Length];
        input.CopyTo(copy);
        return copy;
    }
}
