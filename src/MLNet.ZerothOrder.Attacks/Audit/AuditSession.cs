using System.Diagnostics;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// Answers how many images stay right in balls of several radii: a fixed sequence of methods (<see cref="AuditOptions.Methods"/>) runs in each ball, each method only
/// on the images that the earlier ones left standing, under one budget per image and ball. An image that falls in a ball counts as fallen in all larger ones.
/// </summary>
/// <remarks>
/// The folder contains <c>audit.json</c>, and the run of each method in each ball as <see cref="AttackSession"/> writes it. An interrupted audit is resumed by
/// running it again: finished runs are read, the interrupted one goes on. A robust accuracy is an upper bound: another method or a larger budget may fell more images.
/// </remarks>
public sealed class AuditSession
{
    private const string ResultName = "audit.json";

    private readonly IQueryOracle _oracle;
    private readonly ImageSet _images;
    private readonly AuditOptions _options;
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private ImageSet? _scaleOn;
    private ScoreKind? _kind;

    /// <summary>Creates an audit. It sends no queries before it runs.</summary>
    /// <param name="oracle">The classifier. The caller disposes it.</param>
    /// <param name="images">Labelled images in [0, 1] of the oracle's input length.</param>
    /// <param name="options">The question.</param>
    public AuditSession(IQueryOracle oracle, ImageSet images, AuditOptions options)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(options);
        _oracle = oracle;
        _images = (oracle as IClassifier)?.Fit(images) ?? images;
        _options = options;
        for (int i = 0; i < _images.Count; i++)
        {
            _indices.TryAdd(_images.ImageName(i), i);
        }
    }

    /// <summary>The output folder; null for an audit that only returns its result.</summary>
    public string? Folder { get; init; }

    /// <summary>The decorators around the oracle.</summary>
    public OracleOptions Around { get; init; } = new();

    /// <summary>The command line in the result; empty for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>Called when a method starts in a ball, with ε, the method and the number of images that stand.</summary>
    public Action<double, string, int>? Starting { get; init; }

    /// <summary>Why the last audit's result is partial, in one sentence; null if it is complete, or was cancelled between two runs.</summary>
    public string? Interruption { get; private set; }

    /// <summary>The clock of waits, timeouts and deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The result file in a folder of an audit.</summary>
    public static string ResultFile(string folder) => Path.Combine(folder, ResultName);

    /// <summary>Runs the audit, or continues the interrupted one in <see cref="Folder"/>.</summary>
    /// <param name="progress">Called after every step of every image.</param>
    /// <param name="cancellation">Interrupts the audit. What was found is in the returned partial result.</param>
    /// <exception cref="InputException">No method fits the question, the budget is too small, the folder holds another audit, or the images do not fit; no image is classified correctly.</exception>
    /// <exception cref="OracleException">The oracle failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the first image's run.</exception>
    public AuditResult Run(Action<AttackProgress>? progress = null, CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp();
        CostMeter? cost = (_oracle as IAsyncQueryOracle)?.Cost;
        long opening = cost?.Rows ?? 0;
        ThrowIfAmbiguous();
        (string Name, long Budget)[] methods = Methods();
        AuditResult result = Empty() with { Methods = [.. methods.Select(method => new AuditMethod(method.Name, (double)method.Budget / _options.Budget))] };
        if (Folder is not null)
        {
            ResultFolder.EnsureWritable(Folder);
            ThrowIfAnother(result);
            Write(result);
        }

        var assembly = new AuditAssembly(result, _options.Epsilons, methods, _images.IsUnlabelled, image => _indices[image.Name])
        {
            NamesFolders = Folder is not null,
            Write = Write,
            Cost = () => cost?.Spent,
            Seconds = () => Stopwatch.GetElapsedTime(start).TotalSeconds,
        };
        return assembly.Run(stage =>
        {
            Starting?.Invoke(stage.Epsilon, stage.Method, stage.Standing?.Count ?? Math.Min(_options.Count ?? _images.Count, _images.Count));
            return Attack(stage, earlier => cost?.Continue(opening + (long)Math.Ceiling(earlier * 1000 / cost.PerThousand)), progress, cancellation);
        });
    }

    private AttackResult Attack(AuditAssembly.Stage stage, Action<decimal> spent, Action<AttackProgress>? progress, CancellationToken cancellation)
    {
        using NamedOptimizer method = NamedOptimizer.Create(stage.Method);
        bool isFirst = stage.Standing is null;
        int[] standing = isFirst ? [] : [.. stage.Standing!.Select(image => image.Index)];
        var options = new AttackOptions
        {
            Loss = new AttackLoss { Norm = _options.Norm, Epsilon = stage.Epsilon, LabelsOnly = _options.LabelsOnly },
            Limits = new RunLimits { Budget = stage.Budget, Iterations = int.MaxValue, StopOnSuccess = true, FlaggedCost = _options.FlaggedCost },
            Scores = _options.Scores ?? _kind,
            Seed = _options.Seed,
            BatchRows = _options.BatchRows,
            Prior = stage.Number == 1 ? _options.Prior : null,
            Count = isFirst ? _options.Count : null,
            AllowNoCorrect = !isFirst,
            Shard = isFirst ? _options.Shard : null,
            ScaleOn = isFirst ? null : _scaleOn,
        };
        string? path = stage.Folder is null ? null : Path.Combine(Folder!, stage.Folder);
        AttackResult? finished = path is null || AttackSession.IsInterrupted(path) ? null : AttackResult.ReadFinished(path);
        if (finished?.Cost is { } earlier)
        {
            // With the cost of the runs before it.
            spent(earlier);
        }

        var session = new AttackSession(_oracle, isFirst ? _images : _images.Select(standing), [method], options)
        {
            Folder = path, Around = Around, Command = Command, Time = Time, PartOf = _options.Shard, Places = isFirst ? null : standing, CountsLoading = isFirst,
        };
        AttackResult found = finished ?? session.Run(progress, cancellation);
        Interruption = session.Interruption;
        if (isFirst)
        {
            // Later methods run on what the earlier ones left, which μ and c must not depend on: a shard leaves other images than the whole.
            ImageResult[] own = [.. found.Runs.SelectMany(run => run.Images).Take(RunScale.Images)];
            ShardRecord? record = _options.Shard is null || found.Sharing is not null ? null : ShardRecord.In(path!);
            (IReadOnlyList<int> first, IReadOnlyList<int> labels) = _options.Shard is null ? ([.. own.Select(image => _indices[image.Name])], [.. own.Select(image => image.Label)])
                : found.Sharing is { } sharing ? (sharing.First, sharing.FirstLabels) : (record?.First ?? [], record?.FirstLabels ?? []);
            _scaleOn = _images.Select(first).WithLabels([.. labels]);

            // Nor may the kind of scores, which few images can hide.
            _kind = ScoreKinds.Of(found.Model.Output);
        }

        return found;
    }

    // Images are told apart by their names, and balls by the names of their folders.
    private void ThrowIfAmbiguous()
    {
        if (_indices.Count < _images.Count)
        {
            string twice = Enumerable.Range(0, _images.Count).Select(_images.ImageName).CountBy(name => name).First(pair => pair.Value > 1).Key;
            throw new InputException($"Several images have the name '{twice}', by which an audit tells them apart; give each a name of its own.") { Argument = "Images" };
        }

        if (_options.Epsilons.CountBy(epsilon => epsilon.ToString("G6", CultureInfo.InvariantCulture)).FirstOrDefault(pair => pair.Value > 1).Key is { } same)
        {
            throw new InputException($"Several radii ε are {same} to six digits, too near to be told apart; leave all but one of them out.") { Argument = nameof(AttackLoss.Epsilon) };
        }
    }

    private (string Name, long Budget)[] Methods()
    {
        if (_options.Methods.Count == 0)
        {
            throw new InputException($"No method with labels only is for {_options.Norm.Symbol()} balls; give l2 or linf.") { Argument = nameof(AttackLoss.Norm) };
        }

        double widest = _options.Norm.Widest(_oracle.InputLength);
        if (_options.Epsilons[^1] > widest)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture, $"ε = {_options.Epsilons[^1]:G6} is more than {widest:G6}, the width of the box in {_options.Norm.Symbol()}, so every image is allowed; give less.")) { Argument = nameof(AttackLoss.Epsilon) };
        }

        // A method whose share has no room for one of its steps leaves its share to the others.
        AuditMethod[] fitting = [.. _options.Methods.Where(method => (long)(method.Share * _options.Budget) >= FewestQueries(method))];
        if (fitting.Length == 0)
        {
            fitting = [.. _options.Methods.Where(method => FewestQueries(method) <= _options.Budget).Take(1)];
        }

        if (fitting.Length == 0)
        {
            string flagged = _options.FlaggedCost is { } cost ? string.Create(CultureInfo.InvariantCulture, $" whose queries are all flagged, at {cost:G6} each") : "";
            throw new InputException($"A budget of {_options.Budget} has no room for one step of any method{flagged}; give more.") { Argument = nameof(AuditOptions.Budget) };
        }

        long[] budgets = [.. fitting.Select(method => (long)(method.Share * _options.Budget))];
        budgets[^1] += _options.Budget - budgets.Sum();
        return [.. fitting.Zip(budgets, (method, budget) => (method.Name, budget))];
    }

    // With all of them flagged, as a step has to fit.
    private double FewestQueries(AuditMethod method)
    {
        using NamedOptimizer optimizer = NamedOptimizer.Create(method.Name);
        return (_options.FlaggedCost ?? 1) * (Around.Answers ?? 1) * _oracle.AnswersPerRow * (optimizer.Optimizer.AsksPoints ? 1 : optimizer.Optimizer.Directions + 2);
    }

    private AuditResult Empty() => new()
    {
        Command = Command,
        Partial = true,
        Seed = _options.Seed,
        Model = AttackedModel.Of(_oracle, _options.Scores ?? ScoreKind.Logits),
        Dataset = _images.Name,
        Norm = _options.Norm,
        Budget = _options.Budget,
        FlaggedCost = _options.FlaggedCost,
        LabelsOnly = _options.LabelsOnly,
        Require = _options.Require,
        Prior = _options.Prior?.Origin,
        Methods = _options.Methods,
    };

    // A finished audit is replaced. An interrupted one is continued if it asks the same.
    private void ThrowIfAnother(AuditResult mine)
    {
        string path = Path.Combine(Folder!, "audit.identity");
        RunIdentity identity = Identity(mine);
        string text = string.Join('\n', identity.Select(pair => $"{pair.Key}={pair.Value}"));
        bool same = File.Exists(path) && File.ReadAllText(path) == text;
        if (!same && (File.Exists(ResultFile(Folder!)) || File.Exists(path)))
        {
            throw new InputException($"The output folder '{Folder}' holds an audit of other images, options or another model; name another folder.") { Argument = nameof(AttackSession.Folder) };
        }

        if (!same)
        {
            AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
        }

        if (_options.Shard is { } shard)
        {
            new ShardRecord { Kind = "audit", Number = shard.Number, Count = shard.Count, Machine = Environment.MachineName, Identity = identity, Command = Command }.WriteTo(Folder!);
        }
    }

    // The file of the model may lie elsewhere on another machine.
    private RunIdentity Identity(AuditResult mine)
    {
        var identity = new RunIdentity
        {
            { "version", mine.Version },
            { "images", $"SHA-256 {_images.Hash()}" },
            { "seed", mine.Seed },
            { "norm", mine.Norm },
            { "epsilons", string.Join(' ', _options.Epsilons.Select(epsilon => epsilon.ToString(CultureInfo.InvariantCulture))) },
            { "budget", mine.Budget },
            { "flagged cost", $"{mine.FlaggedCost}" },
            { "labels only", mine.LabelsOnly.ToString() },
            { "count", _options.Count },
            { "scores", $"{_options.Scores}" },
            { "answers", Around.Answers },
            { "defence", $"{Around.Defence}" },
            { "prior", _options.Prior?.Origin.Sha256 ?? "none" },
            { "shards", _options.Shard?.Count },
        };
        if (_oracle is IClassifier model)
        {
            model.AddTo(identity);
        }
        else
        {
            identity.Add("model", $"{_oracle.InputLength} values, {_oracle.ScoreLength} scores");
        }

        return identity;
    }

    private void Write(AuditResult result)
    {
        if (Folder is not null)
        {
            AtomicFile.Write(ResultFile(Folder), result.WriteTo);
        }
    }
}
