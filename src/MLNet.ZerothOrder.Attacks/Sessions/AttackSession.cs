using System.Globalization;
using System.Security.Cryptography;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// A whole attack run: a <see cref="BlackBoxAttack"/> with an output folder, a lock on it, checkpoints from which an interrupted run
/// is resumed with the same bytes as result, decorators around the oracle, and a result file with pictures.
/// </summary>
/// <remarks>
/// The folder contains <c>result.json</c> (written once after the first step and once at the end), <c>images/</c>,
/// <c>originals/</c>, <c>last/</c> and <c>panel.png</c>, and while the run is unfinished <c>run.checkpoint</c> and <c>run.lock</c>.
/// </remarks>
public sealed class AttackSession
{
    private readonly IQueryOracle _oracle;
    private readonly ImageSet _images;
    // A change of single pixels is blurred away in a larger picture. A longer one saturates them and takes their neighbours along. Each factor is one query.
    private static readonly float[] PhotoFactors = [1, 1.5f, 2, 3, 5, 8];

    private readonly IReadOnlyList<NamedOptimizer> _optimizers;
    private readonly AttackOptions _options;
    private readonly IClassifier? _model;
    private RunIdentity? _identity;
    private bool _isStarted;

    /// <summary>Creates a session. It sends no queries before it runs.</summary>
    /// <param name="oracle">The classifier. The caller disposes it.</param>
    /// <param name="images">Labelled images in [0, 1] of the oracle's input length.</param>
    /// <param name="optimizers">The optimizers. There is one run with each, on the same images from the same starts. The caller disposes them.</param>
    /// <param name="options">The options of the attack.</param>
    public AttackSession(IQueryOracle oracle, ImageSet images, IReadOnlyList<NamedOptimizer> optimizers, AttackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(optimizers);
        _oracle = oracle;
        _optimizers = optimizers;
        _options = options ?? new AttackOptions();
        _model = oracle as IClassifier;
        _images = _model?.Fit(images) ?? images;
    }

    /// <summary>The output folder; null for a run that only returns its result.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether an interrupted run in <see cref="Folder"/> is resumed; if not, such a folder is refused (default: true).</summary>
    public bool Resume { get; init; } = true;

    /// <summary>Time between two checkpoints (default: 2 s).</summary>
    public TimeSpan? CheckpointEvery { get; init; }

    /// <summary>The decorators around the oracle.</summary>
    public OracleOptions Around { get; init; } = new();

    /// <summary>A recording whose answers replace the oracle's (<see cref="ReplayOracle"/>); null to query the oracle.</summary>
    public string? ReplayFile { get; init; }

    /// <summary>The names of the model's classes for the result; null for those in the metadata of an ONNX model, if it has some.</summary>
    public ClassNames? Classes { get; init; }

    /// <summary>Whether steps are composed into one graph.</summary>
    public ComposedSteps Composed { get; init; }

    /// <summary>The names of the optimizers to compare with; null for all hand-designed ones, or all if there are none.</summary>
    public IReadOnlyList<string>? References { get; init; }

    /// <summary>
    /// Whether the change of each successful image is also put into the original picture at its own size, written to <c>photos</c> in the <see cref="Folder"/>, and scored after it was fitted
    /// again (<see cref="ImageResult.PhotoSuccess"/>). Without a ball, a change that does not survive this is made up to 8 times as long. Without effect for images that are not files of their own.
    /// </summary>
    public bool WriteBack { get; init; }

    /// <summary>The command line in the result; empty for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>The arguments with which the caller can create an interrupted session again. They are saved in the checkpoint (<see cref="Interrupted"/>).</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Called with notes to the user while the run continues.</summary>
    public Action<string>? Note { get; init; }

    /// <summary>The clock of waits, timeouts and deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The place of each image in the run of which this is a part; null for its own index.</summary>
    internal IReadOnlyList<int>? Places { get; init; }

    /// <summary>The shard of which this run is a part; null for that of the options.</summary>
    internal Shard? PartOf { get; init; }

    /// <summary>Whether the queries that loaded the model count here; they count in the first of an audit's runs alone.</summary>
    internal bool CountsLoading { get; init; } = true;

    /// <summary>Why the last run's result is partial, in one sentence; null if it is complete.</summary>
    public string? Interruption { get; private set; }

