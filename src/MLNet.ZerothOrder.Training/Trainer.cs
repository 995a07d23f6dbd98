using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Trains one network of an optimizer by truncated backpropagation through time (Eq. 4). The optimizer runs as usual; a few
/// more queries at each iterate give the error signal ∇f(θ_t). Problems that run in parallel share their oracle calls, and their
/// meta-gradients are averaged. The same seed gives the same weights, resumed or not, on any number of threads.
/// </summary>
public sealed class Trainer
{
    private const ulong HorizonStream = 0x686F72697A6F6E;

    private readonly IQueryOracle _oracle;
    private readonly IReadOnlyList<TrainingProblem> _problems;
    private readonly IReadOnlyList<TrainingProblem> _validation;
    private readonly Learner _learner;
    private readonly TrainerOptions _options;
    private readonly ITrainingBackend _backend;
    private readonly float[] _weights;

    // Adam's moments are doubles, so that a resumed run continues bit for bit.
    private readonly double[] _moments;
    private int _adamSteps;

    /// <param name="oracle">The oracle to query.</param>
    /// <param name="problems">The problems to train on.</param>
    /// <param name="validation">The problems to select the weights with. They are not trained on.</param>
    /// <param name="learner">The network to train.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="backend">Computes the networks' gradients; null for <see cref="ManagedBackend"/>.</param>
    public Trainer(
        IQueryOracle oracle,
        IReadOnlyList<TrainingProblem> problems,
        IReadOnlyList<TrainingProblem> validation,
        Learner learner,
        TrainerOptions? options = null,
        ITrainingBackend? backend = null)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(learner);
        if (problems.Count == 0 || validation.Count == 0)
        {
            throw new InputException(
                problems.Count == 0 ? "There is no problem to learn on; give images that the model classifies correctly." : "There is no problem to validate on; give more images.");
        }

