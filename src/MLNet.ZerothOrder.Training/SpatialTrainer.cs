using System.Numerics.Tensors;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Training;

/// <summary>
/// Trains the spatial part of a proximal step (<see cref="SpatialWeights"/>) in rounds. In a round, attacks run with the network of before, and at some of their iterates a few
/// coordinates are asked as well; the network learns from these states which places have large slopes. So it learns on its own trajectories. The same seed gives the same weights,
/// resumed or not, on any number of threads.
/// </summary>
internal sealed class SpatialTrainer
{
    private const int BatchSize = 16;

    // How often a state is learned from.
    private const int Passes = 12;

    // The step of the coordinates' differences, in the direction that stays inside the box. Longer than that of the directions, which change all coordinates at once.
    private const float CoordinateStep = 2e-3f;

    // Every attack has its own q, from half to two and a half times the usual one.
    private const double LeastDirections = 0.5;
    private const double MostDirections = 2.5;
    private const double GoldenRatio = 0.6180339887498949;
    private const double Clip = 1;

    // Streams of an attack's key.
    private const ulong Choice = 0x63686F696365;
    private const ulong Places = 0x706C61636573;

    private readonly IReadOnlyList<SpatialTarget> _targets;
    private readonly LearnedModel _model;
    private readonly int _directions;
    private readonly TrainerOptions _options;
    private readonly ISpatialBackend _backend;
    private readonly float[] _weights;
    private readonly double[] _moments;
    private int _adamSteps;

    public SpatialTrainer(IReadOnlyList<SpatialTarget> targets, LearnedModel model, int directions, TrainerOptions options, ISpatialBackend backend)
    {
        foreach (SpatialTarget target in targets)
        {
            if (target.Problems.Count == 0 || target.Validation.Count == 0)
            {
                throw new InputException(
                    target.Problems.Count == 0 ? "There is no problem to learn on; give images that the model classifies correctly." : "There is no problem to validate on; give more images.");
            }

            if (target.Problems.Concat(target.Validation).Any(problem => problem.Objective is not AttackObjective { Shape: { Height: > 1, Width: > 1 }, Known.Floor: > double.NegativeInfinity }))
            {
                throw new InputException("The spatial part learns on attacks that minimise the distortion of images with rows and columns; give such images, and no ε.");
            }
        }

        _targets = targets;
        _directions = directions;
        _options = options;
        _backend = backend;
        SpatialWeights initial = model.Spatial ?? SpatialWeights.Draw(RandomKey.FromSeed(options.Seed).Derive(Choice));
        _model = model with { SeesImages = true };
        _weights = initial.Values.ToArray();
        _moments = new double[2 * _weights.Length];
        Best = Model();
    }

    /// <summary>The number of attacks so far.</summary>
    public int ProblemsDone { get; private set; }

    /// <summary>The model with the lowest validation loss.</summary>
    public LearnedModel Best { get; private set; }

    /// <summary>The lowest validation loss; NaN before the first validation.</summary>
    public double BestLoss { get; private set; } = double.NaN;

    /// <summary>Queries of training so far.</summary>
    public long Queries { get; private set; }

    /// <summary>Queries of validation so far.</summary>
    public long ValidationQueries { get; private set; }

    private double LearningRate(double done) =>
        _options.LearningRate * (_options.FinalRate + ((1 - _options.FinalRate) * (1 + Math.Cos(Math.PI * Math.Min(1, done / _options.Problems))) / 2));

    /// <summary>As <see cref="Trainer.Run"/>.</summary>
    public LearnedModel Run(Action<TrainingProgress>? progress, Action? checkpoint, CancellationToken cancellation)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        int doneAtStart = ProblemsDone;
        if (double.IsNaN(BestLoss))
        {
            Validate(double.NaN);
        }

        while (ProblemsDone < _options.Problems)
        {
            int count = Math.Min(_options.Epoch, _options.Problems - ProblemsDone);
            double loss = Learn(Collect(count, cancellation), count, cancellation);
            ProblemsDone += count;
            Validate(loss);
            checkpoint?.Invoke();
        }

