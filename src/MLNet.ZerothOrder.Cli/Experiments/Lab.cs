using System.Diagnostics;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>What experiments run in: classifiers, images, and runs that are made once.</summary>
internal sealed class Lab(LabOptions options, RunStore store, Session session, bool quiet) : IDisposable
{
    // A part of a run that is lost with an interruption: a few seconds.
    private const long QueriesPerRun = 100_000;

    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, AttackTask> _tasks = [];
    private readonly OptimizerRegistry _registry = new();
    private long _lastDrawn = Stopwatch.GetTimestamp();
    private bool _drawn;

    public LabOptions Options { get; } = options;

    public RunStore Store { get; } = store;

    public CancellationToken Cancellation => session.Cancellation;

    /// <summary>Queries that were sent in this process.</summary>
    public long Queries { get; private set; }

    /// <summary>How many images: what the user asked for, else the experiment's own number.</summary>
    public int Images(Amount own) => Options.Images ?? (Options.Quick ? own.Quick : own.Usual);

    /// <summary>How many trials: what the user asked for, else the experiment's own number.</summary>
    public int Trials(Amount own) => Options.Trials ?? (Options.Quick ? own.Quick : own.Usual);

    /// <summary>What to say on a figure that is not the whole of the paper's.</summary>
    public string Size(string what, int images, int trials) => string.Create(
        CultureInfo.InvariantCulture, $"{images} {what}{(images == 1 ? "" : "s")}, {trials} trial{(trials == 1 ? "" : "s")}{(Options.Quick ? " (quick)" : "")}");

    /// <summary>The MNIST task; generated digits stand in where MNIST is not there.</summary>
    public AttackTask Mnist() => Task("mnist", () =>
    {
        ImageSet images;
        try
        {
            images = Datasets.Load("mnist", DatasetSplit.Test, Options.Data);
        }
        catch (InputException) when (Options.Data is null)
        {
            session.Terminal.Note("MNIST is not there, so generated digits stand in; 'zo data mnist' fetches it.");
            images = GeneratedDigits.Create(400);
        }

        return Make("mnist", images.Name == "mnist" ? "MNIST" : "generated digits", "mnist-cnn", images, 0.1, 20, "zo-lstm-mnist");
    });

    /// <summary>The CIFAR-10 task.</summary>
    /// <exception cref="InputException">CIFAR-10 is not there, or the classifier or an optimizer of it does not ship.</exception>
    public AttackTask Cifar10() => Task("cifar10", () =>
    {
        ImageSet images = Datasets.Load("cifar10", DatasetSplit.Test, Options.Data);
        const string Learned = "zo-lstm-cifar10";
        return Bundled.HasTarget("cifar10-cnn.onnx") && Bundled.Optimizer(Learned) is not null
            ? Make("cifar10", "CIFAR-10", "cifar10-cnn", images, 0.25, 50, Learned)
            : throw new InputException(
                $"The bundled cifar10-cnn or {Learned} is missing from this installation; reinstall zo.");
    });

    /// <summary>Makes an optimizer for a task. The caller disposes it.</summary>
    public NamedOptimizer Optimizer(AttackTask task, string typed, int? directions = null) =>
        NamedOptimizer.Create(typed, new NamedOptimizerOptions { Settings = task.Settings, Directions = directions ?? task.Directions });

    /// <summary>The first images that the classifier gets right.</summary>
    public ImageSet Right(AttackTask task, int count)
    {
        int looked = Math.Min(task.Images.Count, (2 * count) + 20);
        ImageSet first = task.Images.Select([.. Enumerable.Range(0, looked)]);
        int[] classes = task.Oracle.Classify(first, Cancellation);
        int[] right = [.. Enumerable.Range(0, looked).Where(i => classes[i] == first.Label(i)).Take(count)];
        return right.Length == count ? task.Images.Select(right) : throw new InputException(
            $"{count} images were asked for, but only {right.Length} of {task.Images.Name} can be attacked; ask for fewer with --images.");
    }

    /// <summary>Attacks images with each optimizer, all from the same starts; what was run before is not run again.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<StoredProblem>> Attack(AttackTask task, IReadOnlyList<string> optimizers, ImageSet images, int trials)
    {
        var runs = new Dictionary<string, IReadOnlyList<StoredProblem>>();
        int chunk = (int)Math.Clamp(QueriesPerRun / ((task.Directions + 1L) * task.Iterations), 1, 25);
        for (int o = 0; o < optimizers.Count; o++)
        {
            using NamedOptimizer choice = Optimizer(task, optimizers[o]);
            var problems = new List<StoredProblem>();
            for (int trial = 0; trial < trials; trial++)
            {
                for (int from = 0; from < images.Count; from += chunk)
                {
                    Cancellation.ThrowIfCancellationRequested();
                    ImageSet part = images.Select([.. Enumerable.Range(from, Math.Min(chunk, images.Count - from))]);
                    int t = trial;
                    double done = (o + ((((double)trial * images.Count) + from) / ((double)trials * images.Count))) / optimizers.Count;
                    problems.AddRange(Store.Get(Identity(task, choice, part, trial), () => Attack(task, choice, part, t, done)));
                }
            }

            runs[optimizers[o]] = problems;
        }

        Erase();
        return runs;
    }

