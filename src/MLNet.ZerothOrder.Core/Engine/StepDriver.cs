using System.Runtime.InteropServices;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Runs one optimizer on one objective, step by step. It holds θ (d floats), the state of the optimizer and the current step. The caller queries
/// the oracle, for one driver or for many at once. A step has row 0 at θ and row i at θ + μuᵢ, or the points of an <see cref="ICandidateOptimizer"/>:
/// <code>
/// driver.Ask();
/// for (int row = 0; row &lt; driver.Rows; row++)
/// {
///     driver.WriteRow(row, point, input);
///     driver.Answer(row, input, oracle's scores of input);
/// }
/// driver.Tell();
/// </code>
/// The engine, the trainer and the tuner all use this class. After construction, a step allocates nothing but the directions, once,
/// unless the caller lends them. It may be used by one thread at a time, but different rows may be written and answered in parallel.
/// </summary>
public sealed class StepDriver
{
    private readonly float[] _theta;
    private readonly RandomKey _key;
    private readonly int _horizon;
    private float[] _state;
    private float[] _directions = [];
    private Evaluation[] _answers;
    private int _rows;
    private ReadOnlyMemory<float> _estimate;
    private IZerothOrderOptimizer _optimizer;

    /// <summary>Starts at θ_0 of the objective, with a state of zeros.</summary>
    /// <param name="objective">The objective to minimize.</param>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="key">The key of all random draws: stream 0 draws θ_0, stream t belongs to step t.</param>
    /// <param name="horizon">T, the number of steps of the run, which the optimizer may use.</param>
    public StepDriver(IObjective objective, IZerothOrderOptimizer optimizer, float smoothing, RandomKey key, int horizon)
        : this(objective, optimizer, smoothing, key, horizon, new float[optimizer.StateLength(objective.Dimension)])
    {
    }

    /// <summary>As the public constructor, with an array of zeros for the state.</summary>
    internal StepDriver(IObjective objective, IZerothOrderOptimizer optimizer, float smoothing, RandomKey key, int horizon, float[] state)
        : this(objective, optimizer, smoothing, key, horizon, 0, new float[objective.Dimension], state) =>
        objective.Initialize(key.Derive(0), _theta);

    /// <summary>Continues from the state of a driver between two steps. With a state of length 0, only θ is kept.</summary>
    internal StepDriver(
        IObjective objective, IZerothOrderOptimizer optimizer, float smoothing, RandomKey key, int horizon, int steps, float[] theta, float[] state)
    {
        Objective = objective;
        Smoothing = smoothing;
        Steps = steps;
        _optimizer = optimizer;
        _key = key;
        _horizon = horizon;
        _theta = theta;
        _state = state;
        _answers = new Evaluation[optimizer.Directions + 1];
        _rows = _answers.Length;
    }

    /// <summary>The objective to minimize.</summary>
    public IObjective Objective { get; }

    /// <summary>The optimizer. Between two steps it may be replaced by one with equally many directions and an equally long state, such as the same one with other weights.</summary>
    /// <exception cref="ArgumentException">The new optimizer has another number of directions or length of state.</exception>
    public IZerothOrderOptimizer Optimizer
    {
        get => _optimizer;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Directions != _optimizer.Directions || value.StateLength(_theta.Length) != _state.Length)
            {
                throw new ArgumentException(
                    $"{value.Name} has {value.Directions} directions and a state of {value.StateLength(_theta.Length)} floats; this run has {_optimizer.Directions} and {_state.Length}.", nameof(value));
            }

