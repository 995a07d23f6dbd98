namespace MLNet.ZerothOrder;

/// <summary>
/// The steps of one call: what they start from and, after <see cref="Ask"/>, their answers. Its memory is pinned, so that native tensors can be bound
/// to it once. Made by <see cref="IStepOracle.CreateBatch"/>. As with <see cref="IQueryOracle.Score"/>, whoever asks has charged the queries
/// before, q + 1 for each step.
/// </summary>
public abstract class StepBatch : IDisposable
{
    private readonly float[] _theta;
    private readonly float[] _image;
    private readonly float[] _deviation;
    private readonly float[] _smoothing;
    private readonly long[] _pivot;
    private readonly double[] _weight;
    private readonly double[] _losses;
    private readonly double[] _margins;
    private readonly float[] _memory;
    private readonly float[] _estimate;
    private readonly RandomKey[] _keys;
    private readonly AttackObjective?[] _objectives;

    /// <summary>A batch of at most so many steps of d coordinates.</summary>
    protected StepBatch(int capacity, int dimension, StepShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Directions);
        Capacity = capacity;
        Dimension = dimension;
        Shape = shape;
        int coordinates = checked(capacity * dimension);
        int rows = checked(capacity * (Directions + 1));
        _theta = Pinned<float>(coordinates);
        _image = Pinned<float>(coordinates);
        _deviation = Pinned<float>(coordinates);
        _smoothing = Pinned<float>(capacity);
        _pivot = Pinned<long>(capacity);
        _weight = Pinned<double>(capacity);
        _losses = Pinned<double>(rows);
        _margins = Pinned<double>(rows);
        _memory = Pinned<float>(shape.Corrects ? coordinates : 0);
        _estimate = Pinned<float>(coordinates);
        _keys = new RandomKey[capacity];
        _objectives = new AttackObjective?[capacity];
    }

    /// <summary>The most steps that one call can carry.</summary>
    public int Capacity { get; }

    /// <summary>d, the coordinates of θ.</summary>
    public int Dimension { get; }

    /// <summary>What every step asks.</summary>
    public StepShape Shape { get; }

    /// <summary>q.</summary>
    public int Directions => Shape.Directions;

    /// <summary>Steps added since <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>All of θ, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Thetas => _theta;

    /// <summary>All of x0, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Images => _image;

    /// <summary>All of σ, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Deviations => _deviation;

    /// <summary>Each step's μ.</summary>
    protected Memory<float> Smoothings => _smoothing;

    /// <summary>Each step's class: the target, else the label.</summary>
    protected Memory<long> Pivots => _pivot;

    /// <summary>Each step's c.</summary>
    protected Memory<double> Weights => _weight;

    /// <summary>All estimates that are to be corrected, <see cref="Capacity"/> × d; empty where none are.</summary>
    protected Memory<float> Memories => _memory;

    /// <summary>Where the losses go, <see cref="Capacity"/> × (q + 1).</summary>
    protected Memory<double> Losses => _losses;

    /// <summary>Where the margins go, <see cref="Capacity"/> × (q + 1).</summary>
    protected Memory<double> Margins => _margins;

    /// <summary>Where the estimates go, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Estimates => _estimate;

    /// <summary>Each step's key.</summary>
    protected ReadOnlySpan<RandomKey> Keys => _keys;

    /// <summary>A step's objective.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    protected AttackObjective Objective(int place) =>
        _objectives[place] ?? throw new ArgumentOutOfRangeException(nameof(place), place, $"The batch has {Count} steps.");

    /// <summary>Begins a new call.</summary>
    public void Clear()
    {
        Count = 0;
        _objectives.AsSpan().Clear();
    }

    /// <summary>Adds a step, with σ = 1.</summary>
    /// <param name="objective">What is minimised, of the loss that the oracle was made for.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="key">The step's key.</param>
    /// <returns>The step's place.</returns>
    /// <exception cref="ArgumentException">θ is of another length, or the batch is full.</exception>
    public int Add(AttackObjective objective, ReadOnlySpan<float> theta, float smoothing, RandomKey key)
    {
        ArgumentNullException.ThrowIfNull(objective);
        if (theta.Length != Dimension || objective.Dimension != Dimension)
        {
            throw new ArgumentException($"θ has {theta.Length} coordinates and the objective {objective.Dimension}; the steps of this batch have {Dimension}.", nameof(theta));
        }

        if (Count == Capacity)
        {
            throw new ArgumentException($"The batch already has its {Capacity} steps.", nameof(objective));
        }

        int place = Count++;
        theta.CopyTo(_theta.AsSpan(place * Dimension));
        objective.Image.CopyTo(_image.AsSpan(place * Dimension));
        Deviation(place).Fill(1);
        _smoothing[place] = smoothing;
        _pivot[place] = objective.Pivot;
        _weight[place] = objective.Settings.DistortionWeight;
        _keys[place] = key;
        _objectives[place] = objective;
        return place;
    }

    /// <summary>A step's σ, d floats to write.</summary>
    public Span<float> Deviation(int place) => _deviation.AsSpan(place * Dimension, Dimension);

    /// <summary>The estimate that a step is to correct, d floats to write; for shapes that correct one.</summary>
    public Span<float> Memory(int place) => _memory.AsSpan(place * Dimension, Dimension);

    /// <summary>Asks for all steps in one call. A row whose scores are not finite numbers has a margin that is none.</summary>
    /// <exception cref="OracleException">The call failed.</exception>
    public abstract void Ask();

    /// <summary>The answer to one of a step's q + 1 rows, θ's own first.</summary>
    public Evaluation Answer(int place, int row)
    {
        int index = (place * (Directions + 1)) + row;
        return Objective(place).Evaluation(_losses[index], _margins[index]);
    }

    /// <summary>Why a step has no usable answers: a score that is no finite number; null where it has.</summary>
    /// <param name="place">The step.</param>
    /// <param name="name">What a message calls it.</param>
    /// <param name="step">The step's number, for a message.</param>
    public OracleException? FailureOf(int place, string name, int step)
    {
        foreach (double margin in _margins.AsSpan(place * (Directions + 1), Directions + 1))
        {
            if (!double.IsFinite(margin))
            {
                return new OracleException($"The oracle gave a score for {name} at step {step} that is no finite number; scores must be finite numbers.");
            }
        }

        return null;
    }

    /// <summary>A step's estimate, ĝ or the corrected one, d floats; valid until the next call.</summary>
    public ReadOnlyMemory<float> Estimate(int place) => _estimate.AsMemory(place * Dimension, Dimension);

    /// <summary>Releases what is bound to the batch.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    private static T[] Pinned<T>(int length) => GC.AllocateArray<T>(length, pinned: true);
}