    /// <summary>Whether pictures or the report are missing because an interruption left no time for them.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>The checkpoint of the interrupted run in a folder; null if the run there is finished.</summary>
    /// <exception cref="InputException">The folder holds no run, or its checkpoint cannot be used.</exception>
    public static Checkpoint? Interrupted(string folder) => RunFolder.Interrupted(folder);

    /// <summary>Whether a folder holds an interrupted run.</summary>
    public static bool IsInterrupted(string folder) => RunFolder.IsInterrupted(folder);

    /// <summary>Runs the attack, or resumes the interrupted run in <see cref="Folder"/>.</summary>
    /// <param name="progress">Called after every step of every image, on the engine's threads, one call at a time.</param>
    /// <param name="cancellation">Interrupts the run. Its checkpoint and a partial result are written, and the result is returned if a step was finished.</param>
    /// <exception cref="InputException">Images, model, optimizers or folder cannot be used. A folder that the session created is removed.</exception>
    /// <exception cref="OracleException">The oracle failed before the first image's run; a later failure is in the result.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the first image's run.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public AttackResult Run(Action<AttackProgress>? progress = null, CancellationToken cancellation = default)
    {
        using ReplayOracle? replay = Replay();
        if (Folder is null)
        {
            using var stack = new OracleStack((IQueryOracle?)replay ?? _oracle, Around, (_, _) => { }, time: Time, cancellation: cancellation);
            AttackResult result = Describe(Attack(stack.Oracle, sending: null, isResumed: false).Run(_images, progress, stack.Ends)) with { Cost = (_oracle as IAsyncQueryOracle)?.Cost?.Spent };
            Interruption = WhyPartial(result, null, stack);
            return result;
        }

        using var deadlines = new ShutdownDeadlines(Time, cancellation);
        bool isNew = !Directory.Exists(Folder);
        var files = ResultFolder.Create(Folder);
        using var folder = new RunFolder(Folder, Resume);
        try
        {
            if (Shard is not null && folder.From is null && FinishedShard() is { } finished)
            {
                return finished;
            }

            return Run(folder, files, replay, deadlines, progress, cancellation);
        }
        catch (InputException) when (folder.From is null && !_isStarted)
        {
            // The folder belongs to the run only after the first answer to the attack itself, which shows that the input is valid.
            folder.Remove();
            if (Shard is not null && isNew)
            {
                File.Delete(Path.Combine(Folder, ShardRecord.FileName));
            }

            files.DeleteIfUnused();
            if (Shard is not null)
            {
                Shard.DeleteIfEmpty(Folder);
            }

            throw;
        }
    }

    private AttackResult Run(
        RunFolder folder, ResultFolder files, ReplayOracle? replay, ShutdownDeadlines deadlines, Action<AttackProgress>? progress, CancellationToken cancellation)
    {
        CheckpointKeeper keeper = folder.Keep(Identity(), Arguments, CheckpointEvery, _model?.LoadingQueries ?? 0, Around.Answers ?? 1);
        CostMeter? cost = (_oracle as IAsyncQueryOracle)?.Cost;
        // The counted rows hold those of loading the model, which the meter has charged. It may also have charged earlier runs, as of an audit.
        cost?.Continue(cost.Rows - (_model?.LoadingQueries ?? 0) + folder.Counted(RunCount.Asked) + folder.Counted(RunCount.Retried) + folder.Counted(RunCount.Checked) - folder.Counted(RunCount.Cached));
        using var stack = new OracleStack((IQueryOracle?)replay ?? _oracle, Around, folder.Count, folder.From is not null, Time, cancellation);
        _isStarted = false;
        AttackResult result;
        try
        {
            AttackResult found = Attack(stack.Oracle, queries => folder.Count(RunCount.Asked, queries), folder.From is not null).Run(
                _images,
                state =>
                {
                    if (!_isStarted)
                    {
                        _isStarted = true;
                        files.Write(Unfinished());
                    }

                    progress?.Invoke(state);
                },
                stack.Ends, keeper, deadlines.Checks);
            result = Write(Describe(found) with { ResentQueries = folder.ResentQueries }, found.Sharing!, files, deadlines, stack.Oracle, counted => counted with
            {
                RetriedQueries = folder.Counted(RunCount.Retried),
                CheckQueries = folder.Counted(RunCount.Checked),
                CachedQueries = folder.Counted(RunCount.Cached),
                Cost = cost?.Spent,
            });
        }
        catch (Exception e) when (e is OracleException or OperationCanceledException || (_isStarted && e is InputException))
        {
            keeper.Write();
            folder.RemoveIfEmpty();
            files.Write(Unfinished() with { Failure = e as OracleException });
            throw stack.Failure is { } unwritten ? new IOException(unwritten.Message, unwritten)
                : e is InputException ? new InputException($"{e.Message.TrimEnd('.')}; the answers so far are kept in {Folder}, so resume the run there when this is corrected.", e) : e;
        }

        IsCutShort = result.Partial && deadlines.ArePast;
        Interruption = WhyPartial(result, keeper, stack);
        if (!result.Partial)
        {
            folder.Remove();
        }

        return result;
    }

