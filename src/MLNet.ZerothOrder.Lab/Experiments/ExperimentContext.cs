using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The state of a running experiment: its options, its tasks, and the store of its runs.</summary>
internal sealed class ExperimentContext(Experiment experiment, ExperimentOptions options, Action<ExperimentProgress>? progress, CancellationToken cancellation) : IDisposable
{
    private readonly Dictionary<string, AttackTask> _tasks = [];

    public ExperimentOptions Options => options;

    /// <summary>Optimizers to run in addition to the paper's.</summary>
    public IReadOnlyList<string> With { get; } = options.With ?? [];

    public CancellationToken Cancellation => cancellation;

    public RunStore Store { get; } = new(options.Runs, options.Shard);

    /// <summary>The queries of the runs that this process finished.</summary>
    public long Queries { get; private set; }

    /// <summary>The number of images of a task: the requested number, else the default of the experiment.</summary>
    public int Images(int task = 0) => options.Images ?? Default(experiment.Images[task]);

    /// <summary>The number of trials of a task: the requested number, else the default of the experiment.</summary>
    public int Trials(int task = 0) => options.Trials ?? Default(experiment.Trials[task]);

    /// <summary>The numbers of images or data sets, and of trials, for the title of a figure.</summary>
    public string Size(string what, int count, int trials) => string.Create(
        CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}, {trials} trial{(trials == 1 ? "" : "s")}{(options.Quick ? " (quick)" : "")}");

    /// <summary>The MNIST task. If MNIST is missing, generated digits are used.</summary>
    public AttackTask Mnist() => Task("mnist", () =>
    {
        ImageSet images;
        try
        {
            images = Datasets.Load("mnist", DatasetSplit.Test, options.Data);
        }
        catch (InputException) when (options.Data is null)
        {
            options.Note?.Invoke("MNIST was not found, so generated digits are used; download MNIST for the paper's figures.");
            images = GeneratedDigits.Create(400);
        }

        return AttackTask.Create(this, "mnist", images.Name == "mnist" ? "MNIST" : "generated digits", images, weight: 0.1, directions: 20);
    });

    /// <summary>The CIFAR-10 task.</summary>
    /// <exception cref="InputException">CIFAR-10 or its classifier is missing.</exception>
    public AttackTask Cifar10() => Task("cifar10", () =>
        AttackTask.Create(this, "cifar10", "CIFAR-10", Datasets.Load("cifar10", DatasetSplit.Test, options.Data), weight: 0.25, directions: 50));

    /// <summary>Everything that determines the steps of an optimizer, by name. A learned optimizer is identified by its hash, since its file may have moved.</summary>
    public static IEnumerable<(string Name, object Value)> Identity(NamedOptimizer optimizer) => optimizer.Settings.ToText().Where(setting => setting.Name != "file")
        .Select(setting => ($"optimizer.{setting.Name}", (object)setting.Text)).Append(("optimizer", optimizer.IsHandDesigned ? optimizer.Name.Short : $"learned:{optimizer.Name.Suffix}"));

    /// <summary>The results of a run: from the store, or made and stored.</summary>
    /// <param name="kind">The kind of task.</param>
    /// <param name="trial">The trial.</param>
    /// <param name="smoothing">μ.</param>
    /// <param name="iterations">T, the number of steps.</param>
    /// <param name="others">Everything else that determines the run, by name.</param>
    /// <param name="make">Makes the run.</param>
    /// <param name="names">The names of what is run, in the order of the results, for the place of a run that another shard makes; null for a run that decides what is run next.</param>
    public IReadOnlyList<ImageResult> Stored(
        string kind, int trial, double smoothing, int iterations, IEnumerable<(string Name, object Value)> others, Func<AttackResult> make, IEnumerable<string>? names)
    {
        var identity = new RunIdentity { { "kind", kind }, { "trial", trial }, { "seed", options.Seed }, { "smoothing", smoothing }, { "iterations", iterations } };
        foreach ((string name, object value) in others)
        {
            identity.Add(name, Convert.ToString(value, CultureInfo.InvariantCulture)!);
        }

        return Store.Get(identity, () =>
        {
            AttackResult result = make();
            Queries += result.Runs[0].Summary.TotalQueries;
            return result;
        },
        names is null ? null : () => [.. names.Select(name => OptimizerRun.StandIn(name, trial))]);
    }

    /// <summary>Runs problems to their end.</summary>
    public void Run(IQueryOracle oracle, IReadOnlyList<Problem> problems, string what)
    {
        new BatchedEngine(oracle).Run(problems, progress: state => Report(what, null, (double)state.Steps / problems.Count), cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Runs problems to their end, and returns a result that can be stored.</summary>
    public AttackResult Run(IQueryOracle oracle, IReadOnlyList<Problem> problems, string what, Func<Problem, int, ImageResult> result)
    {
        Run(oracle, problems, what);
        ImageResult[] images = [.. problems.Select(result)];
        return new AttackResult
        {
            Partial = false,
            Seed = options.Seed,
            Model = AttackedModel.Of(oracle, ScoreKind.Logits),
            Dataset = what,
            Runs =
            [
                new AttackRun
                {
                    Optimizer = problems[0].Optimizer.Name,
                    Settings = new RunSettings { Directions = problems[0].Optimizer.Directions, Smoothing = problems[0].Smoothing },
                    Images = images,
                    Summary = AttackStatistics.From(images),
                },
            ],
        };
    }

    /// <summary>Runs a problem without the store.</summary>
    public void RunUnstored(IQueryOracle oracle, Problem problem, string what)
    {
        Run(oracle, [problem], what);
        Queries += problem.Ledger.Charged;
    }

    public void Report(string what, double? share, double steps = 0) => progress?.Invoke(new ExperimentProgress(what, share, steps, Store.Found, Store.Made));

    public void Dispose()
    {
        foreach (AttackTask task in _tasks.Values)
        {
            task.Oracle.Dispose();
        }
    }

    private int Default(Amount amount) => options.Quick ? amount.Quick : amount.Usual;

    private AttackTask Task(string name, Func<AttackTask> make) => _tasks.TryGetValue(name, out AttackTask? task) ? task : _tasks[name] = make();
}
