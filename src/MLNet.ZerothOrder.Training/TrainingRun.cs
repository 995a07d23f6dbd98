using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// One problem in training. The rows of a step are θ, the optimizer's q directions, and the rows of the meta-gradient at the
/// same θ. Therefore ∇f(θ_{t−1}) is measured in step t, and the last one of a truncation in the first step of the next truncation.
/// </summary>
internal sealed class TrainingRun
{
    private const ulong MetaStream = 0x6D657461;

    private readonly TrainingProblem _problem;
    private readonly TrainerOptions _options;
    private readonly StepDriver _driver;
    private readonly Tape _tape;
    private readonly float[] _metaDirections;
    private readonly Evaluation[] _metaAnswers;
    private readonly float[] _lossGradient;
    private readonly float[] _queriedGradient;
    private readonly float[] _metaMemory;
    private readonly double[] _slopes;
    private readonly List<double> _trace = [];
    private readonly int _horizon;
    private readonly float[] _halves;
    private int _recorded;

    public TrainingRun(TrainingProblem problem, IZerothOrderOptimizer optimizer, RandomKey key, Tape tape, TrainerOptions options, int horizon)
    {
        int d = problem.Objective.Dimension;
        _problem = problem;
        _options = options;
        _horizon = horizon;
        _halves = new float[tape.WantsHalves ? 2 * d : 0];
        _tape = tape;
        _driver = new StepDriver(problem.Objective, optimizer, (float)options.Smoothing, key, horizon);
        _metaAnswers = new Evaluation[options.Gradient.Rows(d)];
        _metaDirections = new float[options.Gradient.Count * d];
        _lossGradient = new float[options.Unroll * d];
        _queriedGradient = new float[options.Unroll * d];
        _metaMemory = new float[options.Gradient.Count > 0 ? d : 0];
        _slopes = new double[Math.Max(optimizer.Directions, options.Gradient.Count)];
        Gradient = [];
    }

    /// <summary>Rows of the current step.</summary>
    public int Rows => OwnRows + MetaRows;

    /// <summary>The losses of the iterates so far.</summary>
    public IReadOnlyList<double> Trace => _trace;

    /// <summary>The meta-gradient of the last truncation.</summary>
    public float[] Gradient { get; private set; }

    /// <summary>Whether some query of the current step differs from the answer at the iterate.</summary>
    public bool AnswersDiffer => Differ(_driver.Answers[..OwnRows]) || Differ(_metaAnswers.AsSpan(0, MetaRows));

    public IObjective Objective => _problem.Objective;

    public string Id => _problem.Id;

    public int Step => _driver.Steps + 1;

    public RowKey RowKey => _driver.RowKey;

    // The first step after the horizon only queries the last iterate's loss and gradient.
    private bool IsAfterEnd => Step > _horizon;

    // No gradient is needed at θ_0, because it does not depend on the weights.
    private int MetaRows => Step == 1 ? 0 : _metaAnswers.Length;

    private int OwnRows => IsAfterEnd ? 1 : _driver.Rows;

    public void Ask()
    {
        if (!IsAfterEnd)
        {
            _driver.Ask();
        }

        if (MetaRows > 0)
        {
            CounterRandom.Normals(_driver.Step.Key.Derive(MetaStream), _metaDirections);
        }
    }

    /// <summary>Writes an input row of the current step.</summary>
    public void WriteRow(int row, Span<float> point, Span<float> input)
    {
        int d = point.Length;
        int meta = row - OwnRows;
        if (meta < 0)
        {
            _driver.WriteRow(row, point, input);
            return;
        }

        if (_metaDirections.Length > 0)
        {
            SimdKernels.ScaledAdd(_driver.Theta, _driver.Smoothing, _metaDirections.AsSpan(meta * d, d), point);
        }
        else
        {
            _driver.Theta.CopyTo(point);
            point[meta / 2] += meta % 2 == 0 ? _driver.Smoothing : -_driver.Smoothing;
        }

        Objective.Decode(point, input);
    }

    /// <summary>Takes the answer to a row of the current step.</summary>
    public void Answer(int row, ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        if (row < OwnRows)
        {
            _driver.Answer(row, input, scores);
        }
        else
        {
            _metaAnswers[row - OwnRows] = Objective.Evaluate(input, scores);
        }
    }