    private BlackBoxAttack Attack(IQueryOracle asked, Action<int>? sending, bool isResumed) =>
        new(asked, [.. _optimizers.Select(o => o.Optimizer)], _options with { Steps = Steps(sending) ?? _options.Steps, Note = isResumed ? null : Note ?? _options.Note });

    private ReplayOracle? Replay()
    {
        if (ReplayFile is null)
        {
            return null;
        }

        var replay = ReplayOracle.Read(ReplayFile);
        if (replay.InputLength == _oracle.InputLength && replay.ScoreLength == _oracle.ScoreLength)
        {
            return replay;
        }

        replay.Dispose();
        throw new InputException(
            $"Recording {ReplayFile} holds rows of {replay.InputLength} pixels and {replay.ScoreLength} scores, the model takes {_oracle.InputLength} and gives {_oracle.ScoreLength}; name the recording of this model.") { Argument = nameof(ReplayFile) };
    }

    private Func<AttackLoss, StepShape, IStepOracle?>? Steps(Action<int>? sending)
    {
        if (Composed == ComposedSteps.On && !_options.Loss.IsMinimalDistortion)
        {
            throw new InputException($"Steps are composed for minimal distortion only, not for {_options.Loss.Threat}; leave Composed out.");
        }

        bool isPlain = Around.IsEmpty && ReplayFile is null;
        if (Composed == ComposedSteps.On)
        {
            OnnxClassifierOracle model = _model as OnnxClassifierOracle ?? throw new InputException("Composed is On, but only the steps of an OnnxClassifierOracle can be composed into a graph; use such an oracle, or set Composed to Auto.");
            if (!isPlain)
            {
                throw new InputException("Composed is On, but decorators and recordings (Around, ReplayFile) work on single rows and cannot see the steps of a composed graph; set Composed to Auto, or remove them.");
            }

            return (loss, shape) => model.ComposeSteps(loss, shape, sending: sending);
        }

        if (Composed == ComposedSteps.Off || !isPlain || _model is not OnnxClassifierOracle cuda || !cuda.Info.Device.StartsWith("cuda", StringComparison.Ordinal))
        {
            return null;
        }

        return (loss, shape) =>
        {
            try
            {
                return cuda.ComposeSteps(loss, shape, sending: sending);
            }
            catch (InputException e)
            {
                Note?.Invoke($"The model is asked row by row: {e.Message}");
                return null;
            }
        };
    }

    // Completes the result with the names and settings of the optimizers, the comparisons and the model.
    private AttackResult Describe(AttackResult result)
    {
        IReadOnlyList<string> references = ComparedWith();
        AttackRun[] runs = [.. result.Runs.Select((run, r) => run with { Optimizer = _optimizers[r].Name.Typed, Settings = _optimizers[r].Settings.In(run.Settings) })];
        (string Optimizer, IReadOnlyList<ImageResult> Images)[] compared = [.. runs.Where(run => references.Contains(run.Optimizer)).Select(run => (run.Optimizer, run.Images))];
        return result with
        {
            Command = Command,
            Model = AttackedModel.Of(_oracle, result.Scores, Classes),
            Warnings = [.. runs.SelectMany(run => RunWarnings.Of(run, result.Scores)), .. _model?.Info.Warnings ?? [], .. _images.Warnings],
            OverheadQueries = result.OverheadQueries + LoadingQueries,
            Runs = [.. runs.Select(run => run with { Comparison = RunComparison.From(run.Images, compared) })],
        };
    }

