namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// The paper's binary classification: 90 data sets to train and tune on, 10 to test on. The reported loss of a run is that over all points of
/// its data set. It costs no query.
/// </summary>
internal sealed class BinaryTask(ExperimentContext context)
{
    /// <summary>The optimizer that was trained on this task, called ZO-LSTM in its figures.</summary>
    public const string Learned = "zo-lstm-binary";

    // The same split as in training.
    private const int FirstTest = 90;
    private const int TestDatasets = 10;
    private const double Smoothing = 1e-3;

    private static readonly double[] StepSizes = [250, 400, 630];
    private static readonly double[] Pulls = [0.001, 0.003, 0.01];

    private readonly Dictionary<string, OptimizerSettings> _tuned = [];
    private (double StepSize, double Pull)? _pulled;

    /// <summary>The number of test data sets.</summary>
    public int Datasets { get; } = context.Options.Quick ? 3 : TestDatasets;

    /// <summary>T, the number of steps.</summary>
    public int Iterations { get; init; } = context.Options.Quick ? 200 : 500;

    /// <summary>q, the directions of a step.</summary>
    public int Directions { get; init; } = 20;

    /// <summary>b, the points per query.</summary>
    public int Minibatch { get; init; } = 64;

    /// <summary>d, the number of coordinates.</summary>
    public int Dimension { get; init; } = 100;

    public string On => $"binary classification, d = {Dimension}, b = {Minibatch}, q = {Directions}, {Iterations} iterations, {Datasets} test data sets";

    /// <summary>Runs an optimizer on the test data sets. A hand-designed one is first tuned on training data sets.</summary>
    /// <param name="task">The name of the task in the traces.</param>
    /// <param name="typed">The optimizer, as typed.</param>
    /// <param name="trials">Trials per data set.</param>
    /// <param name="scale">α, the factor of the updates of a learned optimizer; null for 1, which the label does not mention.</param>
    public OptimizerRun Run(string task, string typed, int trials, double? scale = null)
    {
        if (typed == PulledSgd.Label)
        {
            (double, double) tuned = TunedPull();
            return new OptimizerRun(task, typed, OptimizerLabel.Of(typed, Learned), [.. Enumerable.Range(0, trials).SelectMany(trial => RunPulled(tuned, FirstTest, Datasets, trial))]);
        }

        using NamedOptimizer choice = Make(typed, scale ?? 1);
        string name = scale is null ? typed : $"{typed}, α = {scale:G}";
        return new OptimizerRun(
            task, name, scale is null ? OptimizerLabel.Of(typed, Learned) : name, [.. Enumerable.Range(0, trials).SelectMany(trial => Run(choice, FirstTest, Datasets, trial))]);
    }

    /// <summary>The α, out of a few, with the lowest loss of a learned optimizer on training data sets.</summary>
    public double TuneScale(string typed)
    {
        double[] scales = context.Options.Quick ? [0.1, 0.3, 1] : [0.03, 0.1, 0.3, 1, 3, 10];
        return scales.MinBy(scale =>
        {
            using NamedOptimizer choice = Make(typed, scale);
            return TuningLoss(choice, 3);
        });
    }

    private NamedOptimizer Make(string typed, double scale)
    {
        string name = typed.Split(':')[0];
        string? tuned = new OptimizerRegistry().Names.Contains(name) ? name : typed.EndsWith(":no-update", StringComparison.Ordinal) ? "zo-sgd" : null;
        return Make(typed, tuned is null ? [] : new() { [tuned] = Tuned(tuned) }, scale);
    }

    private NamedOptimizer Make(string typed, SortedDictionary<string, OptimizerSettings> settings, double scale = 1) => NamedOptimizer.Create(
        typed, new NamedOptimizerOptions { Settings = new SettingsFile { Optimizers = settings, Smoothing = Smoothing }, Directions = Directions, Scale = scale });

    // The paper's grid, on training data sets.
    private OptimizerSettings Tuned(string name)
    {
        if (!_tuned.TryGetValue(name, out OptimizerSettings? settings))
        {
            var start = new OptimizerSettings { Directions = Directions, Smoothing = Smoothing };
            bool quick = context.Options.Quick;
            double Loss(OptimizerSettings candidate)
            {
                using NamedOptimizer choice = Make(name, new SortedDictionary<string, OptimizerSettings> { [name] = candidate });
                return TuningLoss(choice, quick ? 1 : 3);
            }

            _tuned[name] = settings = quick
                ? new[] { 1.0, 10, 100, 1000 }.Select(delta => start with { StepSize = delta }).MinBy(Loss)!
                : new GridTuner(Loss).Tune(start, withBetas: name == "zo-adam").Settings;
        }

        return settings;
    }

    // The best δ and λ of a small grid, on training data sets.
    private (double StepSize, double Pull) TunedPull()
    {
        (double StepSize, double Pull)[] grid = context.Options.Quick
            ? [(400, 0.003)] : [.. StepSizes.SelectMany(_ => Pulls, (delta, pull) => (delta, pull))];
        return _pulled ??= grid.MinBy(candidate => RunPulled(candidate, 0, 3, 0).Average(r => r.FinalLoss));
    }

    private IReadOnlyList<ImageResult> RunPulled((double StepSize, double Pull) tuned, int first, int count, int trial) => Run(
        new PulledSgd(new OptimizerSettings { Directions = Directions, Smoothing = Smoothing, StepSize = tuned.StepSize }, tuned.Pull),
        [("optimizer", PulledSgd.Label), ("optimizer.directions", Directions), ("optimizer.stepSize", tuned.StepSize), ("optimizer.pull", tuned.Pull)],
        first, count, trial);

    private double TuningLoss(NamedOptimizer choice, int datasets) => Run(choice, 0, datasets, 0).Average(r => r.FinalLoss);

    private IReadOnlyList<ImageResult> Run(NamedOptimizer choice, int first, int count, int trial) => Run(choice.Optimizer, ExperimentContext.Identity(choice), first, count, trial);

    private IReadOnlyList<ImageResult> Run(IZerothOrderOptimizer optimizer, IEnumerable<(string Name, object Value)> identity, int first, int count, int trial) => context.Stored(
        "binary", trial, Smoothing, Iterations, [("dimension", Dimension), ("minibatch", Minibatch), ("datasets", $"{first}+{count}"), .. identity],
        () =>
        {
            using var oracle = new BinaryClassification(context.Options.Seed, FirstTest + TestDatasets, Dimension, minibatch: Minibatch, concurrency: Environment.ProcessorCount);
            var limits = new RunLimits { Iterations = Iterations };
            Recorder[] recorders = [.. Enumerable.Range(0, count).Select(_ => new Recorder(optimizer))];
            Problem[] problems =
                [.. recorders.Select((recorder, i) => new Problem($"data set {first + i}", oracle.Objective, recorder, (float)Smoothing, oracle.ProblemKey(first + i, trial), limits))];
            return context.Run(
                oracle, problems, $"binary classification: {optimizer.Name}",
                (problem, i) => OptimizerRun.Result(problem, $"{first + i}", trial, [.. recorders[i].Thetas.AsParallel().AsOrdered().Select(theta => oracle.FullLoss(first + i, theta))]));
        },
        first < FirstTest ? null : Enumerable.Range(first, count).Select(i => $"{i}"));
}
