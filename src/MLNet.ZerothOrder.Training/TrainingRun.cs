using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// One problem in training. Its rows of a step are θ, the optimizer's q directions, and those that the meta-gradient asks at the
/// same θ; so ∇f(θ_{t−1}) comes with step t, and a truncation's last one with the first step of the next.
/// </summary>
internal sealed class TrainingRun
{
    private const ulong MetaStream = 0x6D657461;

    private readonly TrainingProblem _problem;
    private readonly TrainerOptions _options;
    private readonly RandomKey _key;
    private readonly Tape _tape;
    private readonly float[] _theta;
    private readonly float[] _state;
    private readonly float[] _directions;
    private readonly float[] _metaDirections;
    private readonly float[] _lossGradient;
    private readonly float[] _queriedGradient;
    private readonly float[] _metaMemory;
    private readonly double[] _slopes;
    private readonly List<double> _trace = [];
    private readonly int _stepRows;
    private readonly int _metaRows;
    private readonly float _smoothing;
    private readonly int _horizon;
    private readonly float[] _halves;
    private int _step;
    private int _recorded;

    public TrainingRun(TrainingProblem problem, IZerothOrderOptimizer optimizer, RandomKey key, Tape tape, TrainerOptions options, int horizon)
    {
        int d = problem.Objective.Dimension;
        _problem = problem;
        _options = options;
        _horizon = horizon;
        _halves = new float[tape.WantsHalves ? 2 * d : 0];
        _key = key;
        _tape = tape;
        _theta = new float[d];
        _state = new float[optimizer.StateLength(d)];
        _directions = new float[optimizer.Directions * d];
        _metaRows = options.Gradient.Rows(d);
        _metaDirections = new float[options.Gradient.Count * d];
        _lossGradient = new float[options.Unroll * d];
        _queriedGradient = new float[options.Unroll * d];
        _metaMemory = new float[options.Gradient.Count > 0 ? d : 0];
        _slopes = new double[Math.Max(optimizer.Directions, options.Gradient.Count)];
        _stepRows = optimizer.Directions + 1;
        _smoothing = (float)options.Smoothing;
        Answers = new Evaluation[_stepRows + _metaRows];
        Gradient = [];
        problem.Objective.Initialize(key.Derive(0), _theta);
    }

    /// <summary>Rows of the current step.</summary>
    public int Rows { get; private set; }

    /// <summary>Answers to the current step's rows.</summary>
    public Evaluation[] Answers { get; }

    /// <summary>The losses of the iterates so far.</summary>
    public IReadOnlyList<double> Trace => _trace;

    /// <summary>The last truncation's meta-gradient.</summary>
    public float[] Gradient { get; private set; }

    /// <summary>Whether some query of the current step told more than the iterate's own.</summary>
    public bool AnswersDiffer => Answers.Take(Rows).Any(answer => answer.Queried != Answers[0].Queried);

    public IObjective Objective => _problem.Objective;

    public string Id => _problem.Id;

    public int Step => _step;

    public RowKey RowKey => new(_key.Value, _step);

    // The first step after the horizon asks nothing for the optimizer, only the last iterate's loss and gradient.
    private bool IsAfterEnd => _step > _horizon;

    // No gradient is wanted at θ_0: no weight shaped it.
    private int MetaRows => _step == 1 ? 0 : _metaRows;

    private int OwnRows => IsAfterEnd ? 1 : _stepRows;

    public void Ask(IZerothOrderOptimizer optimizer, int step)
    {
        _step = step;
        Rows = OwnRows + MetaRows;
        if (!IsAfterEnd)
        {
            optimizer.Ask(Where(), _theta, _state, _directions);
        }

        if (MetaRows > 0)
        {
            CounterRandom.Normals(Where().Key.Derive(MetaStream), _metaDirections);
        }
    }

    /// <summary>Writes an input row of the current step.</summary>
    public void WriteRow(int row, Span<float> point, Span<float> input)
    {
        int d = _theta.Length;
        int meta = row - OwnRows;
        if (row == 0)
        {
            _theta.CopyTo(point);
        }
        else if (meta < 0)
        {
            SimdKernels.ScaledAdd(_theta, _smoothing, _directions.AsSpan((row - 1) * d, d), point);
        }
        else if (_metaDirections.Length > 0)
        {
            SimdKernels.ScaledAdd(_theta, _smoothing, _metaDirections.AsSpan(meta * d, d), point);
        }
        else
        {
            _theta.CopyTo(point);
            point[meta / 2] += meta % 2 == 0 ? _smoothing : -_smoothing;
        }

        Objective.Decode(point, input);
    }