    private IReadOnlyList<string> ComparedWith() => References ?? (_optimizers.Any(o => o.IsHandDesigned)
        ? [.. _optimizers.Where(o => o.IsHandDesigned).Select(o => o.Name.Typed)] : [.. _optimizers.Select(o => o.Name.Typed)]);

    private IReadOnlyList<string> SubFolders() => ResultFolder.SubFolders(_optimizers.Select(o => o.Name.Short));

    private Shard? Shard => PartOf ?? _options.Shard;

    private int LoadingQueries => CountsLoading ? _model?.LoadingQueries ?? 0 : 0;

    private ShardRecord Record(AttackResult? result, ShardSharing? sharing, long photoQueries) => new()
    {
        Kind = _optimizers.Count > 1 ? "compare" : "attack",
        Number = Shard!.Number,
        Count = Shard.Count,
        Machine = Environment.MachineName,
        Identity = Identity(),
        Command = Command,
        Images = result is null or { Runs.Count: 0 } ? [] : [.. result.Runs[0].Images.Select(image => Places?[image.Index] ?? image.Index)],
        Skipped = [.. (result?.Skipped ?? []).Select(image => Places?[image.Index] ?? image.Index)],
        First = sharing?.First ?? [],
        FirstLabels = sharing?.FirstLabels ?? [],
        SharedQueries = (sharing?.SharedQueries ?? 0) + LoadingQueries,
        OwnQueries = (sharing?.OwnQueries ?? 0) + photoQueries,
        AnswersPerRow = sharing?.AnswersPerRow ?? 1,
        Warnings = [.. _model?.Info.Warnings ?? [], .. _images.Warnings],
        References = ComparedWith(),
        SubFolders = _optimizers.Count > 1 ? SubFolders() : [],
    };

    // A task that is started again after its end, as schedulers do, keeps what it has. The folder of another run is not replaced, unlike that of a whole run: it belongs to other shards.
    private AttackResult? FinishedShard()
    {
        ShardRecord own = Record(null, null, 0);
        if (ShardRecord.In(Folder!) is not { } earlier)
        {
            own.WriteTo(Folder!);
            return null;
        }

        if (earlier.DifferencesTo(own) is { Length: > 0 } differences)
        {
            throw new InputException($"{Folder} holds shard {earlier.Number}/{earlier.Count} of another run ({differences}); name another output folder.") { Argument = nameof(Folder) };
        }

        return AttackResult.ReadFinished(Folder!);
    }

    private AttackResult Unfinished() => new()
    {
        Command = Command,
        Partial = true,
        Warnings = [.. _model?.Info.Warnings ?? [], .. _images.Warnings],
        Seed = _options.Seed,
        Model = AttackedModel.Of(_oracle, _model?.Info.Scores ?? _options.Scores ?? ScoreKind.Logits, Classes),
        Dataset = _images.Name,
        Fit = _images.Fit,
    };