        _oracle = oracle;
        _problems = problems;
        _validation = validation;
        _learner = learner;
        _options = options ?? new TrainerOptions();
        _backend = backend ?? new ManagedBackend();
        _weights = learner.Initial.Values.ToArray();
        _moments = new double[2 * _weights.Length];
        Best = learner.Initial;
    }

    /// <summary>The number of problems trained on so far.</summary>
    public int ProblemsDone { get; private set; }

    /// <summary>The weights with the lowest validation loss.</summary>
    public RnnWeights Best { get; private set; }

    /// <summary>The lowest validation loss; NaN before the first validation.</summary>
    public double BestLoss { get; private set; } = double.NaN;

    /// <summary>Queries of training so far.</summary>
    public long Queries { get; private set; }

    /// <summary>Queries of validation so far.</summary>
    public long ValidationQueries { get; private set; }

    /// <summary>The number of supplied gradients: 0 unless the options supply one.</summary>
    public long SuppliedGradients { get; private set; }

    /// <summary>Updates of the weights that were skipped because their gradient was not finite.</summary>
    public int SkippedSteps { get; private set; }

    /// <summary>The learning rate of the next update.</summary>
    public double LearningRate
    {
        get
        {
            double done = Math.Min(1, (double)ProblemsDone / _options.Problems);
            double share = _options.FinalRate + ((1 - _options.FinalRate) * (1 + Math.Cos(Math.PI * done)) / 2);
            return _options.LearningRate * share;
        }
    }

    /// <summary>Trains to the end, or until cancelled.</summary>
    /// <param name="progress">Called after every validation; the first one precedes any training.</param>
    /// <param name="checkpoint">Called after every validation but the first. It may call <see cref="Save"/>.</param>
    /// <param name="cancellation">Ends the training. Progress since the last validation is lost.</param>
    /// <exception cref="InputException">The scores did not change in any query of the first problems.</exception>
    /// <exception cref="OracleException">The oracle failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LearnedModel Run(Action<TrainingProgress>? progress = null, Action? checkpoint = null, CancellationToken cancellation = default)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        int doneAtStart = ProblemsDone;
        if (double.IsNaN(BestLoss))
        {
            Validate(double.NaN);
        }

        double sum = 0;
        int count = 0;
        while (ProblemsDone < _options.Problems)
        {
            cancellation.ThrowIfCancellationRequested();
            int side = Math.Min(_options.SideBySide, _options.Problems - ProblemsDone);
            sum += Batch(side, cancellation) * side;
            count += side;
            int before = ProblemsDone;
            ProblemsDone += side;
            if (ProblemsDone / _options.Epoch > before / _options.Epoch || ProblemsDone == _options.Problems)
            {
                Validate(sum / count);
                (sum, count) = (0, 0);
                checkpoint?.Invoke();
            }
        }

        return _learner.Model(Best) with { ValidationLoss = BestLoss, Seed = _options.Seed, Smoothing = (float)_options.Smoothing };

        void Validate(double trainingLoss)
        {
            double loss = ValidationLoss(cancellation, out double final, out double mean);
            bool best = !(loss >= BestLoss) && !double.IsNaN(loss);
            if (best)
            {
                BestLoss = loss;
                Best = _learner.Initial.With(_weights);
            }

            progress?.Invoke(new TrainingProgress(
                ProblemsDone, _options.Problems, trainingLoss, loss, best, final, mean, LearningRate, SkippedSteps, Queries + ValidationQueries,
                System.Diagnostics.Stopwatch.GetElapsedTime(start), ProblemsDone - doneAtStart));
        }
    }

    /// <summary>The state that a training needs to resume bit for bit. Only valid after a validation.</summary>
    public TrainingCheckpoint Save() => new()
    {
        ProblemsDone = ProblemsDone,
        Weights = [.. _weights],
        BestWeights = [.. Best.Values],
        BestLoss = BestLoss,
        Moments = [.. _moments],
        AdamSteps = _adamSteps,
        Queries = Queries,
        ValidationQueries = ValidationQueries,
        SuppliedGradients = SuppliedGradients,
        SkippedSteps = SkippedSteps,
    };

    /// <summary>Resumes from a checkpoint.</summary>
    /// <exception cref="InputException">The checkpoint belongs to another network.</exception>
    public void Load(TrainingCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.Weights.Length != _weights.Length || checkpoint.BestWeights.Length != _weights.Length
            || checkpoint.Moments.Length != _moments.Length)
        {
            throw new InputException($"The checkpoint holds {checkpoint.Weights.Length} weights, this training's network has {_weights.Length}; resume with the options it was begun with.");
        }

        checkpoint.Weights.CopyTo(_weights, 0);
        checkpoint.Moments.CopyTo(_moments, 0);
        _adamSteps = checkpoint.AdamSteps;
        Best = _learner.Initial.With(checkpoint.BestWeights);
        BestLoss = checkpoint.BestLoss;
        ProblemsDone = checkpoint.ProblemsDone;
        Queries = checkpoint.Queries;
        ValidationQueries = checkpoint.ValidationQueries;
        SuppliedGradients = checkpoint.SuppliedGradients;
        SkippedSteps = checkpoint.SkippedSteps;
    }

    // Runs the final optimizer on the validation problems, from the same starts every time.
    private double ValidationLoss(CancellationToken cancellation, out double final, out double mean)
    {
        RandomKey key = RandomKey.FromSeed(_options.Seed).Derive(ulong.MaxValue);
        IZerothOrderOptimizer optimizer = _learner.Result(_learner.Initial.With(_weights));
        Problem[] problems =
        [
            .. _validation.Select((p, i) => new Problem(
                p.Id, p.Objective, optimizer, (float)_options.Smoothing, p.Key(key), new RunLimits { Iterations = _options.HorizonAt((i + 0.5) / _validation.Count) })),
        ];
        new BatchedEngine(_oracle).Run(problems, cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        ValidationQueries += problems.Sum(p => p.Ledger.Charged);
        final = problems.Average(p => p.Trace[^1]);
        mean = problems.Average(p => p.Trace.Skip(1).Average());
        return problems.Average(p => _options.Objective.Value(p.Trace));
    }

    // Runs problems in parallel for one horizon and returns their mean meta-objective.
    private double Batch(int side, CancellationToken cancellation)
    {
        RandomKey root = RandomKey.FromSeed(_options.Seed);
        var runs = new TrainingRun[side];
        int horizon = _options.HorizonAt(CounterRandom.Uniform(root.Derive((ulong)ProblemsDone).Derive(HorizonStream)));
        IZerothOrderOptimizer optimizer = _learner.Optimizer(_learner.Initial.With(_weights));
        for (int i = 0; i < side; i++)
        {
            RandomKey key = root.Derive((ulong)(ProblemsDone + i));
            TrainingProblem problem = _problems[CounterRandom.Index(key, _problems.Count)];
            runs[i] = new TrainingRun(problem, optimizer, problem.Key(key), _learner.CreateTape(problem.Objective.Dimension, _options), _options, horizon);
        }

        int dimension = runs.Max(run => run.Objective.Dimension);
        using var rows = new RowPacker(_oracle, dimension, side * (1 + optimizer.Directions + _options.Gradient.Rows(dimension)));
        bool differ = ProblemsDone > 0;
        for (int t = 1; t <= horizon + 1; t++)
        {
            cancellation.ThrowIfCancellationRequested();
            Parallel.ForEach(runs, run => run.Ask());
            rows.Score(runs);
            differ = differ || runs.Any(run => run.AnswersDiffer);
            Parallel.ForEach(runs, run => run.TakeGradient());
            Queries += runs.Sum(run => (long)run.Rows);
            SuppliedGradients += _options.Gradient.Given is null || t == 1 ? 0 : runs.Length;
            if (t > 1 && ((t - 1) % _options.Truncation == 0 || t > horizon))
            {
                Learn(runs);
                optimizer = _learner.Optimizer(_learner.Initial.With(_weights));
            }

            if (t <= horizon)
            {
                Parallel.ForEach(runs, run => run.Tell(optimizer));
            }
        }

        // A known part of the objective, such as the distortion, has slopes even if the target gives no information.
        if (_options.Gradient.Given is null && (!differ || (_adamSteps == 0 && SkippedSteps == 0)))
        {
            throw new InputException("The target's scores did not change in any query, so there is nothing to learn from it; check that it is a classifier and how it is fed.");
        }

        return runs.Average(run => _options.Objective.Value(run.Trace));
    }

    private void Learn(TrainingRun[] runs)
    {
        RnnWeights weights = _learner.Initial.With(_weights);
        Parallel.ForEach(runs, run => run.Backward(_backend, weights));
        var mean = new double[_weights.Length];
        foreach (TrainingRun run in runs)
        {
            double length = Math.Sqrt(SimdKernels.SumOfSquares(run.Gradient));
            double share = (length > _options.ProblemClip ? _options.ProblemClip.Value / length : 1) / runs.Length;
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += share * run.Gradient[i];
            }
        }

        if (!mean.All(double.IsFinite))
        {
            SkippedSteps++;
            return;
        }

        // No query changed the scores.
        if (_adamSteps == 0 && mean.All(g => g == 0))
        {
            return;
        }

        for (int i = 0; i < mean.Length; i++)
        {
            mean[i] = Math.Clamp(mean[i], -_options.Clamp, _options.Clamp);
        }

        var change = new double[mean.Length];
        UpdateRules.Adam(0.9, 0.999, _options.Epsilon, mean, ++_adamSteps, LearningRate, _moments, change);
        for (int i = 0; i < change.Length; i++)
        {
            _weights[i] = (float)(_weights[i] + change[i]);
        }
    }
}
