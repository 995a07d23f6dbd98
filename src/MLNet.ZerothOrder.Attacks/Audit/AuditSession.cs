using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
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
        _images = (oracle as OnnxClassifierOracle)?.Fit(images) ?? images;
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
        (string Name, long Budget)[] methods = Methods();
        AuditResult result = Empty() with { Methods = [.. methods.Select(method => new AuditMethod(method.Name, (double)method.Budget / _options.Budget))] };
        if (Folder is not null)
        {
            ResultFolder.EnsureWritable(Folder);
            ThrowIfAnother(result);
            Write(result);
        }

        int wrong = 0;
        SkippedImage[] misclassified = [];
        List<Standing>? standing = null;
        var fallen = new List<AuditImage>();
        var warnings = new List<string>();
        if (_images.IsUnlabelled)
        {
            warnings.Add("The images have no labels, so an image counts as right while the model gives it the class that it gives the unchanged image. How many of these classes are right was not measured.");
        }

        foreach (double epsilon in _options.Epsilons)
        {
            var stages = new List<AuditStage>();
            foreach ((string name, long budget) in methods)
            {
                if (standing is { Count: 0 })
                {
                    break;
                }

                Starting?.Invoke(epsilon, name, standing?.Count ?? Math.Min(_options.Count ?? _images.Count, _images.Count));
                string? folder = Folder is null ? null : string.Create(CultureInfo.InvariantCulture, $"{_options.Norm.Word()}-{epsilon:G6}-{stages.Count + 1}-{name}");
                AttackResult found = Attack(epsilon, name, budget, standing, stages.Count == 0 ? _options.Prior : null, folder, progress, cancellation);
                warnings.AddRange(found.Warnings.Except(warnings));
                result = result with { Model = found.Model, OverheadQueries = result.OverheadQueries + found.OverheadQueries };
                if (standing is null)
                {
                    misclassified = [.. found.Skipped.Where(s => s.Predicted >= 0)];
                    wrong = misclassified.Length;
                    standing = [.. found.Runs.SelectMany(run => run.Images).Select(image => new Standing(_indices[image.Name], image.Name, image.Label))];
                }

                IReadOnlyList<ImageResult> images = found.Runs.Count > 0 ? found.Runs[0].Images : [];
                Dictionary<string, ImageResult> byName = images.ToDictionary(image => image.Name);
                foreach (Standing image in standing.ToArray())
                {
                    if (!byName.TryGetValue(image.Name, out ImageResult? attacked))
                    {
                        continue;
                    }

                    if (!attacked.Success)
                    {
                        image.Queries += attacked.Queries;
                        continue;
                    }

                    standing.Remove(image);
                    fallen.Add(new AuditImage(
                        image.Name, image.Label, name, image.Queries + (attacked.QueriesToFirstSuccess ?? attacked.Queries), attacked.AdversarialLabel,
                        folder is not null && attacked.ImageFile is { } file ? $"{folder}/{file}" : null));
                }

                if (images.Count(image => image.Failure is not null) is > 0 and var failed)
                {
                    warnings.Add($"The model failed on {failed} image{(failed == 1 ? "" : "s")} in {name}; they count as standing.");
                }

                if (images.Count(image => !image.Success && image.SavedSuccess == false) is > 0 and var unsaved)
                {
                    warnings.Add(string.Create(
                        CultureInfo.InvariantCulture, $"{name} at ε = {epsilon:G4} fooled the model with {unsaved} image{(unsaved == 1 ? "" : "s")} of which no 8-bit file inside the ball does; they count as standing."));
                }

                stages.Add(new AuditStage(name, budget, images.Count, images.Count(image => image.Success), images.Sum(image => image.Queries), folder));
                if (found.Partial)
                {
                    return End(result with { Levels = [.. result.Levels, Level(epsilon, stages)] }, partial: true);
                }
            }

            result = result with { Levels = [.. result.Levels, Level(epsilon, stages)] };
            standing?.ForEach(image => image.Queries = 0);
        }

        return End(result, partial: false);

        AuditResult End(AuditResult end, bool partial)
        {
            int right = (standing?.Count ?? 0) + fallen.Count;
            end = end with
            {
                Partial = partial,
                Warnings = warnings,
                CleanAccuracy = _images.IsUnlabelled ? null : AuditShare.From(right, right + wrong),
                Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            };
            Write(end);
            return end;
        }

        AuditLevel Level(double epsilon, List<AuditStage> stages)
        {
            int of = standing!.Count + fallen.Count + wrong;
            return new AuditLevel(
                epsilon, AuditShare.From(standing.Count, of), stages,
                [
                    .. standing.Select(s => s.Label).Concat(fallen.Select(f => f.Label)).Concat(misclassified.Select(m => m.Label)).CountBy(label => label).OrderBy(pair => pair.Key)
                        .Select(pair => new AuditClass(pair.Key, AuditShare.From(standing.Count(s => s.Label == pair.Key), pair.Value))),
                ],
                [.. fallen, .. standing.Select(s => new AuditImage(s.Name, s.Label, null, s.Queries, null, null))]);
        }
    }

    private AttackResult Attack(
        double epsilon, string name, long budget, List<Standing>? standing, IDirectionPrior? prior, string? folder, Action<AttackProgress>? progress, CancellationToken cancellation)
    {
        using NamedOptimizer method = NamedOptimizer.Create(name);
        var options = new AttackOptions
        {
            Loss = new AttackLoss { Norm = _options.Norm, Epsilon = epsilon, LabelsOnly = _options.LabelsOnly },
            Limits = new RunLimits { Budget = budget, Iterations = int.MaxValue, StopOnSuccess = true },
            Scores = _options.Scores,
            Seed = _options.Seed,
            BatchRows = _options.BatchRows,
            Prior = prior,
            Count = standing is null ? _options.Count : null,
            AllowNoCorrect = standing is not null,
        };
        string? path = folder is null ? null : Path.Combine(Folder!, folder);
        if (path is not null && !AttackSession.IsInterrupted(path) && Finished(path) is { } finished)
        {
            return finished;
        }

        ImageSet images = standing is null ? _images : _images.Select([.. standing.Select(image => image.Index)]);
        var session = new AttackSession(_oracle, images, [method], options) { Folder = path, Around = Around, Command = Command, Time = Time };
        return session.Run(progress, cancellation);
    }

    private static AttackResult? Finished(string folder)
    {
        string file = Path.Combine(folder, "result.json");
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
            return AttackResult.Parse(json.RootElement) is { Partial: false } result ? result : null;
        }
        catch (JsonException)
        {
            return null;
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
            throw new InputException($"A budget of {_options.Budget} has no room for one step of any method; give more.") { Argument = nameof(AuditOptions.Budget) };
        }

        long[] budgets = [.. fitting.Select(method => (long)(method.Share * _options.Budget))];
        budgets[^1] += _options.Budget - budgets.Sum();
        return [.. fitting.Zip(budgets, (method, budget) => (method.Name, budget))];
    }

    private static long FewestQueries(AuditMethod method)
    {
        using NamedOptimizer optimizer = NamedOptimizer.Create(method.Name);
        return optimizer.Optimizer.AsksPoints ? 1 : optimizer.Optimizer.Directions + 2;
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
        LabelsOnly = _options.LabelsOnly,
        Require = _options.Require,
        Prior = _options.Prior?.Origin,
        Methods = _options.Methods,
    };

    // A finished audit is replaced. An interrupted one is continued if it asks the same.
    private void ThrowIfAnother(AuditResult mine)
    {
        string identity = Path.Combine(Folder!, "audit.identity");
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{mine.Version}\n{mine.Model}\n{_images.Hash()}\n{mine.Seed}\n{mine.Norm}\n{string.Join(' ', _options.Epsilons)}\n{mine.Budget}\n{mine.LabelsOnly}\n{_options.Count}\n{Around.Answers}\n{Around.Defence}\n{_options.Prior?.Origin.Sha256}");
        if (File.Exists(identity) && File.ReadAllText(identity) == text)
        {
            return;
        }

        if (File.Exists(ResultFile(Folder!)) || File.Exists(identity))
        {
            throw new InputException($"The output folder '{Folder}' holds an audit of other images, options or another model; name another folder.") { Argument = nameof(AttackSession.Folder) };
        }

        AtomicFile.Write(identity, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    private void Write(AuditResult result)
    {
        if (Folder is not null)
        {
            AtomicFile.Write(ResultFile(Folder), result.WriteTo);
        }
    }

    private sealed record Standing(int Index, string Name, int Label)
    {
        public long Queries { get; set; }
    }
}
