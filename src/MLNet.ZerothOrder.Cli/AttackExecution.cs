using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>What <c>zo attack</c> and <c>zo compare</c> share: everything but the naming of optimizers.</summary>
internal sealed class AttackExecution
{
    private enum Composed
    {
        Auto,
        On,
        Off,
    }

    private readonly TargetOptions _target;
    private readonly ImageOptions _images = new(DatasetSplit.Test);
    private readonly LearnedRunOptions _learned = new();
    private readonly RunOptions _run = new();
    private readonly Option<string> _out = new("--out") { Description = "The output folder, whose earlier results are replaced; out/<time> without it.", HelpName = "DIR" };
    private readonly Option<string> _resume = new("--resume") { Description = "Go on with the interrupted run whose output folder this is, with the options it was begun with.", HelpName = "DIR" };
    private readonly Option<double?> _every = Numbers.Real("--checkpoint-every", "Seconds between two checkpoints, from which an interrupted run goes on; 2 without it.", "SECONDS", 0.01, 1e6);
    private readonly Option<bool> _figures = ReportCommand.Figures();
    private readonly Option<bool> _json = new("--json") { Description = "Print the result document on standard output, and nothing else." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No progress." };
    private readonly Option<Composed?> _composed = Choices.Of(
        "--composed", "Whether a step is one call of a graph composed around the model; auto, the default, is on for CUDA alone.",
        ("auto", Composed.Auto), ("on", Composed.On), ("off", Composed.Off));

    private readonly Session _session;

    public AttackExecution(Command command, Session session)
    {
        _session = session;
        _target = new TargetOptions(session.Terminal);
        _target.AddTo(command);
        _images.AddTo(command);
        _learned.AddTo(command);
        _run.AddTo(command);
        command.Options.Add(_composed);
        command.Options.Add(_out);
        command.Options.Add(_resume);
        command.Options.Add(_every);
        command.Options.Add(_figures);
        command.Options.Add(_json);
        command.Options.Add(_quiet);
    }

    /// <summary>Attacks, writes and prints; or goes on with what was interrupted.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="named">Optimizers as typed on a command line, and those of them that runs are compared with: null for the hand-designed ones.</param>
    /// <returns>The exit code.</returns>
    public int Execute(ParseResult parsed, Func<ParseResult, (IReadOnlyList<string> Typed, IReadOnlyList<string>? References)> named)
    {
        if (parsed.GetValue(_resume) is not { } folder)
        {
            (IReadOnlyList<string> typed, IReadOnlyList<string>? references) = named(parsed);
            return Execute(parsed, typed, references, new Begun(parsed, _session, null, parsed.GetValue(_json), parsed.GetValue(_quiet)));
        }

        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => !o.Implicit && o.Option != _resume && o.Option != _json && o.Option != _quiet) is { } more)
        {
            throw new InputException($"--resume goes on with the options that the run was begun with; leave {more.Option.Name} out.");
        }

        folder = Path.GetFullPath(folder);
        using RunPlace? place = RunPlace.Resume(folder);
        if (place is null)
        {
            _session.Terminal.Note($"The run in {folder} is finished; nothing is left to do.");
            return ExitCode.Done;
        }

        ParseResult begun = Begun.Parse(parsed, place.From!, folder);
        if (begun.GetValue(_resume) is not null)
        {
            throw new InputException($"The checkpoint in {folder} says that the run was begun with --resume, which none is; start anew.");
        }