    // Pictures come first, so that the document can name them. On a full disk they are dropped to save the numbers.
    private AttackResult Write(AttackResult result, ShardSharing sharing, ResultFolder files, ShutdownDeadlines deadlines, IQueryOracle oracle, Func<AttackResult, AttackResult> count)
    {
        long asked = 0;
        bool isCut = false;
        try
        {
            IReadOnlyList<string> subFolders = SubFolders();
            result = result with { Runs = [.. result.Runs.Select((run, r) => run with { Images = Pictures(run, _optimizers.Count > 1 ? subFolders[r] : null) })] };
            result = count(result with { Partial = result.Partial || deadlines.ArePast || isCut, OverheadQueries = result.OverheadQueries + asked });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            files.DeletePictures();
            files.Write(count(result with { Partial = true }));
            throw;
        }

        if (Shard is not null)
        {
            Record(result, sharing, asked).WriteTo(Folder!);
        }

        files.Write(result);
        return result;

        IReadOnlyList<ImageResult> Pictures(AttackRun run, string? subFolder)
        {
            if (!deadlines.ArePast)
            {
                files.WritePanel(subFolder, _images.Shape, run.Images);
            }

            return files.WriteImages(subFolder, _images.Shape, run.Images, () => deadlines.ArePast, WriteBack ? Photo : null);
        }

        (byte[] File, bool Success)? Photo(ImageResult image)
        {
            (byte[] File, bool Success)? first = null;
            ReadOnlyMemory<float> original = image.Original, changed = image.Adversarial!.Value;
            var objective = new AttackObjective(original, image.Label, oracle.ScoreLength, _options.Loss with { Target = image.Target ?? _options.Loss.Target, TargetChoice = null, Scores = result.Scores });
            foreach (float factor in _options.Loss.IsMinimalDistortion ? PhotoFactors : [1])
            {
                float[] longer = changed.ToArray();
                for (int i = 0; i < longer.Length && factor > 1; i++)
                {
                    longer[i] = original.Span[i] + (factor * (changed.Span[i] - original.Span[i]));
                }

                if (deadlines.ArePast || _images.WriteBack(image.Index, longer) is not { } back)
                {
                    return first;
                }

                asked += oracle.AnswersPerRow;
                float[] scores;
                try
                {
                    scores = oracle.ScoreRows(1, (_, input) => back.Image.CopyTo(input), default, failedCalls: 2, out OracleException?[] failures, default);
                    if (failures[0] is not null)
                    {
                        return first;
                    }
                }
                catch (OperationCanceledException)
                {
                    // Interrupted, or the cost limit is reached.
                    isCut = true;
                    return first;
                }

                if (objective.Margin(scores) < 0)
                {
                    return (back.File, true);
                }

                first ??= (back.File, false);
            }

            return first;
        }
    }

    private static string? WhyPartial(AttackResult result, CheckpointKeeper? keeper, OracleStack stack) =>
        !result.Partial ? null
        : (result.Failure?.Message ?? (keeper?.Failure is { } unkept ? $"The checkpoint could not be written ({unkept.Message.TrimEnd('.')})"
            : stack.Refusal ?? "Interrupted")).TrimEnd('.');

    // Everything that determines the numbers. The file of a learned optimizer may have moved; its hash identifies it.
    private RunIdentity Identity() => _identity ??= NewIdentity();

    private RunIdentity NewIdentity()
    {
        var identity = new RunIdentity
        {
            { "version", AttackResult.LibraryVersion },
            { "images", $"SHA-256 {_images.Hash()}" },
            { "seed", _options.Seed },
            { "count", _options.Count },
            { "first trial", _options.FirstTrial },
            { "composed", Composed },
            { "given weight", _options.Loss.HasDefaultWeight ? null : _options.Loss.DistortionWeight },
        };
        if (WriteBack)
        {
            identity.Add("write back", "yes");
        }

        if (Around.Defence is { } defence)
        {
            identity.Add("defence", $"{defence}");
        }

        if (PartOf is null && _options.Shard is { } shard)
        {
            identity.Add("shards", shard.Count);
        }

        if (Around.Answers is > 1 and var answers)
        {
            identity.Add("answers", answers);
        }

        if (_model is not null)
        {
            _model.AddTo(identity);
        }
        else
        {
            identity.Add("model", $"{_oracle.InputLength} values, {_oracle.ScoreLength} scores");
        }

        if (ReplayFile is not null)
        {
            using FileStream stream = File.OpenRead(ReplayFile);
            identity["recording"] = $"SHA-256 {Convert.ToHexStringLower(SHA256.HashData(stream))}";
        }

        foreach (NamedOptimizer optimizer in _optimizers)
        {
            double? smoothing = _options.Smoothing ?? optimizer.Optimizer.Smoothing;
            IZerothOrderOptimizer run = _options.Prior is { } prior ? new PriorOptimizer(optimizer.Optimizer, prior) : optimizer.Optimizer;
            RunSettings settings = optimizer.Settings.In(RunSettings.Of(run, _options, 0, smoothing?.ToString(CultureInfo.InvariantCulture) ?? "measured", Around.Answers ?? 1));
            foreach ((string name, string text) in settings.ToText().Where(setting => setting.Name is not ("file" or "smoothing" or "prior")))
            {
                identity.Add($"{optimizer.Name.Typed} {name}", text.Length > 0 ? text : "none");
            }
        }

        return identity;
    }
}
