using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// One optimizer at work on one objective, step by step. It holds θ (d floats), the optimizer's state and the step under way; the caller asks the
/// oracle, for one driver or for many at once. A step is, with row 0 at θ and row i at θ + μuᵢ:
/// <code>
/// driver.Ask();
/// for (int row = 0; row &lt; driver.Rows; row++)
/// {
///     driver.WriteRow(row, point, input);
///     driver.Answer(row, input, oracle's scores of input);
/// }
/// driver.Tell();
/// </code>
/// The engine, the trainer and the tuner all drive this class. After its construction a step allocates nothing but the directions, once,
/// where nobody lends them. One thread at a time may use it, but different rows may be written and answered at the same time.
/// </summary>
public sealed class StepDriver
{
    private readonly float[] _theta;
    private readonly RandomKey _key;
    private readonly int _horizon;
    private float[] _state;
    private float[] _directions = [];
    private Evaluation[] _answers;
    private ReadOnlyMemory<float> _estimate;
    private IZerothOrderOptimizer _optimizer;

    /// <summary>Starts at the objective's own θ_0, with a state of zeros.</summary>
    /// <param name="objective">What is minimised.</param>
    /// <param name="optimizer">What minimises it.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="key">The key of all random draws: stream 0 draws θ_0, and stream t is step t's.</param>
    /// <param name="horizon">T, the number of steps that the optimizer is told the run has.</param>
    public StepDriver(IObjective objective, IZerothOrderOptimizer optimizer, float smoothing, RandomKey key, int horizon)
        : this(objective, optimizer, smoothing, key, horizon, 0, new float[objective.Dimension], new float[optimizer.StateLength(objective.Dimension)]) =>
        objective.Initialize(key.Derive(0), _theta);

    /// <summary>Continues where a driver stood between two steps; a state of length 0 only keeps θ.</summary>
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
    }

    /// <summary>What is minimised.</summary>
    public IObjective Objective { get; }

    /// <summary>What minimises it. Between two steps it may be replaced by one with as many directions and as long a state, such as the same one with other weights.</summary>
    /// <exception cref="ArgumentException">The new optimizer has other directions or another state.</exception>
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

    /// <summary>Steps made.</summary>
    public int Steps { get; private set; }

    /// <summary>The step under way, which is the one after <see cref="Steps"/>.</summary>
    public OptimizerStep Step => new(_key.Derive((ulong)Steps + 1), Steps + 1, _horizon, Smoothing, Objective);

    /// <summary>The key of the step's rows.</summary>
    public RowKey RowKey => new(_key.Value, Steps + 1);

    /// <summary>q + 1, the rows of a step.</summary>
    public int Rows => _answers.Length;

    /// <summary>θ, d floats.</summary>
    public Span<float> Theta => _theta;

    /// <summary>The optimizer's state.</summary>
    public Span<float> State => _state;

    /// <summary>The directions of the step under way, q × d floats.</summary>
    public ReadOnlySpan<float> Directions => _directions.AsSpan(0, _optimizer.Directions * _theta.Length);

    /// <summary>The answers to the rows of the step under way. Whoever has them from elsewhere than <see cref="Answer"/> writes them here.</summary>
    public Span<Evaluation> Answers => _answers;

    /// <summary>Asks the optimizer for the step's directions.</summary>
    /// <param name="directions">At least q × d floats for them, lent until <see cref="TakeDirections"/>; null takes an array of the driver's own.</param>
    public void Ask(float[]? directions = null)
    {
        int length = checked(_optimizer.Directions * _theta.Length);
        if (directions is not null || _directions.Length < length)
        {
            _directions = directions ?? new float[length];
        }

        _optimizer.Ask(Step, _theta, _state, _directions.AsSpan(0, length));
    }

    /// <summary>Gives back the directions that <see cref="Ask"/> was lent; empty where there are none.</summary>
    public float[] TakeDirections()
    {
        float[] directions = _directions;
        _directions = [];
        return directions;
    }

    /// <summary>Writes the point of a row, d floats: θ for row 0, θ + μuᵢ for row i.</summary>
    public void WritePoint(int row, Span<float> point)
    {
        if (row == 0)
        {
            _theta.CopyTo(point);
        }
        else
        {
            SimdKernels.ScaledAdd(_theta, Smoothing, _directions.AsSpan((row - 1) * _theta.Length, _theta.Length), point);
        }
    }

    /// <summary>Writes the input row that the oracle is asked.</summary>
    /// <param name="row">The row, 0..q.</param>
    /// <param name="point">Scratch memory, d floats.</param>
    /// <param name="input">The input row to write.</param>
    public void WriteRow(int row, Span<float> point, Span<float> input)
    {
        if (row == 0)
        {
            Objective.Decode(_theta, input);
            return;
        }

        WritePoint(row, point);
        Objective.Decode(point, input);
    }

    /// <summary>Takes the oracle's scores of one row.</summary>
    /// <param name="row">The row, 0..q.</param>
    /// <param name="input">Its input row, as <see cref="WriteRow"/> wrote it.</param>
    /// <param name="scores">Its scores.</param>
    public Evaluation Answer(int row, ReadOnlySpan<float> input, ReadOnlySpan<float> scores) => _answers[row] = Objective.Evaluate(input, scores);

    /// <summary>Makes the step: the optimizer turns the answers into a new θ.</summary>
    public void Tell()
    {
        if (_estimate.Length > 0)
        {
            ((IEstimateOptimizer)_optimizer).TellEstimate(Step, _estimate.Span, _answers, _theta, _state);
            _estimate = default;
        }
        else
        {
            _optimizer.Tell(Step, Directions, _answers, _theta, _state);
        }

        Steps++;
    }

    /// <summary>As <see cref="Tell()"/>, through a function that calls the optimizer and, for example, records what it does.</summary>
    public void Tell(StepUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        update(_optimizer, Step, Directions, _answers, _theta, _state);
        Steps++;
    }

    /// <summary>Adds the step to a batch that asks steps whole; it then needs no <see cref="Ask"/> and no rows.</summary>
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

    /// <summary>Takes the answers to a step that was asked whole; <see cref="Tell()"/> reads its estimate before the batch's next call.</summary>
    internal void AnswerWhole(StepBatch batch, int place)
    {
        for (int row = 0; row < _answers.Length; row++)
        {
            _answers[row] = batch.Answer(place, row);
        }

        _estimate = batch.Estimate(place);
    }

    /// <summary>Keeps θ alone: thousands of finished runs may wait for their report.</summary>
    internal void Release()
    {
        _state = [];
        _answers = [];
        _estimate = default;
    }
}

/// <summary>Calls the optimizer's <see cref="IZerothOrderOptimizer.Tell"/> with the rest of the arguments.</summary>
/// <param name="optimizer">The optimizer.</param>
/// <param name="step">The step that was asked.</param>
/// <param name="directions">q × d floats.</param>
/// <param name="answers">q + 1 answers.</param>
/// <param name="theta">θ_{t−1} in, θ_t out.</param>
/// <param name="state">The optimizer's state.</param>
public delegate void StepUpdate(
    IZerothOrderOptimizer optimizer, in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state);
