using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The common part of <c>zo attack</c> and <c>zo compare</c>: everything but the choice of optimizers.</summary>
internal sealed class AttackExecution
{
    private readonly TargetOptions _target;
    private readonly ImageOptions _images = new(DatasetSplit.Test);
    private readonly LearnedRunOptions _learned = new();
    private readonly RunOptions _run = new();
    private readonly PriorOption _prior = new();
    private readonly OracleDecoratorOptions _oracle = new();
    private readonly ShardOption _shard = new();
    private readonly Option<string> _out = new("--out") { Description = "The output folder. Earlier results in it are replaced (default: out/<time>).", HelpName = "DIR" };
    private readonly Option<string> _resume = new("--resume") { Description = "Resume the interrupted run in this output folder, with the options of its start.", HelpName = "DIR" };
    private readonly Option<double?> _every = Numbers.Real("--checkpoint-every", "Seconds between two checkpoints, from which an interrupted run is resumed (default: 2).", "SECONDS", 0.01, 1e6);
    private readonly Option<bool> _figures = ReportCommand.Figures();
    private readonly Option<bool> _json = new("--json") { Description = "Print the result document on standard output, and nothing else." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Do not show progress." };
    private readonly Option<ComposedSteps?> _composed = Choices.Of(
        "--composed", "Whether a step is one call of a graph composed around the model: auto (on for CUDA only), on or off (default: auto).",
        ("auto", ComposedSteps.Auto), ("on", ComposedSteps.On), ("off", ComposedSteps.Off));

    private readonly TableOptions? _table;
    private readonly Session _session;
    private readonly int? _levels;
    private readonly bool _compares;

    public AttackExecution(Command command, Session session, int? levels = null, bool compares = false)
    {
        _session = session;
        _levels = levels;
        _compares = compares;
        _target = new TargetOptions(session.Terminal);
        _target.AddTo(command);
        if (!compares)
        {
            _table = new TableOptions();
            _table.AddTo(command);
        }

        _images.AddTo(command);
        _learned.AddTo(command);
        _run.AddTo(command);
        command.Options.Add(_images.WriteBack);
        command.Options.Add(_prior.Option);
        command.Options.Add(_composed);
        _oracle.AddTo(command);
        _target.AddRemoteTo(command);
        command.Add([_shard.Option, _out, _resume, _every, _figures, _json, _quiet]);
    }

    /// <summary>Runs an attack, or resumes an interrupted one, and prints the result.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="named">Returns the optimizers as typed, and those of them that runs are compared with; null for the hand-designed ones.</param>
    /// <returns>The exit code.</returns>
    public int Execute(ParseResult parsed, Func<ParseResult, (IReadOnlyList<string> Typed, IReadOnlyList<string>? References)> named)
    {
        var invocation = new AttackInvocation(parsed, _session, null, parsed.GetValue(_json), parsed.GetValue(_quiet));
        if (parsed.GetValue(_resume) is { } folder)
        {
            if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => !o.Implicit && o.Option != _resume && o.Option != _json && o.Option != _quiet && o.Option != _target.MaxCost) is { } more)
            {
                throw new InputException($"--resume takes the options that the run was started with; remove {more.Option.Name}.");
            }

            folder = Path.GetFullPath(folder);
            if (_resume.Read(folder, AttackSession.Interrupted) is not { } checkpoint)
            {
                _session.Terminal.Note($"The run in {folder} is finished; nothing is left to do.");
                return ExitCode.Done;
            }

            invocation = invocation.Resumed(checkpoint, folder, _target.MaxCost.Name, _target.Most(parsed));
            if (invocation.Parsed.GetValue(_resume) is not null)
            {
                throw new InputException($"The checkpoint in {folder} says that the run was started with --resume, which none is; start again.");
            }

            invocation = invocation with { Json = invocation.Json || invocation.Parsed.GetValue(_json), Quiet = invocation.Quiet || invocation.Parsed.GetValue(_quiet) };
        }

