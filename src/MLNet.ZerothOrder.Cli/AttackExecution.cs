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
    private readonly OracleOptions _oracle = new();
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
        _oracle.AddTo(command);
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
        SettingsFile? settings = _run.SettingsFor(parsed, _target.ModelPath(parsed));
        OptimizerWishes wishes = _learned.Apply(parsed, new OptimizerWishes
        {
            Settings = settings,
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
            _run.ThrowIfNoStep(parsed, choices);
            if (parsed.GetValue(_composed) == Composed.On && _oracle.Given(parsed) is { } around)
            {
                throw new InputException($"--composed is on, but {around} is about single rows and sees none of a composed graph's steps; leave one of the two out.");
            }

            if (parsed.GetValue(_composed) == Composed.On && choices.Find(c => c.Optimizer is not IEstimateOptimizer { Shape: not null }) is { } other)
            {
                throw new InputException(
                    $"--composed is on, but {other.Name.Typed} draws its directions in another way than a composed graph does; leave --composed out, or run an optimizer such as zo-prox.");
            }

            references ??= choices.Any(c => c.IsHandDesigned) ? [.. choices.Where(c => c.IsHandDesigned).Select(c => c.Name.Typed)] : typed;
            return Execute(begun, choices, references, settings);
        }
        finally
        {
            choices.ForEach(choice => choice.Dispose());
        }
    }

    private int Execute(Begun begun, List<OptimizerChoice> choices, IReadOnlyList<string> references, SettingsFile? settings)
    {
        ParseResult parsed = begun.Parsed;
        ImageSet images = _images.Load(parsed);
        using OnnxClassifierOracle model = _target.Load(parsed, images);
        using ReplayOracle? replay = _oracle.Replay(parsed, model);
        AttackOptions options = _run.Options(parsed, _images.Count(parsed), _target.Scores(parsed));
        string output = begun.Place?.Folder ?? parsed.GetValue(_out) ?? NewFolder();
        foreach (string name in ResultFolder.ImageFolders)
        {
            _images.ThrowIfHolds(parsed, Path.Combine(output, name));
        }

        using var haste = new Haste(begun.Session);
        ResultFolder folder = ResultFolder.Create(output);
        using RunPlace place = begun.Place ?? RunPlace.Begin(output);
        try
        {
            CheckpointKeeper keeper = place.Keep(
                AttackIdentity.Of(model, _oracle.ReplayFile(parsed), images, choices), begun.Session.Args,
                parsed.GetValue(_every) is { } seconds ? TimeSpan.FromSeconds(seconds) : null, model.EncodingQueries);
            using AskedOracle asked = _oracle.Around(parsed, replay as IQueryOracle ?? model, place, begun.Session);
            var report = new AttackReport(folder, model.Info, images, options, choices, references, begun.Session.CommandText);
            NoteDirections(choices);
            if (settings is not null && _run.UnfitSettings(parsed, settings, model.Info, choices) is { } unfit)
            {
                _session.Terminal.Note(unfit);
            }

            AttackResult result;
            using (var progress = new ProgressLine(_session.Terminal, !begun.Quiet, options))
            {
                result = Run(new BlackBoxAttack(asked.Oracle, [.. choices.Select(c => c.Optimizer)], options), images, report, progress, place, keeper, asked, haste);
            }

            if (options.Count is { } wanted && !result.Partial && result.Runs[0].Problems.Count is var found && found < wanted * (long)options.Trials)
            {
                _session.Terminal.Note($"{wanted} images were asked for, but {images.Name} has only {found / options.Trials} to attack.");
            }

            ResultDocument document = report.WriteEnd(result, model.EncodingQueries, place, haste);
            Show(begun, document, folder, haste);
            if (document.Partial)
            {
                string why = result.Failure?.Message ?? (keeper.Failure is { } e ? $"The checkpoint could not be written ({e.Message.TrimEnd('.')})"
                    : asked.Failure is { } unwritten ? $"The recording could not be written ({unwritten.Message.TrimEnd('.')})" : "Interrupted");
                _session.Terminal.Fail($"{why.TrimEnd('.')}; partial results are in {folder.Path}; go on with --resume {folder.Path}.");
                return result.Failure is null ? ExitCode.Interrupted : ExitCode.OracleFailed;
            }

            place.Remove();
            return ExitCode.Done;
        }
        catch (InputException) when (place.From is null)
        {
            // The folder is the run's own only when its input has proved good, which the first answer to the attack itself shows.
            place.Remove();
            folder.DeleteIfUnused();
            throw;
        }
    }

    private void Show(Begun begun, ResultDocument document, ResultFolder folder, Haste haste)
    {
        bool hasReport = !document.Partial || !haste.IsOver;
        if (hasReport)
        {
            Report page = folder.WriteReport(document);
            if (begun.Parsed.GetValue(_figures))
            {
                ReportCommand.Draw(page, Path.Combine(folder.Path, "figures"), _session.Terminal);
            }
        }

        if (begun.Json)
        {
            _session.Terminal.Output.WriteLine(document.ToJson());
        }
        else if (hasReport)
        {
            ResultTable.Write(document, folder, _session.Terminal);
        }

        if (!hasReport)
        {
            int lacking = document.Runs.Sum(run => run.Problems.Count(p => p.OriginalFile is null));
            string pictures = lacking > 0 ? $"{lacking} of {document.Runs.Sum(run => run.Problems.Count)} pictures and the report are" : "the report is";
            _session.Terminal.Note($"The interruption does not wait: {pictures} not written; the numbers are in {folder.ResultFile}, and --resume ends with all of it.");
        }
    }

    private Func<AttackLoss, StepShape, IStepOracle?>? Steps(ParseResult parsed, OnnxClassifierOracle oracle, Action<int> sending)
    {
        Composed composed = parsed.GetValue(_composed) ?? Composed.Auto;
        if (composed == Composed.On)
        {
            return (loss, shape) => oracle.ComposeSteps(loss, shape, sending: sending);
        }

        if (composed == Composed.Off || _oracle.Given(parsed) is not null || !oracle.Info.Device.StartsWith("cuda", StringComparison.Ordinal))
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

    private void NoteDirections(List<OptimizerChoice> choices)
    {
        if (choices.Select(c => c.Optimizer.Directions).Distinct().Count() > 1)
        {
            string each = string.Join(", ", choices.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name.Short} {c.Optimizer.Directions}")));
            _session.Terminal.Note($"The optimizers ask different numbers of directions a step ({each}); give --directions to have their queries equal.");
        }
    }

    private static AttackResult Run(
        BlackBoxAttack attack, ImageSet images, AttackReport report, ProgressLine progress, RunPlace place, CheckpointKeeper keeper, AskedOracle asked,
        Haste haste)
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
                asked.Ends,
                keeper,
                haste.Checks);
        }
        catch (Exception e) when (e is OracleException or OperationCanceledException)
        {
            keeper.Write();
            place.RemoveIfEmpty();
            report.WriteStart((e as OracleException)?.Message);
            if (asked.Failure is { } unwritten)
            {
                throw new IOException(unwritten.Message, unwritten);
            }

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