    /// <summary>Keeps f(θ_t) and its share of the meta-gradient, ω_t ∇f(θ_t), where t is the last step made.</summary>
    public void TakeGradient(int t)
    {
        Evaluation here = Answers[0];
        _trace.Add(here.Loss);
        if (t == 0)
        {
            return;
        }

        int d = _theta.Length;
        Span<float> gradient = _lossGradient.AsSpan((_recorded - 1) * d, d);
        Span<float> queried = _queriedGradient.AsSpan((_recorded - 1) * d, d);
        KnownTerm? known = Objective.Known;
        if (_options.Gradient.Given is { } given)
        {
            given(_problem, _theta, queried);
        }
        else if (_metaDirections.Length > 0)
        {
            MeasureAlongDirections(here, queried);
        }
        else
        {
            for (int j = 0; j < d; j++)
            {
                queried[j] = (float)(Difference(Answers[OwnRows + (2 * j)], Answers[OwnRows + (2 * j) + 1]) / (2.0 * _smoothing));
            }
        }

        Compose(known, here, queried, gradient);
        if (_tape.WantsHalves)
        {
            Span<float> first = _halves.AsSpan(0, d);
            Span<float> second = _halves.AsSpan(d);
            if (_metaDirections.Length == 0)
            {
                gradient.CopyTo(first);
                gradient.CopyTo(second);
            }
            else
            {
                Compose(known, here, first, first);
                Compose(known, here, second, second);
            }

            _tape.Measured(first, second);
        }

        float weight = (float)_options.Objective.Weight(t, _horizon, here.Loss, _trace[0]);
        System.Numerics.Tensors.TensorPrimitives.Multiply(gradient, weight, gradient);
    }

    // The gradient of the whole loss from that of its queried part, which may be the same memory.
    private void Compose(KnownTerm? known, Evaluation here, ReadOnlySpan<float> queried, Span<float> gradient)
    {
        if (known is null || here.Queried > known.Floor)
        {
            queried.CopyTo(gradient);
        }
        else
        {
            gradient.Clear();
        }

        if (known is not null)
        {
            AddKnown(known, gradient);
        }
    }

    public void Tell(IZerothOrderOptimizer optimizer, int step)
    {
        if ((step - 1) % _options.Truncation == 0)
        {
            _tape.Begin(_state);
            _recorded = 0;
        }

        _tape.Tell(optimizer, Where(), _directions, Answers.AsSpan(0, _stepRows), _theta, _state);
        _recorded++;
    }

    public void Backward(ITrainingBackend backend, RnnWeights weights)
    {
        Gradient = new float[weights.Values.Length];
        _tape.Backward(backend, weights, _lossGradient.AsSpan(0, _recorded * _theta.Length), _queriedGradient.AsSpan(0, _recorded * _theta.Length), Gradient);
    }

    private OptimizerStep Where() => new(_key.Derive((ulong)_step), _step, _horizon, _smoothing, Objective);

    // Of a composite objective only the queried part is measured: the rest is known, and its kinks would only be noise.
    private double Difference(Evaluation a, Evaluation b) => Objective.Known is null ? a.Loss - b.Loss : a.Queried - b.Queried;

    // M + (1/N) Σ (s − v·M) v: unbiased whatever M is, and the less noisy the nearer M, a memory of earlier answers, is to the gradient.
    private void MeasureAlongDirections(Evaluation here, Span<float> gradient)
    {
        int d = _theta.Length;
        int count = _metaDirections.Length / d;
        _metaMemory.CopyTo(gradient);
        for (int half = 0; half < _halves.Length; half += d)
        {
            _metaMemory.CopyTo(_halves.AsSpan(half, d));
        }

        int firstHalf = count / 2;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> direction = _metaDirections.AsSpan(i * d, d);
            _slopes[i] = Difference(Answers[OwnRows + i], here) / _smoothing;
            double excess = _slopes[i] - SimdKernels.Dot(direction, _metaMemory);
            SimdKernels.Axpy((float)(excess / count), direction, gradient);
            if (_halves.Length > 0)
            {
                bool isFirst = i < firstHalf;
                SimdKernels.Axpy((float)(excess / (isFirst ? firstHalf : count - firstHalf)), direction, _halves.AsSpan(isFirst ? 0 : d, d));
            }
        }

        ResidualMemory.Correct(_metaDirections, _slopes.AsSpan(0, count), _metaMemory);
        if (!IsAfterEnd)
        {
            for (int i = 1; i < _stepRows; i++)
            {
                _slopes[i - 1] = Difference(Answers[i], here) / _smoothing;
            }

            ResidualMemory.Correct(_directions, _slopes.AsSpan(0, _stepRows - 1), _metaMemory);
        }
    }

    // Outside the box the decoded row no longer moves.
    private void AddKnown(KnownTerm known, Span<float> gradient)
    {
        ReadOnlySpan<float> center = known.Center.Span;
        ReadOnlySpan<float> lower = known.Lower.Span;
        ReadOnlySpan<float> upper = known.Upper.Span;
        double size = 0;
        for (int j = 0; j < center.Length; j++)
        {
            double change = Math.Clamp(_theta[j], lower[j], upper[j]) - (double)center[j];
            size = known.Norm == DistortionNorm.L2 ? size + (change * change) : Math.Max(size, Math.Abs(change));
        }

        size = known.Norm == DistortionNorm.L2 ? Math.Sqrt(size) : size;
        for (int j = 0; j < center.Length; j++)
        {
            double change = (double)_theta[j] - center[j];
            if (_theta[j] < lower[j] || _theta[j] > upper[j])
            {
                gradient[j] = 0;
                continue;
            }

            gradient[j] += (float)known.Weight * known.Norm switch
            {
                DistortionNorm.L1 => change > 0 ? 1 : change < 0 ? -1 : 0,
                DistortionNorm.L2 => size > 0 ? (float)(change / size) : 0,
                _ => Math.Abs(change) >= size ? Math.Sign(change) : 0,
            };
        }
    }
}