        return Best;

        void Validate(double trainingLoss)
        {
            (double mean, double final) = ValidationLoss(cancellation);
            bool best = !(mean >= BestLoss) && !double.IsNaN(mean);
            if (best)
            {
                BestLoss = mean;
                Best = Model();
            }

            progress?.Invoke(new TrainingProgress(
                ProblemsDone, _options.Problems, trainingLoss, mean, best, final, mean, LearningRate(ProblemsDone), 0, Queries + ValidationQueries,
                System.Diagnostics.Stopwatch.GetElapsedTime(start), ProblemsDone - doneAtStart));
        }
    }

    public TrainingCheckpoint Save() => new()
    {
        ProblemsDone = ProblemsDone,
        Weights = [.. _weights],
        BestWeights = [.. Best.Spatial!.Values],
        BestLoss = BestLoss,
        Moments = [.. _moments],
        AdamSteps = _adamSteps,
        Queries = Queries,
        ValidationQueries = ValidationQueries,
        SuppliedGradients = 0,
        SkippedSteps = 0,
    };

    public void Load(TrainingCheckpoint checkpoint)
    {
        if (checkpoint.Weights.Length != _weights.Length || checkpoint.BestWeights.Length != _weights.Length || checkpoint.Moments.Length != _moments.Length)
        {
            throw new InputException($"The checkpoint holds {checkpoint.Weights.Length} weights, this training's network has {_weights.Length}; resume with the options it was begun with.");
        }

        checkpoint.Weights.CopyTo(_weights, 0);
        checkpoint.Moments.CopyTo(_moments, 0);
        _adamSteps = checkpoint.AdamSteps;
        Best = _model with { Spatial = new SpatialWeights(checkpoint.BestWeights) };
        BestLoss = checkpoint.BestLoss;
        ProblemsDone = checkpoint.ProblemsDone;
        Queries = checkpoint.Queries;
        ValidationQueries = checkpoint.ValidationQueries;
    }

    private LearnedModel Model() => _model with { Spatial = new SpatialWeights(_weights) };

    // The mean loss over iterations and the last loss, each relative to the first loss, so that all classifiers count alike. From the same starts every time.
    private (double Mean, double Final) ValidationLoss(CancellationToken cancellation)
    {
        RandomKey key = RandomKey.FromSeed(_options.Seed).Derive(ulong.MaxValue);
        var optimizer = new LearnedProximalOptimizer("spatial", Model(), directions: _directions);
        double mean = 0, final = 0;
        foreach (SpatialTarget target in _targets)
        {
            Problem[] problems =
            [
                .. target.Validation.Select(p => new Problem(p.Id, p.Objective, optimizer, (float)_options.Smoothing, p.Key(key), new RunLimits { Iterations = _options.Horizon })),
            ];
            new BatchedEngine(target.Oracle).Run(problems, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            ValidationQueries += problems.Sum(p => p.Ledger.Charged);
            double unit = problems.Average(p => p.Trace[0]) * _targets.Count;
            mean += problems.Average(p => p.Trace.Skip(1).Average()) / unit;
            final += problems.Average(p => p.Trace[^1]) / unit;
        }

        return (mean, final);
    }

    // Runs attacks on the classifiers in turn. States of a classifier are in the order of its attacks.
    private List<State>[] Collect(int count, CancellationToken cancellation)
    {
        RandomKey root = RandomKey.FromSeed(_options.Seed);
        LearnedModel model = Model();
        var found = new List<State>[_targets.Count];
        for (int t = 0; t < found.Length; t++)
        {
            SpatialTarget target = _targets[t];
            int[] places = [.. Enumerable.Range(ProblemsDone, count).Where(place => place % _targets.Count == t)];
            var states = new List<State>[places.Length];
            long queries = 0;
            try
            {
                Parallel.For(0, places.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, target.Oracle.Concurrency), CancellationToken = cancellation }, i =>
                {
                    states[i] = Attack(target, root.Derive((ulong)places[i]), model, places[i], out long asked);
                    Interlocked.Add(ref queries, asked);
                });
            }
            catch (AggregateException e)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
            }

            Queries += queries;
            found[t] = [.. states.SelectMany(some => some)];
        }

        return found;
    }

    private List<State> Attack(SpatialTarget target, RandomKey root, LearnedModel model, int place, out long queries)
    {
        TrainingProblem problem = target.Problems[CounterRandom.Index(root, target.Problems.Count)];
        var objective = (AttackObjective)problem.Objective;
        int d = objective.Dimension, q = (int)Math.Round(_directions * LeastDirections * Math.Pow(MostDirections / LeastDirections, place * GoldenRatio % 1));
        var optimizer = new LearnedProximalOptimizer("spatial", model, directions: Math.Max(1, q));
        int asked = Math.Min(d, _options.Gradient.Count > 0 ? _options.Gradient.Count : d);
        RandomKey key = problem.Key(root);
        var driver = new StepDriver(objective, optimizer, (float)_options.Smoothing, key, _options.Horizon);
        using QueryBatch batch = target.Oracle.CreateBatch(Math.Max(1, target.Oracle.PreferredRows));
        var point = new float[d];
        var states = new List<State>();
        queries = 0;
        for (int t = 1; t <= _options.Horizon; t++)
        {
            // The first steps matter most.
            double share = t <= 2 ? 0.6 : t <= 8 ? 0.35 : t <= 25 ? 0.15 : 0.05;
            RandomKey drawn = key.Derive(Choice).Derive((ulong)t);
            State? state = CounterRandom.Uniform(drawn) < share ? See(driver, optimizer, objective.Shape) : null;
            driver.Ask();
            Score(batch, target.Oracle, problem.Id, t, driver.RowKey, driver.Rows, (row, input) => driver.WriteRow(row, point, input), (row, input, scores) => driver.Answer(row, input, scores));
            queries += driver.Rows;
            if (state is not null)
            {
                Measure(drawn.Derive(Places), asked, driver, objective, state, batch, target.Oracle, problem.Id, t);
                queries += asked;
                states.Add(state);
            }

            driver.Tell();
        }

        states.RemoveAll(state => !state.Squares.AsSpan().ContainsAnyExcept(0));
        return states;
    }

    private static State? See(StepDriver driver, LearnedProximalOptimizer optimizer, ImageShape shape)
    {
        int d = shape.Length;
        var state = new State(new float[SpatialWeights.Maps * shape.Height * shape.Width], new float[SpatialWeights.Scalars], new float[d], new float[d], optimizer.Directions);
        if (!optimizer.See(driver.Step, driver.Theta, driver.State, state.Maps, state.Scalars))
        {
            return null;
        }

        ReadOnlySpan<float> memory = optimizer.Memory(driver.State, d);
        float byMemory = (float)Math.Sqrt(d / SimdKernels.SumOfSquares(memory));
        if (float.IsNormal(byMemory))
        {
            TensorPrimitives.Abs(memory, state.Sizes);
            TensorPrimitives.Multiply(state.Sizes, byMemory, state.Sizes);
        }

        return state;
    }

    // Squared slopes of some coordinates, in units of their mean.
    private static void Measure(RandomKey key, int asked, StepDriver driver, AttackObjective objective, State state, QueryBatch batch, IQueryOracle oracle, string id, int step)
    {
        int d = objective.Dimension;
        int[] places = [.. Enumerable.Range(0, d)];
        CounterRandom.Shuffle(key, places.AsSpan());
        places = places[..asked];
        double here = driver.Answers[0].Margin;
        double sum = 0;
        Score(
            batch, oracle, id, step, driver.RowKey, asked,
            (row, input) =>
            {
                objective.Decode(driver.Theta, input);
                ref float pixel = ref input[places[row]];
                pixel += pixel > 0.5f ? -CoordinateStep : CoordinateStep;
            },
            (row, _, scores) =>
            {
                double slope = (objective.Margin(scores) - here) / CoordinateStep;
                state.Squares[places[row]] = (float)(slope * slope);
                sum += slope * slope;
            });
        TensorPrimitives.Multiply(state.Squares, sum > 0 && double.IsFinite(sum) ? (float)(asked / sum) : 0, state.Squares);
        state.Asked = asked;
    }

    private static void Score(QueryBatch batch, IQueryOracle oracle, string id, int step, RowKey key, int rows, RowWriter write, RowReader read)
    {
        for (int from = 0; from < rows; from += batch.Capacity)
        {
            batch.Rows = Math.Min(batch.Capacity, rows - from);
            for (int row = 0; row < batch.Rows; row++)
            {
                write(from + row, batch.Input(row));
                batch.Key(row) = key;
            }

            batch.Ask(oracle);
            for (int row = 0; row < batch.Rows; row++)
            {
                if (batch.FailureOf(row, id, step) is { } failure)
                {
                    throw failure;
                }

                read(from + row, batch.Input(row), batch.Score(row));
            }
        }
    }

    // Adam on batches of the classifiers in turn; returns the mean loss.
    private double Learn(List<State>[] found, int count, CancellationToken cancellation)
    {
        if (found.All(states => states.Count == 0))
        {
            throw new InputException("The target's scores did not change in any query, so there is nothing to learn from it; check that it is a classifier and how it is fed.");
        }

        int steps = Math.Max(1, Passes * found.Sum(states => states.Count) / BatchSize);
        RandomKey key = RandomKey.FromSeed(_options.Seed).Derive((ulong)ProblemsDone).Derive(Choice);
        var gradient = new float[_weights.Length];
        var precise = new double[_weights.Length];
        var change = new double[_weights.Length];
        double sum = 0;
        int learned = 0;
        for (int i = 0; i < steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            List<State> states = found[i % found.Length];
            if (states.Count == 0)
            {
                continue;
            }

            RandomKey batch = key.Derive((ulong)i);
            var chosen = new State[BatchSize];
            for (int j = 0; j < chosen.Length; j++)
            {
                chosen[j] = states[CounterRandom.Index(batch.Derive((ulong)j), states.Count)];
            }

            gradient.AsSpan().Clear();
            sum += _backend.Run(_weights, Join(((AttackObjective)_targets[i % found.Length].Problems[0].Objective).Shape, chosen), gradient);
            learned++;
            double length = Math.Sqrt(SimdKernels.SumOfSquares(gradient));
            if (!double.IsFinite(length))
            {
                continue;
            }

            for (int j = 0; j < gradient.Length; j++)
            {
                precise[j] = gradient[j] * (length > Clip ? Clip / length : 1);
            }

            UpdateRules.Adam(0.9, 0.999, _options.Epsilon, precise, ++_adamSteps, LearningRate(ProblemsDone + ((double)count * i / steps)), _moments, change);
            for (int j = 0; j < change.Length; j++)
            {
                _weights[j] = (float)(_weights[j] + change[j]);
            }
        }

        return sum / learned;
    }

    private static SpatialStates Join(ImageShape shape, State[] states) => new(
        shape, [.. states.SelectMany(state => state.Maps)], [.. states.SelectMany(state => state.Scalars)], [.. states.SelectMany(state => state.Sizes)],
        [.. states.SelectMany(state => state.Squares)], [.. states.Select(state => (float)state.Asked)], [.. states.Select(state => (float)state.Directions)]);

    private delegate void RowWriter(int row, Span<float> input);

    private delegate void RowReader(int row, ReadOnlySpan<float> input, ReadOnlySpan<float> scores);

    private sealed record State(float[] Maps, float[] Scalars, float[] Sizes, float[] Squares, int Directions)
    {
        public int Asked { get; set; }
    }
}
