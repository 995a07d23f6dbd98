namespace MLNet.ZerothOrder;

/// <summary>
/// The steps of one call: their inputs and, after <see cref="Ask"/>, their answers. Its memory is pinned, so that native tensors can be bound
/// to it once. Created by <see cref="IStepOracle.CreateBatch"/>. As with <see cref="IQueryOracle.Score"/>, the caller has already charged the
/// q + 1 queries of each step.
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

    /// <summary>Creates a batch of at most <paramref name="capacity"/> steps with <paramref name="dimension"/> coordinates each.</summary>
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

    /// <summary>The most steps of one call.</summary>
    public int Capacity { get; }

    /// <summary>d, the coordinates of θ.</summary>
    public int Dimension { get; }

    /// <summary>The shape of every step.</summary>
    public StepShape Shape { get; }

    /// <summary>q, the directions of a step.</summary>
    public int Directions => Shape.Directions;

    /// <summary>Steps added since <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The θ of all steps, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Thetas => _theta;

    /// <summary>The x0 of all steps, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Images => _image;

    /// <summary>The σ of all steps, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Deviations => _deviation;

    /// <summary>The μ of each step.</summary>
    protected Memory<float> Smoothings => _smoothing;

    /// <summary>The class that each step's margin is measured from: the target class, or the label for an untargeted attack.</summary>
    protected Memory<long> Pivots => _pivot;

    /// <summary>The c of each step.</summary>
    protected Memory<double> Weights => _weight;

    /// <summary>The running estimates that the steps correct, <see cref="Capacity"/> × d; empty if the shape corrects none.</summary>
    protected Memory<float> Memories => _memory;

    /// <summary>The losses of the answers, <see cref="Capacity"/> × (q + 1).</summary>
    protected Memory<double> Losses => _losses;

    /// <summary>The margins of the answers, <see cref="Capacity"/> × (q + 1).</summary>
    protected Memory<double> Margins => _margins;

    /// <summary>The estimates of the answers, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Estimates => _estimate;

    /// <summary>The key of each step.</summary>
    protected ReadOnlySpan<RandomKey> Keys => _keys;

    /// <summary>The objective of a step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    protected AttackObjective Objective(int place) =>
        _objectives[place] ?? throw new ArgumentOutOfRangeException(nameof(place), place, $"The batch has {Count} steps.");

    /// <summary>Removes all steps.</summary>
    public void Clear()
    {
        Count = 0;
        _objectives.AsSpan().Clear();
    }

    /// <summary>Adds a step, with σ = 1.</summary>
    /// <param name="objective">The objective to minimize. It must have the loss of the oracle.</param>
    /// <param name="theta">θ, d floats.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="key">The step's key.</param>
    /// <returns>The index of the step.</returns>
    /// <exception cref="ArgumentException">θ has the wrong length, or the batch is full.</exception>
    public int Add(AttackObjective objective, ReadOnlySpan<float> theta, float smoothing, RandomKey key)
    {
        ArgumentNullException.ThrowIfNull(objective);
        if (theta.Length != Dimension || objective.Dimension != Dimension)
        {
            throw new ArgumentException($"θ has {theta.Length} coordinates and the objective {objective.Dimension}; the steps of this batch have {Dimension}.", nameof(theta));
        }

        if (Count == Capacity)
        {
            throw new ArgumentException($"The batch is full: it has its {Capacity} steps. Ask and clear it first.", nameof(objective));
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

    /// <summary>The σ of a step, d floats to write.</summary>
    public Span<float> Deviation(int place) => _deviation.AsSpan(place * Dimension, Dimension);

    /// <summary>The running estimate that a step corrects, d floats to write. Only for shapes that correct one.</summary>
    public Span<float> Memory(int place) => _memory.AsSpan(place * Dimension, Dimension);

    /// <summary>Answers all steps in one call. A row with a score that is not finite has the margin NaN.</summary>
    /// <exception cref="OracleException">The call failed.</exception>
    public abstract void Ask();

    /// <summary>The answer to one of the q + 1 rows of a step; row 0 is θ.</summary>
    public Evaluation Answer(int place, int row)
    {
        int index = (place * (Directions + 1)) + row;
        return Objective(place).Evaluation(_losses[index], _margins[index]);
    }

    /// <summary>The reason why a step has no usable answers, such as a score that is not finite; null if they are usable.</summary>
    /// <param name="place">The index of the step.</param>
    /// <param name="name">The name of the step's problem in a message.</param>
    /// <param name="step">The number of the step in a message.</param>
    public OracleException? FailureOf(int place, string name, int step)
    {
        foreach (double margin in _margins.AsSpan(place * (Directions + 1), Directions + 1))
        {
            if (!double.IsFinite(margin))
            {
                return new OracleException($"The oracle gave a score for {name} at step {step} that is not a finite number; scores must be finite numbers.");
            }
        }

        return null;
    }

    /// <summary>The gradient estimate of a step, new or corrected, d floats. Valid until the next call.</summary>
    public ReadOnlyMemory<float> Estimate(int place) => _estimate.AsMemory(place * Dimension, Dimension);

    /// <summary>Releases the native resources that are bound to the batch.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    private static T[] Pinned<T>(int length) => GC.AllocateArray<T>(length, pinned: true);
}