    /// <summary>Runs problems that nobody keeps.</summary>
    public void Run(IQueryOracle oracle, IReadOnlyList<Problem> problems, string what)
    {
        new BatchedEngine(oracle).Run(problems, progress: state => Draw(what, (double)state.Steps / Math.Max(1, problems.Count), null), cancellation: Cancellation);
        Cancellation.ThrowIfCancellationRequested();
        Queries += problems.Sum(p => p.Ledger.Charged);
        Erase();
    }

    /// <summary>Says how far it is, now and then.</summary>
    public void Draw(string what, double steps, double? share)
    {
        if (quiet || Stopwatch.GetElapsedTime(_lastDrawn) < (session.Terminal.ErrorWidth is null ? LogEvery : LiveEvery))
        {
            return;
        }

        _lastDrawn = Stopwatch.GetTimestamp();
        string tail = share is null ? string.Create(CultureInfo.InvariantCulture, $"step {steps:F0}") : string.Create(CultureInfo.InvariantCulture, $"{share:P0}  {Store.Found} runs were there, {Store.Made} made");
        if (session.Terminal.ErrorWidth is null)
        {
            session.Terminal.Error.WriteLine($"{what}  {tail}");
        }
        else
        {
            ProgressBar.Draw(session.Terminal, what, share ?? 0, tail);
            _drawn = true;
        }
    }

    public void Dispose()
    {
        Erase();
        foreach (AttackTask task in _tasks.Values)
        {
            task.Oracle.Dispose();
        }
    }

    private void Erase()
    {
        if (_drawn)
        {
            ProgressBar.Erase(session.Terminal);
            _drawn = false;
        }
    }

    private AttackTask Task(string name, Func<AttackTask> make)
    {
        if (!_tasks.TryGetValue(name, out AttackTask? task))
        {
            _tasks[name] = task = make();
        }

        return task;
    }

    private AttackTask Make(string name, string title, string target, ImageSet images, double weight, int directions, string learned)
    {
        string path = Bundled.Target($"{target}.onnx");
        string settings = Path.ChangeExtension(path, ".settings.json");
        OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, images, new OnnxOracleOptions { Encoding = PixelEncoding.Unit, BatchSizes = BatchSizes.OfUser, Warn = session.Terminal.Note });
        try
        {
            const int Looked = 64;
            float[] scores = oracle.ScoreRows(Math.Min(Looked, images.Count), (row, input) => images.Image(row).Span.CopyTo(input), cancellation: Cancellation);
            var loss = new AttackLoss { DistortionWeight = weight, Scores = ScoreKinds.Detect(scores, scores.Length / oracle.ScoreLength, oracle.ScoreLength) };
            return new AttackTask(name, title, oracle, images, File.Exists(settings) ? SettingsFile.Read(settings) : null, loss, directions, learned);
        }
        catch
        {
            oracle.Dispose();
            throw;
        }
    }

    private List<StoredProblem> Attack(AttackTask task, NamedOptimizer choice, ImageSet images, int trial, double done)
    {
        AttackResult result = new BlackBoxAttack(task.Oracle, choice.Optimizer, AttackOptions(task, choice.Optimizer) with { FirstTrial = trial, FailedCalls = 0 }).Run(
            images, state => Draw($"{task.Title}: {choice.Name.Short}", 0, done), Cancellation);
        Cancellation.ThrowIfCancellationRequested();
        if (result.Failure is not null)
        {
            throw result.Failure;
        }

        Queries += result.Runs[0].Images.Sum(p => p.Queries);
        return [.. result.Runs[0].Images.Select(StoredProblem.From)];
    }

    /// <summary>The paper's attack on a task.</summary>
    public AttackOptions AttackOptions(AttackTask task, IZerothOrderOptimizer optimizer) => new()
    {
        Loss = task.Loss,
        Scores = task.Loss.Scores,
        Limits = new RunLimits { Iterations = task.Iterations },
        Smoothing = Smoothing(optimizer),
        Seed = Options.Seed,
    };

    /// <summary>All that shapes a run on some images.</summary>
    public SortedDictionary<string, string> Identity(AttackTask task, NamedOptimizer choice, ImageSet images, int trial)
    {
        var identity = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["kind"] = "attack",
            ["model"] = task.Oracle.Info.Sha256,
            ["images"] = images.Hash(),
            ["trial"] = Text(trial),
            ["seed"] = Text(Options.Seed),
            ["iterations"] = Text(task.Iterations),
            ["distortionWeight"] = Text(task.Loss.DistortionWeight),
            ["scores"] = task.Loss.Scores.ToString(),
            ["smoothing"] = Text(Smoothing(choice.Optimizer)),
        };
        foreach ((string name, string value) in choice.Settings.ToText().Where(setting => setting.Name != "file"))
        {
            identity[$"optimizer.{name}"] = value;
        }

        identity["optimizer"] = choice.IsHandDesigned ? choice.Name.Short : $"learned:{choice.Name.Suffix}";
        return identity;
    }

    // Untuned settings say nothing of μ, and what a few images say of it depends on which they are.
    public static double Smoothing(IZerothOrderOptimizer optimizer) => optimizer.Smoothing ?? 1e-4;

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
