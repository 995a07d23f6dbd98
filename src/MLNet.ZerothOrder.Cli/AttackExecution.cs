using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>What <c>zo attack</c> and <c>zo compare</c> share: everything but the naming of optimizers.</summary>
internal sealed class AttackExecution
{
    private readonly TargetOptions _target;
    private readonly ImageOptions _images = new(DatasetSplit.Test);
    private readonly LearnedRunOptions _learned = new();
    private readonly RunOptions _run = new();
    private readonly Option<string> _out = new("--out") { Description = "The output folder, whose earlier results are replaced; out/<time> without it.", HelpName = "DIR" };
    private readonly Option<bool> _figures = ReportCommand.Figures();
    private readonly Option<bool> _json = new("--json") { Description = "Print the result document on standard output, and nothing else." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No progress." };
    private readonly Session _session;

    public AttackExecution(Command command, Session session)
    {
        _session = session;
        _target = new TargetOptions(session.Terminal);
        _target.AddTo(command);
        _images.AddTo(command);
        _learned.AddTo(command);
        _run.AddTo(command);
        command.Options.Add(_out);
        command.Options.Add(_figures);
        command.Options.Add(_json);
        command.Options.Add(_quiet);
    }

    /// <summary>Attacks, writes and prints.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="typed">Optimizers as typed.</param>
    /// <param name="references">Those of them that runs are compared with; null for the hand-designed ones.</param>
    /// <returns>The exit code.</returns>
    public int Execute(ParseResult parsed, IReadOnlyList<string> typed, IReadOnlyList<string>? references = null)
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
            references ??= choices.Any(c => c.IsHandDesigned) ? [.. choices.Where(c => c.IsHandDesigned).Select(c => c.Name.Typed)] : typed;
            return Execute(parsed, choices, references);
        }
        finally
        {
            choices.ForEach(choice => choice.Dispose());
        }
    }

    private int Execute(ParseResult parsed, List<OptimizerChoice> choices, IReadOnlyList<string> references)
    {
        ImageSet images = _images.Load(parsed);
        using OnnxClassifierOracle oracle = _target.Load(parsed, images);
        AttackOptions options = _run.Options(parsed, _images.Count(parsed), _target.Scores(parsed));
        var attack = new BlackBoxAttack(oracle, [.. choices.Select(c => c.Optimizer)], options);
        string output = parsed.GetValue(_out) ?? NewFolder();
        foreach (string name in ResultFolder.ImageFolders)
        {
            _images.ThrowIfHolds(parsed, Path.Combine(output, name));
        }

        ResultFolder folder = ResultFolder.Create(output);
        var report = new AttackReport(folder, oracle.Info, images, options, choices, references, _session.CommandText);

        if (choices.Select(c => c.Optimizer.Directions).Distinct().Count() > 1)
        {
            string each = string.Join(", ", choices.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name.Short} {c.Optimizer.Directions}")));
            _session.Terminal.Note($"The optimizers ask different numbers of directions a step ({each}); give --directions to have their queries equal.");
        }

        AttackResult result;
        using (var progress = new ProgressLine(_session.Terminal, !parsed.GetValue(_quiet), options))
        {
            result = Run(attack, images, folder, report, progress);
        }

        if (options.Count is { } wanted && !result.Partial && result.Runs[0].Problems.Count is var found && found < wanted * (long)options.Trials)
        {
            _session.Terminal.Note($"{wanted} images were asked for, but {images.Name} has only {found / options.Trials} to attack.");
        }

        ResultDocument document = report.WriteEnd(result, oracle.EncodingQueries);
        Report page = folder.WriteReport(document);
        if (parsed.GetValue(_figures))
        {
            ReportCommand.Draw(page, Path.Combine(folder.Path, "figures"), _session.Terminal);
        }

        if (parsed.GetValue(_json))
        {
            _session.Terminal.Output.WriteLine(document.ToJson());
        }
        else
        {
            ResultTable.Write(document, folder, _session.Terminal);
        }

        if (result.Failure is not null)
        {
            _session.Terminal.Fail($"{result.Failure.Message.TrimEnd('.')}; partial results are in {folder.Path}.");
            return ExitCode.OracleFailed;
        }

        if (result.Partial)
        {
            _session.Terminal.Fail($"Interrupted; partial results are in {folder.Path}.");
            return ExitCode.Interrupted;
        }

        return ExitCode.Done;
    }

    // The folder is the run's own only when its input has proved good, which the first answer to the attack itself shows.
    private AttackResult Run(BlackBoxAttack attack, ImageSet images, ResultFolder folder, AttackReport report, ProgressLine progress)
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
                _session.Cancellation);
        }
        catch (InputException)
        {
            folder.DeleteIfUnused();
            throw;
        }
        catch (Exception e) when (e is OracleException or OperationCanceledException)
        {
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
