using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo tune</c>.</summary>
internal static class TuneCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("tune", "Finds the best settings of hand-designed optimizers on a few training images with the paper's grid, and writes them to a file for --settings.");
        var registry = new OptimizerRegistry();
        var optimizers = new Option<string>("--optimizers")
        {
            Description = "Optimizers separated by commas; NAME:antithetic uses two-sided differences (default: all, one-sided).",
            HelpName = "A,B,C",
        };
        var output = new Option<string>("--out") { Description = "The settings file to write (default: M.settings.json in the current folder). Optimizers in it that are not tuned are kept.", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet") { Description = "Do not show progress." };
        var target = new TargetOptions(session.Terminal);
        var images = new ImageOptions(DatasetSplit.Train);
        var run = new RunOptions();
        command.Options.Add(optimizers);
        target.AddTo(command);
        images.AddTo(command);
        run.AddTo(command, forTuning: true);
        command.Add([output, quiet]);
        command.SetAction(parsed =>
        {
            IReadOnlyList<string> typed = parsed.GetValue(optimizers) is { } list ? OptimizerNames.Split(list) : [.. registry.Names];
            foreach (string name in typed)
            {
                TuningSession.ThrowIfLearned(name);
            }

            ImageSet set = images.Load(parsed, target.ModelPath(parsed));
            using OnnxClassifierOracle oracle = target.Load(parsed, ref set);
            string path = parsed.GetValue(output) ?? Path.GetFileNameWithoutExtension(oracle.Info.Path) + ".settings.json";
            SettingsFile file = new TuningSession(oracle, set, path, run.Options(parsed, images.Count(parsed), target.Scores(parsed)))
            {
                Optimizers = typed,
                Directions = run.Directions(parsed) ?? NamedOptimizer.DefaultDirections,
                Note = session.Terminal.Warn,
                Tried = parsed.GetValue(quiet) ? null : (name, settings, loss) => session.Terminal.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{name}: δ = {settings.StepSize:G4}{Betas(name, settings)} gives {loss:0.0000}")),
            }.Run(session.Cancellation);
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

    private static string Betas(string name, OptimizerSettings settings) =>
        name.StartsWith("zo-adam", StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $", β₁ = {settings.Beta1}, β₂ = {settings.Beta2}") : "";
}