            _optimizer = value;
        }
    }

    /// <summary>μ.</summary>
    public float Smoothing { get; }

    /// <summary>The number of finished steps.</summary>
    public int Steps { get; private set; }

    /// <summary>The current step, which follows <see cref="Steps"/>.</summary>
    public OptimizerStep Step => new(_key.Derive((ulong)Steps + 1), Steps + 1, _horizon, Smoothing, Objective);

    /// <summary>The key of the current step's rows.</summary>
    public RowKey RowKey => new(_key.Value, Steps + 1);

    /// <summary>The rows of the current step: q + 1, or as many as an <see cref="ICandidateOptimizer"/> asked for.</summary>
    public int Rows => _rows;

    /// <summary>The rows that the next step needs.</summary>
    internal int NextRows => _optimizer is ICandidateOptimizer candidates ? candidates.Candidates(Step, _state) : _answers.Length;

    /// <summary>θ, d floats.</summary>
    public Span<float> Theta => _theta;

    /// <summary>The state of the optimizer.</summary>
    public Span<float> State => _state;

    /// <summary>The directions of the current step, q × d floats, or its points.</summary>
    public ReadOnlySpan<float> Directions => _directions.AsSpan(0, Asked * _theta.Length);

    /// <summary>The answers to the rows of the current step. Callers that do not use <see cref="Answer"/> write the answers here.</summary>
    public Span<Evaluation> Answers => _answers.AsSpan(0, Math.Min(_rows, _answers.Length));

    // The directions of the current step, or its points.
    private int Asked => _optimizer is ICandidateOptimizer ? _rows : _optimizer.Directions;

    /// <summary>Asks the optimizer for the directions of the current step.</summary>
    /// <param name="directions">
    /// An array for the directions, of at least q × d floats, or (q + 1) × d for an <see cref="ICandidateOptimizer"/>; lent until <see cref="TakeDirections"/>. Null for the driver's own array.
    /// </param>
    /// <param name="mostRows">The most rows that an <see cref="ICandidateOptimizer"/> may ask, at least 1. Others always ask q + 1.</param>
    public void Ask(float[]? directions = null, int mostRows = int.MaxValue)
    {
        _rows = Math.Min(NextRows, _optimizer is ICandidateOptimizer ? mostRows : int.MaxValue);
        int length = checked(Asked * _theta.Length);
        if (directions is not null || _directions.Length < length)
        {
            _directions = directions ?? new float[length];
        }

        _optimizer.Ask(Step, _theta, _state, _directions.AsSpan(0, length));
    }

    /// <summary>Returns the array that was lent to <see cref="Ask"/>; empty if there is none.</summary>
    public float[] TakeDirections()
    {
        float[] directions = _directions;
        _directions = [];
        return directions;
    }

    /// <summary>Writes the point of a row, d floats: θ for row 0, θ + μuᵢ for row i, or the row's own point.</summary>
    public void WritePoint(int row, Span<float> point)
    {
        if (_optimizer is ICandidateOptimizer)
        {
            Point(row).CopyTo(point);
        }
        else if (row == 0)
        {
            _theta.CopyTo(point);
        }
        else
        {
            SimdKernels.ScaledAdd(_theta, Smoothing, _directions.AsSpan((row - 1) * _theta.Length, _theta.Length), point);
        }
    }

    /// <summary>Writes the input row of the oracle.</summary>
    /// <param name="row">The row, 0..q.</param>
    /// <param name="point">Scratch memory, d floats.</param>
    /// <param name="input">The input row to write.</param>
    public void WriteRow(int row, Span<float> point, Span<float> input)
    {
        if (_optimizer is ICandidateOptimizer)
        {
            Objective.Decode(Point(row), input);
            return;
        }

        if (row == 0)
        {
            Objective.Decode(_theta, input);
            return;
        }

        if (Objective is AttackObjective attack)
        {
            attack.Decode(_theta, Smoothing, _directions.AsSpan((row - 1) * _theta.Length, _theta.Length), point, input);
            return;
        }

        WritePoint(row, point);
        Objective.Decode(point, input);
    }

    private ReadOnlySpan<float> Point(int row) => _directions.AsSpan(row * _theta.Length, _theta.Length);

    /// <summary>Takes the oracle's scores of one row.</summary>
    /// <param name="row">The row, 0..q.</param>
    /// <param name="input">The input row, as written by <see cref="WriteRow"/>.</param>
    /// <param name="scores">The scores of the row.</param>
    public Evaluation Answer(int row, ReadOnlySpan<float> input, ReadOnlySpan<float> scores) => _answers[row] = Objective.Evaluate(input, scores);

    /// <summary>Whether some row's margin differs from a given one by more than the rounding of a float. Always true for an objective that is no attack.</summary>
    internal bool SeesDifferences(double margin)
    {
        float start = (float)Math.Abs(margin);
        double rounding = 2.0 * (MathF.BitIncrement(start) - start);
        foreach (Evaluation answer in Answers)
        {
            if (!(Math.Abs(answer.Margin - margin) <= rounding))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finishes the step: the optimizer computes a new θ from the answers.</summary>
    public void Tell()
    {
        if (_estimate.Length > 0)
        {
            ((IEstimateOptimizer)_optimizer).TellEstimate(Step, _estimate.Span, _answers, _theta, _state);
            _estimate = default;
        }
        else
        {
            _optimizer.Tell(Step, Directions, Answers, _theta, _state);
        }

        Objective.Project(_theta);
        Steps++;
    }

    /// <summary>As <see cref="Tell()"/>, through a function that calls the optimizer and can record its work.</summary>
    public void Tell(StepUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        update(_optimizer, Step, Directions, Answers, _theta, _state);
        Objective.Project(_theta);
        Steps++;
    }

    /// <summary>Adds the step to a batch of whole steps. It then needs neither <see cref="Ask"/> nor rows.</summary>
    internal void AskWhole(StepBatch batch)
    {
        OptimizerStep step = Step;
        int place = batch.Add((AttackObjective)Objective, _theta, Smoothing, step.Key);
        var optimizer = (IEstimateOptimizer)_optimizer;
        optimizer.Deviation(step, _state, batch.Deviation(place));
        if (batch.Shape.Corrects)
        {
            optimizer.Memory(_state, _theta.Length).CopyTo(batch.Memory(place));
        }
    }

    /// <summary>Takes the answers to the step from a batch of whole steps. <see cref="Tell()"/> must read the estimate before the next call of the batch.</summary>
    internal void AnswerWhole(StepBatch batch, int place)
    {
        for (int row = 0; row < _answers.Length; row++)
        {
            _answers[row] = batch.Answer(place, row);
        }

        _estimate = batch.Estimate(place);
    }

    /// <summary>
    /// Starts again, at θ_0 or at the present θ, on an objective that differs in its known part only. Of the optimizer's state, only the running estimate of the queried part's gradient is kept.
    /// The new driver has the arrays of this one, which is no longer used.
    /// </summary>
    internal StepDriver Restart(IObjective objective, IZerothOrderOptimizer optimizer, RandomKey key, int horizon, bool keepsTheta)
    {
        int length = optimizer.StateLength(_theta.Length);
        float[] state = _state.Length == length ? _state : new float[length];
        float[] estimate = optimizer == _optimizer && objective.Known is not null && optimizer is IEstimateOptimizer estimator ? estimator.Memory(state, _theta.Length).ToArray() : [];
        Array.Clear(state);
        if (estimate.Length > 0)
        {
            ReadOnlySpan<float> memory = ((IEstimateOptimizer)optimizer).Memory(state, _theta.Length);
            estimate.CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(memory), memory.Length));
        }

        var next = new StepDriver(objective, optimizer, Smoothing, key, horizon, 0, _theta, state) { _directions = _directions };
        if (!keepsTheta)
        {
            objective.Initialize(key.Derive(0), _theta);
        }

        return next;
    }

    /// <summary>Releases everything but θ, because thousands of finished runs may wait for their report.</summary>
    /// <returns>The array of the state.</returns>
    internal float[] Release()
    {
        float[] state = _state;
        _state = [];
        _answers = [];
        _estimate = default;
        return state;
    }
}

/// <summary>Calls <see cref="IZerothOrderOptimizer.Tell"/> of the optimizer with the other arguments.</summary>
/// <param name="optimizer">The optimizer.</param>
/// <param name="step">The step that was asked.</param>
/// <param name="directions">q × d floats.</param>
/// <param name="answers">q + 1 answers.</param>
/// <param name="theta">θ_{t−1} in, θ_t out.</param>
/// <param name="state">The optimizer's state.</param>
public delegate void StepUpdate(
    IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);
