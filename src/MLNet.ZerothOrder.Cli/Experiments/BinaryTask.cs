using System.Globalization;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>
/// The paper's binary classification: 90 data sets to learn and to tune on, 10 to report on. A run is judged by the loss over all points of
/// its data set, which costs no query.
/// </summary>
internal sealed class BinaryTask
{
    // As zo train lays them out: 90 to learn on, 10 to report on.
    private const int FirstTest = 90;
    private const int TestDatasets = 10;
    private const double Smoothing = 1e-3;

    private readonly Lab _lab;
    private readonly OptimizerRegistry _registry = new();
    private readonly Dictionary<string, OptimizerSettings> _tuned = [];

    public BinaryTask(Lab lab)
    {
        _lab = lab;
        Datasets = lab.Options.Quick ? 3 : TestDatasets;
        Iterations = lab.Options.Quick ? 200 : 500;
    }

    /// <summary>Test data sets.</summary>
    public int Datasets { get; }

    /// <summary>T.</summary>
    public int Iterations { get; }

    /// <summary>q.</summary>
    public int Directions { get; init; } = 20;

    /// <summary>b, points per query.</summary>
    public int Minibatch { get; init; } = 64;

    /// <summary>d.</summary>
    public int Dimension { get; init; } = 100;

    public string On => $"binary classification, d = {Dimension}, b = {Minibatch}, q = {Directions}, {Iterations} iterations, {Datasets} test data sets";

    /// <summary>Runs an optimizer on the test data sets, tuned on training data sets where it is hand-designed.</summary>
    /// <param name="typed">The optimizer.</param>
    /// <param name="trials">Trials per data set.</param>
    /// <param name="scale">α of a learned optimizer.</param>
    public IReadOnlyList<StoredProblem> Run(string typed, int trials, double scale = 1)
    {
        var problems = new List<StoredProblem>();
        for (int trial = 0; trial < trials; trial++)
        {
            using NamedOptimizer choice = Make(typed, scale);
            problems.AddRange(Run(choice, FirstTest, Datasets, trial, Iterations));
        }

        return problems;
    }

    /// <summary>The α of a few that serves a learned optimizer best on training data sets.</summary>
    public double TuneScale(string typed)
    {
        double[] scales = _lab.Options.Quick ? [0.1, 0.3, 1] : [0.03, 0.1, 0.3, 1, 3, 10];
        return scales.MinBy(scale =>
        {
            using NamedOptimizer choice = Make(typed, scale);
            return Run(choice, 0, 3, 0, Iterations).Average(p => p.Trace[^1]);
        });
    }

    private NamedOptimizer Make(string typed, double scale)
    {
        string name = typed.Split(':')[0];
        var settings = new SortedDictionary<string, OptimizerSettings>(StringComparer.Ordinal);
        foreach (string tuned in _registry.Names.Contains(name) ? [name] : typed.EndsWith(":no-update", StringComparison.Ordinal) ? ["zo-sgd"] : Array.Empty<string>())
        {
            settings[tuned] = Tuned(tuned);
        }

        return NamedOptimizer.Create(typed, new NamedOptimizerOptions
        {
            Settings = new SettingsFile { Optimizers = settings, Smoothing = Smoothing },
            Directions = Directions,
            Scale = scale,
        });
    }

    // The paper's grid, on training data sets at the paper's q, b and d.
    private OptimizerSettings Tuned(string name)
    {
        if (!_tuned.TryGetValue(name, out OptimizerSettings? settings))
        {
            var start = new OptimizerSettings { Directions = Directions, Smoothing = Smoothing };
            int datasets = _lab.Options.Quick ? 1 : 3;
            double Loss(OptimizerSettings candidate)
            {
                using NamedOptimizer choice = NamedOptimizer.Create(name, new NamedOptimizerOptions { Directions = Directions, Settings = new SettingsFile { Optimizers = new SortedDictionary<string, OptimizerSettings> { [name] = candidate } } });
                return Run(choice, 0, datasets, 0, Iterations).Average(p => p.Trace[^1]);
            }

            _tuned[name] = settings = _lab.Options.Quick
                ? new[] { 1.0, 10, 100, 1000 }.Select(delta => start with { StepSize = delta }).MinBy(Loss)!
                : new GridTuner(Loss).Tune(start, withBetas: name == "zo-adam").Settings;
        }

        return settings;
    }

    private IReadOnlyList<StoredProblem> Run(NamedOptimizer choice, int first, int count, int trial, int iterations)
    {
        var identity = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["kind"] = "binary",
            ["dimension"] = Text(Dimension),
            ["minibatch"] = Text(Minibatch),
            ["datasets"] = $"{Text(first)}+{Text(count)}",
            ["iterations"] = Text(iterations),
            ["trial"] = Text(trial),
            ["seed"] = Text(_lab.Options.Seed),
            ["smoothing"] = Text(Smoothing),
            ["optimizer"] = choice.IsHandDesigned ? choice.Name.Short : $"learned:{choice.Name.Suffix}",
        };
        foreach ((string name, string value) in choice.Settings.ToText().Where(setting => setting.Name != "file"))
        {
            identity[$"optimizer.{name}"] = value;
        }

        return _lab.Store.Get(identity, () =>
        {
            using var oracle = new BinaryClassification(_lab.Options.Seed, FirstTest + TestDatasets, Dimension, minibatch: Minibatch, concurrency: Environment.ProcessorCount);
            var traces = new double[count][];
            Problem[] problems =
            [
                .. Enumerable.Range(0, count).Select(i =>
                {
                    double[] trace = traces[i] = new double[iterations + 1];
                    var observed = new ObservedOptimizer(
                        choice.Optimizer,
                        (in OptimizerStep step, ReadOnlySpan<float> before, ReadOnlySpan<float> _, ReadOnlySpan<Evaluation> _, ReadOnlySpan<float> after, ReadOnlySpan<float> _) =>
                        {
                            if (step.Number == 1)
                            {
                                trace[0] = oracle.FullLoss(first + i, before);
                            }

                            trace[step.Number] = oracle.FullLoss(first + i, after);
                        });
                    return new Problem($"data set {first + i}", oracle.Objective, observed, (float)Smoothing, oracle.ProblemKey(first + i, trial), new RunLimits { Iterations = iterations });
                }),
            ];
            _lab.Run(oracle, problems, $"binary classification: {choice.Name.Short}");
            return [.. problems.Select((p, i) => new StoredProblem { Name = Text(first + i), Trial = trial, Trace = traces[i], Queries = p.Ledger.Charged })];
        });
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
