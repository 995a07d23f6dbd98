using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary>What <c>zo attack</c> and <c>zo compare</c> share: everything but the naming of optimizers.</summary>
internal sealed class AttackExecution
{
    private readonly TargetOptions _target = new();
    private readonly ImageOptions _images = new(DatasetSplit.Test);
    private readonly RunOptions _run = new();
    private readonly Option<string> _out = new("--out") { Description = "The output folder; out/<time> without it.", HelpName = "DIR" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result document on standard output, and nothing else." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No progress." };
    private readonly string[] _args;
    private readonly CancellationToken _cancellation;

    public AttackExecution(Command command, string[] args, CancellationToken cancellation)
    {
        _args = args;
        _cancellation = cancellation;
        _target.AddTo(command);
        _images.AddTo(command);
        _run.AddTo(command);
        command.Options.Add(_out);
        command.Options.Add(_json);
        command.Options.Add(_quiet);
    }

    public int Execute(ParseResult parsed, IReadOnlyList<string> typed)
    {
        // Everything that can be wrong is looked at before the first query.
        var registry = new OptimizerRegistry();
        foreach (string name in typed)
        {
            OptimizerChoice.Parse(registry, name);
        }

        _ = _run.Smoothing(parsed, out bool measureSmoothing);
        ImageSet images = _images.Load(parsed);
        using OnnxClassifierOracle oracle = _target.Load(parsed, images);
        SettingsFile? settings = _run.SettingsFor(parsed, _target.ModelPath(parsed));
        OptimizerChoice[] choices = [.. typed.Select(t => OptimizerChoice.Make(registry, t, settings, _run.Directions(parsed), measureSmoothing))];
        AttackOptions options = _run.Options(parsed, _images.Count(parsed), _target.Scores(parsed));
        var attack = new BlackBoxAttack(oracle, [.. choices.Select(c => c.Optimizer)], options);
        ResultFolder folder = ResultFolder.Create(parsed.GetValue(_out) ?? NewFolder());
        var report = new AttackReport(folder, oracle.Info, images, options, choices, CommandText());
        report.WriteStart();

        bool json = parsed.GetValue(_json);
        AttackResult result;
        using (var progress = new ProgressLine(!parsed.GetValue(_quiet), options))
        {
            result = attack.Run(images, progress.Update, _cancellation);
        }

        ResultDocument document = report.WriteEnd(result, oracle.EncodingQueries);
        if (json)
        {
            using Stream output = Console.OpenStandardOutput();
            document.WriteTo(output);
        }
        else
        {
            ResultTable.Print(document, folder);
        }

        if (result.Failure is not null)
        {
            Application.Fail(result.Failure.Message);
            return ExitCode.OracleFailed;
        }

        if (result.Partial)
        {
            Application.Fail($"Interrupted; partial results are in {folder.Path}.");
            return ExitCode.Interrupted;
        }

        return ExitCode.Done;
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

    private string CommandText() => string.Join(' ', _args.Prepend("zo").Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:=,@%+".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";
}
