using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo tune</c>.</summary>
internal static class TuneCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("tune", "Finds the best settings of hand-designed optimizers on a few training images, on the paper's grid, and writes them to a file for --settings.");
        var registry = new OptimizerRegistry();
        var optimizers = new Option<string>("--optimizers")
        {
            Description = "Optimizers separated by commas, NAME:antithetic for two-sided differences; all, one-sided, without it.",
            HelpName = "A,B,C",
        };
        var output = new Option<string>("--out") { Description = "The settings file to write; M.settings.json in the current folder without it. Optimizers that it holds already and that are not tuned stay.", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var target = new TargetOptions(session.Terminal);
        var images = new ImageOptions(DatasetSplit.Train);
        var run = new RunOptions();
        command.Options.Add(optimizers);
        target.AddTo(command);
        images.AddTo(command);
        run.AddTo(command, forTuning: true);
        command.Options.Add(output);
        command.Options.Add(quiet);
        command.SetAction(parsed =>
        {
            string[] typed = parsed.GetValue(optimizers) is { } list ? OptimizerNames.Split(list) : [.. registry.Names];
            foreach (string name in typed)
            {
                ThrowIfLearned(OptimizerName.Parse(name), registry);
            }

            ImageSet set = images.Load(parsed);
            using OnnxClassifierOracle oracle = TrainingLabels.Load(session, parsed, target, ref set, images.Count(parsed) ?? set.Count);
            string path = parsed.GetValue(output) ?? Path.GetFileNameWithoutExtension(oracle.Info.Path) + ".settings.json";
            SettingsFile? earlier = Earlier(path, oracle.Info, typed);
            Action<string> say = parsed.GetValue(quiet) ? _ => { } : session.Terminal.Error.WriteLine;
            AttackOptions options = run.Options(parsed, images.Count(parsed), target.Scores(parsed));
            SettingsFile file = Tune(oracle, set, options, registry, typed, run.Directions(parsed) ?? NamedOptimizer.DefaultDirections, earlier, path, say, session.Cancellation);
            foreach (string name in typed)
            {
                session.Terminal.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{name,-24} δ = {file.Optimizers[name].StepSize:G4}{Betas(name, file.Optimizers[name])}  mean final loss {file.MeanFinalLoss[name]:0.000}"));
            }

            session.Terminal.Output.WriteLine($"Settings: {path}");
            return ExitCode.Done;
        });
        return command;
    }

    private static void ThrowIfLearned(OptimizerName name, OptimizerRegistry registry)
    {
        if (name.File is not null)
        {
            throw new InputException(
                $"'{name.Typed}' is not a hand-designed optimizer, and only those are tuned; give some of {string.Join(", ", registry.Names)} (a learned optimizer needs no tuning, and a classifier goes to --model).");
        }
    }

    // What the file holds already, if it is to stay; looked at, like whether the file can be written, before hours of tuning.
    private static SettingsFile? Earlier(string path, OnnxClassifierInfo model, string[] typed)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"--out {path} is a folder; name a file, such as {Path.Combine(path, "settings.json")}.");
        }

        ResultFolder.EnsureWritable(Path.GetDirectoryName(Path.GetFullPath(path))!);
        SettingsFile? earlier = File.Exists(path) ? SettingsFile.Read(path) : null;
        return earlier?.ModelSha256 is { } tuned && tuned != model.Sha256 && earlier.Optimizers.Keys.Except(typed).Any()
            ? throw new InputException($"{path} holds settings for another model ({earlier.Model}, SHA-256 {tuned}), which would be mixed with this one's; name another file with --out.")
            : earlier;
    }

    // The file is written after every optimizer, so that an interrupted tuning keeps what it has.
    private static SettingsFile Tune(
        OnnxClassifierOracle oracle, ImageSet set, AttackOptions options, OptimizerRegistry registry, string[] typed, int directions,
        SettingsFile? earlier, string path, Action<string> say, CancellationToken cancellation)
    {
        var tuned = new SortedDictionary<string, OptimizerSettings>(earlier?.Optimizers.ToDictionary() ?? [], StringComparer.Ordinal);
        var losses = new SortedDictionary<string, double>(earlier?.MeanFinalLoss.ToDictionary() ?? [], StringComparer.Ordinal);
        double? smoothing = options.Smoothing;
        SettingsFile file = new();
        foreach (string name in typed)
        {
            OptimizerName parts = OptimizerName.Parse(name);
            string registered = parts.Base;
            EstimateKind estimate = parts.Suffix is null ? EstimateKind.Forward : EstimateKind.Antithetic;
            double Loss(OptimizerSettings settings)
            {
                AttackResult result = new BlackBoxAttack(oracle, registry.Create(registered, settings), options with { FailedCalls = 0 }).Run(set, cancellation: cancellation);
                cancellation.ThrowIfCancellationRequested();
                if (result.Failure is { } failure)
                {
                    throw failure;
                }

                smoothing ??= result.Runs[0].Settings.Smoothing;
                options = options with { Smoothing = smoothing };
                return result.Runs[0].Summary.MeanFinalLoss;
            }

            var tuner = new GridTuner(Loss, (settings, loss) => say(string.Create(
                CultureInfo.InvariantCulture, $"{name}: δ = {settings.StepSize:G4}{Betas(registered, settings)} gives {loss:0.0000}")));
            (OptimizerSettings best, double bestLoss) = tuner.Tune(
                new OptimizerSettings { Directions = directions, Estimate = estimate }, withBetas: registered == "zo-adam");
            tuned[name] = best with { Smoothing = smoothing };
            losses[name] = bestLoss;
            file = new SettingsFile
            {
                Model = Path.GetFileName(oracle.Info.Path),
                ModelSha256 = oracle.Info.Sha256,
                Task = Describe(set, options, directions),
                DistortionWeight = options.Loss.DistortionWeight,
                Smoothing = smoothing,
                Optimizers = tuned,
                MeanFinalLoss = losses,
            };
            file.Write(path);
        }

        return file;
    }

    private static string Describe(ImageSet set, AttackOptions options, int directions) => string.Create(
        CultureInfo.InvariantCulture,
        $"mean final loss of {(options.Count is { } count ? $"the first {count}" : "all")} correctly classified training images of {set.Name}, seed {options.Seed}, "
        + $"{(options.Loss.Target is { } k ? $"target {k}" : "untargeted")}, {options.Loss.Norm.Word()}, c = {options.Loss.DistortionWeight}, {Words.Of(options.Loss.Transform)}, "
        + $"{options.Limits.Iterations} iterations of {directions} directions");

    private static string Betas(string name, OptimizerSettings settings) =>
        name.StartsWith("zo-adam", StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $", β₁ = {settings.Beta1}, β₂ = {settings.Beta2}") : "";
}