    /// <summary>Stores f(θ_t) and its part of the meta-gradient, ω_t ∇f(θ_t), where t is the last finished step.</summary>
    public void TakeGradient()
    {
        int t = _driver.Steps;
        Evaluation here = _driver.Answers[0];
        _trace.Add(here.Loss);
        if (t == 0)
        {
            return;
        }

        int d = Objective.Dimension;
        Span<float> gradient = _lossGradient.AsSpan((_recorded - 1) * d, d);
        Span<float> queried = _queriedGradient.AsSpan((_recorded - 1) * d, d);
        KnownTerm? known = Objective.Known;
        if (_options.Gradient.Given is { } given)
        {
            given(_problem, _driver.Theta, queried);
        }
        else if (_metaDirections.Length > 0)
        {
            MeasureAlongDirections(here, queried);
        }
        else
        {
            for (int j = 0; j < d; j++)
            {
                queried[j] = (float)(Difference(_metaAnswers[2 * j], _metaAnswers[(2 * j) + 1]) / (2.0 * _driver.Smoothing));
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

    // Computes the gradient of the whole loss from that of its queried part. Both may be the same memory.
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

    /// <summary>Finishes the step.</summary>
    /// <param name="optimizer">The optimizer with the current weights.</param>
    public void Tell(IZerothOrderOptimizer optimizer)
    {
        if (_driver.Steps % _options.Truncation == 0)
        {
            _tape.Begin(_driver.State);
            _recorded = 0;
        }

        _driver.Optimizer = optimizer;
        _driver.Tell(_tape.Tell);
        _recorded++;
    }

    public void Backward(ITrainingBackend backend, RnnWeights weights)
    {
        Gradient = new float[weights.Values.Length];
        _tape.Backward(backend, weights, _lossGradient.AsSpan(0, _recorded * Objective.Dimension), _queriedGradient.AsSpan(0, _recorded * Objective.Dimension), Gradient);
    }

    private bool Differ(ReadOnlySpan<Evaluation> answers)
    {
        foreach (Evaluation answer in answers)
        {
            if (answer.Queried != _driver.Answers[0].Queried)
            {
                return true;
            }
        }

        return false;
    }

    // For a composite objective, only the queried part is measured. The rest is known, and its kinks would only add noise.
    private double Difference(Evaluation a, Evaluation b) => Objective.Known is null ? a.Loss - b.Loss : a.Queried - b.Queried;

    // M + (1/N) Σ (s − v·M) v is unbiased for every M, and less noisy the closer the running estimate M is to the gradient.
    private void MeasureAlongDirections(Evaluation here, Span<float> gradient)
    {
        int d = Objective.Dimension;
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
            _slopes[i] = Difference(_metaAnswers[i], here) / _driver.Smoothing;
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
            for (int i = 1; i < _driver.Rows; i++)
            {
                _slopes[i - 1] = Difference(_driver.Answers[i], here) / _driver.Smoothing;
            }

            ResidualMemory.Correct(_driver.Directions, _slopes.AsSpan(0, _driver.Rows - 1), _metaMemory);
        }
    }

    // Outside the box, the decoded row does not change.
    private void AddKnown(KnownTerm known, Span<float> gradient)
    {
        ReadOnlySpan<float> theta = _driver.Theta;
        ReadOnlySpan<float> center = known.Center.Span;
        ReadOnlySpan<float> lower = known.Lower.Span;
        ReadOnlySpan<float> upper = known.Upper.Span;
        double size = 0;
        for (int j = 0; j < center.Length; j++)
        {
            double change = Math.Clamp(theta[j], lower[j], upper[j]) - (double)center[j];
            size = known.Norm == DistortionNorm.L2 ? size + (change * change) : Math.Max(size, Math.Abs(change));
        }

        size = known.Norm == DistortionNorm.L2 ? Math.Sqrt(size) : size;
        for (int j = 0; j < center.Length; j++)
        {
            double change = (double)theta[j] - center[j];
            if (theta[j] < lower[j] || theta[j] > upper[j])
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