        (IReadOnlyList<string> typed, IReadOnlyList<string>? references) = named(invocation.Parsed);
        return Execute(invocation, typed, references);
    }

    private int Execute(AttackInvocation invocation, IReadOnlyList<string> typed, IReadOnlyList<string>? references)
    {
        // All input is checked before the first query.
        ParseResult parsed = invocation.Parsed;
        if (_table?.IsGiven(parsed) == true)
        {
            return ExecuteTable(invocation, typed[0]);
        }

        if (_table is not null && !ImageOptions.AreNamed(parsed) && _target.GivenModel(parsed) is { } named && OnnxTableModel.IsOfTable(named))
        {
            throw new InputException($"Model '{named}' scores rows of a table, not images; name the rows with --table ROWS.csv --label COLUMN.");
        }

        _ = _run.Smoothing(parsed, out bool measureSmoothing);
        SettingsFile? settings = _run.SettingsFor(parsed, _target.File(parsed));
        NamedOptimizerOptions wanted = _learned.Apply(parsed, new NamedOptimizerOptions { Settings = settings, Directions = _run.Directions(parsed), MeasureSmoothing = measureSmoothing });
        AttackLoss loss = _run.Loss(parsed);
        using OnnxPrior? prior = _prior.Open(parsed, _target.File(parsed));
        var optimizers = new List<NamedOptimizer>();
        try
        {
            foreach (string name in typed)
            {
                optimizers.Add(NamedOptimizer.Create(name == NamedOptimizer.Auto ? NamedOptimizer.Best(loss) : name, wanted));
            }

            optimizers.ForEach(optimizer => new OptimizerRegistry().ThrowIfUnfit(optimizer.Optimizer, loss));
            if (prior is not null && parsed.GetValue(_composed) == ComposedSteps.On)
            {
                throw new InputException("--composed is on, but the points of --prior are asked one by one; remove one of the two.");
            }

            _learned.ThrowIfUnheeded(parsed, optimizers);
            _run.ThrowIfNoStep(parsed, optimizers);
            if (parsed.GetValue(_composed) == ComposedSteps.On && _oracle.Given(parsed) is { } around)
            {
                throw new InputException($"--composed is on, but {around} works on single rows and cannot see the steps of a composed graph; remove one of the two.");
            }

            if (parsed.GetValue(_composed) == ComposedSteps.On && _run.CountsFlagged(parsed))
            {
                throw new InputException("--composed is on, but --flagged-cost counts single rows, which a composed graph does not tell; remove one of the two.");
            }

            if (parsed.GetValue(_composed) == ComposedSteps.On && optimizers.Find(o => o.Optimizer is not IEstimateOptimizer { Shape: not null }) is { } other)
            {
                throw new InputException(
                    $"--composed is on, but {other.Name.Typed} draws its directions in another way than a composed graph does; remove --composed, or run an optimizer such as zo-prox-plain.");
            }

            Action? starting = !typed.Contains(NamedOptimizer.Auto) || loss.IsMinimalDistortion ? null
                : () => _session.Terminal.Note($"The method is {optimizers[^1].Name.Typed}, the default for {loss.Threat}.");

            // A comparison shows every optimizer without the prior and with it.
            List<NamedOptimizer> shown = prior is not null && _compares ? [.. optimizers.SelectMany(optimizer => new[] { optimizer, optimizer.With(prior) })] : optimizers;
            return Execute(invocation, shown, prior, references, settings, starting);
        }
        finally
        {
            optimizers.ForEach(optimizer => optimizer.Dispose());
        }
    }

    private int Execute(AttackInvocation invocation, List<NamedOptimizer> optimizers, OnnxPrior? prior, IReadOnlyList<string>? references, SettingsFile? settings, Action? starting)
    {
        ParseResult parsed = invocation.Parsed;
        Terminal terminal = _session.Terminal;
        Shard? shard = _shard.Of(parsed);
        ImageSet images = _images.Load(parsed, _target.File(parsed));
        OracleOptions around = _oracle.Around(parsed);
        using IClassifier model = _target.Open(parsed, ref images, _images.Classes(parsed, _target.File(parsed)), ref around, _session.Cancellation, resumes: invocation.Folder is not null, _run.Batch(parsed));
        AttackOptions options = _run.Options(parsed, _images.Count(parsed), _target.Scores(parsed) ?? model.Scores, _levels) with { Starting = starting, Prior = _compares ? null : prior, Shard = shard };
        var remote = model as RemoteClassifier;
        if (remote is not null)
        {
            // The classifier packs the rows of all callers into requests itself.
            options = options with { BatchRows = null };
        }

        TargetOptions.ThrowIfLabels(model, options.Loss.LabelsOnly);

        string output = invocation.Folder ?? (shard is null ? parsed.GetValue(_out) ?? NewFolder() : ShardOption.Folder(shard, parsed.GetValue(_out)));
        foreach (string name in ResultFolder.ImageFolders)
        {
            _images.ThrowIfHolds(parsed, Path.Combine(output, name));
        }

        var session = new AttackSession(model, images, optimizers, options)
        {
            Folder = output,
            Resume = invocation.Folder is not null || shard is not null,
            CheckpointEvery = parsed.GetValue(_every) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Around = around,
            Classes = _images.Classes(parsed, _target.File(parsed)),
            ReplayFile = _oracle.ReplayFile(parsed),
            Composed = parsed.GetValue(_composed) ?? ComposedSteps.Auto,
            WriteBack = _images.WritesBack(parsed),
            References = references,
            Command = (invocation.Session with { Args = ShardOption.Without(invocation.Session.Args) }).CommandText,
            Arguments = ShardOption.Replace(invocation.Session.Args, shard),
            Note = terminal.Note,
            Time = _session.Time,
        };
        if (invocation.Folder is null)
        {
            NoteDirections(optimizers);
        }

        if (invocation.Folder is null && settings is not null && _run.UnfitSettings(parsed, settings, model.Info, optimizers) is { } unfit)
        {
            terminal.Note(unfit);
        }

        AttackResult result;
        using (var progress = new ProgressLine(terminal, !invocation.Quiet, options, remote?.Cost))
        {
            try
            {
                result = session.Run(progress.Update, _session.Cancellation);
            }
            catch (OperationCanceledException) when (remote?.Cost?.Refusal is { } refusal)
            {
                terminal.Fail($"{refusal.TrimEnd('.')}; nothing was attacked yet; give a higher --max-cost.");
                return ExitCode.Interrupted;
            }
        }

        if (remote?.Summary is { } summary)
        {
            terminal.Note($"{summary}.");
        }

        if (shard is null && options.Count is { } wanted && !result.Partial && result.Runs[0].Images.Count is var found && found < wanted * (long)options.Trials)
        {
            terminal.Note($"{wanted} images were asked for, but {images.Name} has only {found / options.Trials} to attack.");
        }

        Show(invocation, result, output, session.IsCutShort);
        foreach (string warning in result.Warnings.Except(model.Info.Warnings).Except(images.Warnings))
        {
            terminal.Warn(warning);
        }

        if (prior is not null)
        {
            terminal.Note(PriorOption.Note(prior, model.Info.Sha256));
        }

        if (session.Interruption is not { } why)
        {
            if (shard is not null)
            {
                terminal.Note($"This is shard {shard}, {result.Runs[0].Images.Count} of the run's results; 'zo merge' makes the whole of all shards.");
            }

            return ExitCode.Done;
        }

        terminal.Fail($"{why}; partial results are in {output}; resume with --resume {output}{(remote?.Cost?.Refusal is null ? "" : " and a higher --max-cost")}.");
        return result.Failure is null ? ExitCode.Interrupted : ExitCode.OracleFailed;
    }

    private int ExecuteTable(AttackInvocation invocation, string typed)
    {
        ParseResult parsed = invocation.Parsed;
        if (_shard.Of(parsed) is not null)
        {
            throw new InputException("--shard is for images, not for the rows of --table; remove it.");
        }

        using NamedOptimizer optimizer = typed is NamedOptimizer.Auto or ThresholdSearch.Called ? new NamedOptimizer(new ThresholdSearch())
            : NamedOptimizer.Create(typed, new NamedOptimizerOptions { Directions = _run.Directions(parsed) });
        if (optimizer.Optimizer is not ThresholdSearch)
        {
            _run.ThrowIfNoStep(parsed, [optimizer]);
        }
        else if (_run.IdleForPoints(parsed) is { } idle)
        {
            throw new InputException($"{idle} has no effect on {optimizer.Name.Typed}, which asks points of its own; remove it.");
        }

        using TableTask task = _table!.Open(parsed, _target.GivenModel(parsed) ?? throw new InputException("--model is missing; name the ONNX model that scores rows of this table."), _target.Options(parsed));
        AttackOptions options = _run.OptionsOfTable(parsed, _images.GivenCount(parsed), _target.Scores(parsed));
        return new TableExecution(invocation, task).Execute(
            options, optimizer, _oracle.Around(parsed), parsed.GetValue(_every) is { } seconds ? TimeSpan.FromSeconds(seconds) : null, invocation.Folder ?? parsed.GetValue(_out) ?? NewFolder());
    }

    private void Show(AttackInvocation invocation, AttackResult result, string output, bool isCutShort)
    {
        Terminal terminal = _session.Terminal;
        if (!isCutShort)
        {
            Report page = ResultReport.Write(result, output);
            if (invocation.Parsed.GetValue(_figures))
            {
                ReportCommand.Draw(page, Path.Combine(output, "figures"), terminal);
            }
        }

        if (invocation.Json)
        {
            terminal.Output.WriteLine(result.ToJson());
        }
        else if (!isCutShort)
        {
            ResultTable.Write(result, output, terminal);
        }

        if (isCutShort)
        {
            int lacking = result.Runs.Sum(run => run.Images.Count(i => i.OriginalFile is null));
            string pictures = lacking > 0 ? $"{lacking} of {result.Runs.Sum(run => run.Images.Count)} pictures and the report are" : "the report is";
            terminal.Note($"There was no time after the interruption: {pictures} not written; the numbers are in {Path.Combine(output, "result.json")}, and --resume completes them.");
        }
    }

    private void NoteDirections(List<NamedOptimizer> optimizers)
    {
        NamedOptimizer[] stepping = [.. optimizers.Where(o => !o.Optimizer.AsksPoints)];
        if (stepping.Select(o => o.Optimizer.Directions).Distinct().Count() > 1)
        {
            string each = string.Join(", ", stepping.Select(o => string.Create(CultureInfo.InvariantCulture, $"{o.Name.Short} {o.Optimizer.Directions}")));
            _session.Terminal.Note($"The optimizers use different numbers of directions per step ({each}); give --directions to make their queries equal.");
        }
    }

    /// <summary>A new output folder, named by the time.</summary>
    public static string NewFolder()
    {
        string stem = Path.Combine("out", DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));
        string path = stem;
        for (int i = 2; Directory.Exists(path); i++)
        {
            path = $"{stem}-{i}";
        }

        return path;
    }
}