        (IReadOnlyList<string> names, IReadOnlyList<string>? compared) = named(begun);
        Session session = _session with { Args = [.. place.From!.Command] };
        return Execute(begun, names, compared, new Begun(begun, session, place, parsed.GetValue(_json) || begun.GetValue(_json), parsed.GetValue(_quiet) || begun.GetValue(_quiet)));
    }

    private int Execute(ParseResult parsed, IReadOnlyList<string> typed, IReadOnlyList<string>? references, Begun begun)
    {
        // Everything that can be wrong is looked at before the first query.
        var registry = new OptimizerRegistry();
        _ = _run.Smoothing(parsed, out bool measureSmoothing);
        OptimizerWishes wishes = _learned.Apply(parsed, new OptimizerWishes
        {
            Settings = _run.SettingsFor(parsed, _target.ModelPath(parsed)),
            Directions = _run.Directions(parsed),
            MeasureSmoothing = measureSmoothing,
        });
        var choices = new List<OptimizerChoice>();
        try
        {
            foreach (string name in typed)
            {
                choices.Add(OptimizerChoice.Make(registry, name, wishes));
            }

            _learned.ThrowIfUnheeded(parsed, choices);
            if (parsed.GetValue(_composed) == Composed.On && choices.Find(c => c.Optimizer is not IEstimateOptimizer { Shape: not null }) is { } other)
            {
                throw new InputException(
                    $"--composed is on, but {other.Name.Typed} draws its directions in another way than a composed graph does; leave --composed out, or run an optimizer such as zo-prox.");
            }

            references ??= choices.Any(c => c.IsHandDesigned) ? [.. choices.Where(c => c.IsHandDesigned).Select(c => c.Name.Typed)] : typed;
            return Execute(begun, choices, references);
        }
        finally
        {
            choices.ForEach(choice => choice.Dispose());
        }
    }

    private int Execute(Begun begun, List<OptimizerChoice> choices, IReadOnlyList<string> references)
    {
        ParseResult parsed = begun.Parsed;
        ImageSet images = _images.Load(parsed);
        using OnnxClassifierOracle oracle = _target.Load(parsed, images);
        AttackOptions options = _run.Options(parsed, _images.Count(parsed), _target.Scores(parsed));
        string output = begun.Place?.Folder ?? parsed.GetValue(_out) ?? NewFolder();
        foreach (string name in ResultFolder.ImageFolders)
        {
            _images.ThrowIfHolds(parsed, Path.Combine(output, name));
        }

        ResultFolder folder = ResultFolder.Create(output);
        using RunPlace place = begun.Place ?? RunPlace.Begin(output);
        CheckpointKeeper keeper = place.Keep(
            AttackIdentity.Of(oracle, images, choices), begun.Session.Args, parsed.GetValue(_every) is { } seconds ? TimeSpan.FromSeconds(seconds) : null, oracle.EncodingQueries);
        options = options with { Steps = Steps(parsed.GetValue(_composed) ?? Composed.Auto, oracle, place.Sending) };
        var attack = new BlackBoxAttack(new CountedOracle(oracle, place.Sending), [.. choices.Select(c => c.Optimizer)], options);
        var report = new AttackReport(folder, oracle.Info, images, options, choices, references, begun.Session.CommandText);

        if (choices.Select(c => c.Optimizer.Directions).Distinct().Count() > 1)
        {
            string each = string.Join(", ", choices.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name.Short} {c.Optimizer.Directions}")));
            _session.Terminal.Note($"The optimizers ask different numbers of directions a step ({each}); give --directions to have their queries equal.");
        }

        AttackResult result;
        using (var progress = new ProgressLine(_session.Terminal, !begun.Quiet, options))
        {
            result = Run(attack, images, folder, report, progress, place, keeper);
        }

        if (options.Count is { } wanted && !result.Partial && result.Runs[0].Problems.Count is var found && found < wanted * (long)options.Trials)
        {
            _session.Terminal.Note($"{wanted} images were asked for, but {images.Name} has only {found / options.Trials} to attack.");
        }

        ResultDocument document = report.WriteEnd(result, oracle.EncodingQueries, place.ResentQueries);
        Report page = folder.WriteReport(document);
        if (parsed.GetValue(_figures))
        {
            ReportCommand.Draw(page, Path.Combine(folder.Path, "figures"), _session.Terminal);
        }

        if (begun.Json)
        {
            _session.Terminal.Output.WriteLine(document.ToJson());
        }
        else
        {
            ResultTable.Write(document, folder, _session.Terminal);
        }

        if (result.Partial)
        {
            string why = result.Failure?.Message ?? (keeper.Failure is { } e ? $"The checkpoint could not be written ({e.Message.TrimEnd('.')})" : "Interrupted");
            _session.Terminal.Fail($"{why.TrimEnd('.')}; partial results are in {folder.Path}; go on with --resume {folder.Path}.");
            return result.Failure is null ? ExitCode.Interrupted : ExitCode.OracleFailed;
        }

        place.Remove();
        return ExitCode.Done;
    }

    private Func<AttackLoss, StepShape, IStepOracle?>? Steps(Composed composed, OnnxClassifierOracle oracle, Action<int> sending)
    {
        if (composed == Composed.On)
        {
            return (loss, shape) => oracle.ComposeSteps(loss, shape, sending: sending);
        }

        if (composed == Composed.Off || !oracle.Info.Device.StartsWith("cuda", StringComparison.Ordinal))
        {
            return null;
        }

        return (loss, shape) =>
        {
            try
            {
                return oracle.ComposeSteps(loss, shape, sending: sending);
            }
            catch (InputException e)
            {
                _session.Terminal.Note($"The model is asked row by row: {e.Message}");
                return null;
            }
        };
    }

    // The folder is the run's own only when its input has proved good, which the first answer to the attack itself shows.
    private AttackResult Run(BlackBoxAttack attack, ImageSet images, ResultFolder folder, AttackReport report, ProgressLine progress, RunPlace place, CheckpointKeeper keeper)
    {
        bool started = false;
        try
        {
            return attack.Run(
                images,
                state =>
                {
                    if (!started)
                    {
                        started = true;
                        report.WriteStart(failure: null);
                    }

                    progress.Update(state);
                },
                _session.Cancellation,
                keeper);
        }
        catch (InputException) when (place.From is null)
        {
            place.Remove();
            folder.DeleteIfUnused();
            throw;
        }
        catch (Exception e) when (e is OracleException or OperationCanceledException)
        {
            keeper.Write();
            place.RemoveIfEmpty();
            report.WriteStart((e as OracleException)?.Message);
            throw;
        }
    }

    private static string NewFolder()
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
