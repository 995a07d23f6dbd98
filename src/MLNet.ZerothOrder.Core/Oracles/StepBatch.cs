using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The steps of one call: their inputs and, after <see cref="Ask"/>, their answers. Its memory is pinned and begins at multiples of 64 bytes,
/// so that native tensors can be bound to it once. Created by <see cref="IStepOracle.CreateBatch"/>. As with <see cref="IQueryOracle.Score"/>, the caller has already charged the
/// q + 1 queries of each step.
/// </summary>
public abstract class StepBatch : IDisposable
{
    private readonly AlignedArray<float> _theta;
    private readonly AlignedArray<float> _image;
    private readonly AlignedArray<float> _deviation;
    private readonly AlignedArray<float> _smoothing;
    private readonly AlignedArray<long> _pivot;
    private readonly AlignedArray<double> _weight;
    private readonly AlignedArray<double> _losses;
    private readonly AlignedArray<double> _margins;
    private readonly AlignedArray<float> _memory;
    private readonly AlignedArray<float> _estimate;
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
        _theta = new AlignedArray<float>(coordinates);
        _image = new AlignedArray<float>(coordinates);
        _deviation = new AlignedArray<float>(coordinates);
        _smoothing = new AlignedArray<float>(capacity);
        _pivot = new AlignedArray<long>(capacity);
        _weight = new AlignedArray<double>(capacity);
        _losses = new AlignedArray<double>(rows);
        _margins = new AlignedArray<double>(rows);
        _memory = new AlignedArray<float>(shape.Corrects ? coordinates : 0);
        _estimate = new AlignedArray<float>(coordinates);
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
    protected Memory<float> Thetas => _theta.Memory;

    /// <summary>The x0 of all steps, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Images => _image.Memory;

    /// <summary>The σ of all steps, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Deviations => _deviation.Memory;

    /// <summary>The μ of each step.</summary>
    protected Memory<float> Smoothings => _smoothing.Memory;

    /// <summary>The class that each step's margin is measured from: the target class, or the label for an untargeted attack.</summary>
    protected Memory<long> Pivots => _pivot.Memory;

    /// <summary>The c of each step.</summary>
    protected Memory<double> Weights => _weight.Memory;

    /// <summary>The running estimates that the steps correct, <see cref="Capacity"/> × d; empty if the shape corrects none.</summary>
    protected Memory<float> Memories => _memory.Memory;

    /// <summary>The losses of the answers, <see cref="Capacity"/> × (q + 1).</summary>
    protected Memory<double> Losses => _losses.Memory;

    /// <summary>The margins of the answers, <see cref="Capacity"/> × (q + 1).</summary>
    protected Memory<double> Margins => _margins.Memory;

    /// <summary>The estimates of the answers, <see cref="Capacity"/> × d.</summary>
    protected Memory<float> Estimates => _estimate.Memory;

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
        theta.CopyTo(_theta.Slice(place * Dimension, Dimension));
        objective.Image.CopyTo(_image.Slice(place * Dimension, Dimension));
        Deviation(place).Fill(1);
        _smoothing.Span[place] = smoothing;
        _pivot.Span[place] = objective.Pivot;
        _weight.Span[place] = objective.Settings.DistortionWeight;
        _keys[place] = key;
        _objectives[place] = objective;
        return place;
    }

    /// <summary>The σ of a step, d floats to write.</summary>
    public Span<float> Deviation(int place) => _deviation.Slice(place * Dimension, Dimension);

    /// <summary>The running estimate that a step corrects, d floats to write. Only for shapes that correct one.</summary>
    public Span<float> Memory(int place) => _memory.Slice(place * Dimension, Dimension);

    /// <summary>Answers all steps in one call. A row with a score that is not finite has the margin NaN.</summary>
    /// <exception cref="OracleException">The call failed.</exception>
    public abstract void Ask();

    /// <summary>The answer to one of the q + 1 rows of a step; row 0 is θ.</summary>
    public Evaluation Answer(int place, int row)
    {
        int index = (place * (Directions + 1)) + row;
        return Objective(place).Evaluation(_losses.Span[index], _margins.Span[index]);
    }

    /// <summary>The reason why a step has no usable answers, such as a score that is not finite; null if they are usable.</summary>
    /// <param name="place">The index of the step.</param>
    /// <param name="name">The name of the step's problem in a message.</param>
    /// <param name="step">The number of the step in a message.</param>
    public OracleException? FailureOf(int place, string name, int step)
    {
        foreach (double margin in _margins.Slice(place * (Directions + 1), Directions + 1))
        {
            if (!double.IsFinite(margin))
            {
                return new OracleException($"The oracle gave a score for {name} at step {step} that is not a finite number; scores must be finite numbers.");
            }
        }

        return null;
    }

    /// <summary>The gradient estimate of a step, new or corrected, d floats. Valid until the next call.</summary>
    public ReadOnlyMemory<float> Estimate(int place) => _estimate.Memory.Slice(place * Dimension, Dimension);

    /// <summary>Releases the native resources that are bound to the batch.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}
