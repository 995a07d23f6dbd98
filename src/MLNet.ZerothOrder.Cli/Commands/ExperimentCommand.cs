using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Lab;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo experiment</c>: the paper's figures and tables, each a command.</summary>
internal static class ExperimentCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("experiment", "Repeats an experiment of the paper and draws its figure; 'zo experiment list' lists them.");
        var list = new Command("list", "Lists the experiments.");
        list.SetAction(_ =>
        {
            foreach (Experiment experiment in Experiment.All)
            {
                session.Terminal.Output.WriteLine($"{experiment.Name,-22} {experiment.Figure,-20} {experiment.Summary}");
            }

            return ExitCode.Done;
        });
        command.Subcommands.Add(list);
        foreach (Experiment experiment in Experiment.All)
        {
            command.Subcommands.Add(Create(session, experiment));
        }

        command.ExplainAlone(session);
        return command;
    }

    private static Command Create(Session session, Experiment experiment)
    {
        var quick = new Option<bool>("--quick")
        {
            Description = experiment.Images.Count + experiment.Trials.Count > 0
                ? "Use fewer images and trials, for a few minutes at most; the figures say so." : "No effect: the experiment uses one image.",
        };
        Option<int?> trials = Numbers.Int("--trials", $"Trials (default: {Describe(experiment.Trials)}).", "R", 1, 1000);
        Option<int?> images = Numbers.Int("--images", $"Images (default: {Describe(experiment.Images)}).", "N", 1, 10_000);
        var with = new Option<string>("--with") { Description = "Further optimizers to draw, such as zo-prox,zo-lstm-plus.", HelpName = "A,B" };
        var methods = new Option<string>("--methods") { Description = "Only these methods, beside square, such as memory-square,signhunter (default: all).", HelpName = "A,B" };
        var output = new Option<string>("--out") { Description = "The output folder (default: out/experiments/NAME).", HelpName = "DIR" };
        var runs = new Option<string>("--runs") { Description = "The folder of finished runs of all experiments (default: out/runs).", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Resume an interrupted experiment; fails if --out holds none. Finished runs are reused in any case." };
        var data = new Option<string>("--data") { Description = "The folder of downloaded data sets (default: ZO_DATA).", HelpName = "DIR" };
        Option<long?> seed = Numbers.Long("--seed", "The seed of all random numbers (default: 1).", "S", long.MinValue, long.MaxValue);
        var quiet = new Option<bool>("--quiet") { Description = "Do not show progress." };
        var part = new ShardOption("Make only this part of the runs, such as 3/8, or auto, without figures; all shards share --runs. The same command without --shard then finds the runs and draws the figures.");
        var command = new Command(experiment.Name, $"{experiment.Figure}: {experiment.Summary}.");
        (Option Option, bool Heeded)[] options =
            [(quick, true), (trials, experiment.Trials.Count > 0), (images, experiment.Images.Count > 0), (with, experiment.TakesOptimizers), (methods, experiment.TakesMethods),
             (output, true), (runs, true), (resume, true), (data, experiment.ReadsData), (seed, true), (part.Option, experiment.TakesShards), (quiet, true)];
        command.Add(options.Where(option => option.Heeded).Select(option => option.Option));
        command.SetAction(parsed =>
        {
            string folder = parsed.GetValue(output) ?? Path.Combine("out", "experiments", experiment.Name);
            if (parsed.GetValue(resume) && !File.Exists(Path.Combine(folder, "experiment.json")))
            {
                throw new InputException($"--resume finds no experiment in {folder}; name its folder with --out, or remove --resume.");
            }

            string[]? only = experiment.TakesMethods && parsed.GetValue(methods) is { } given ? OptimizerNames.Split(given, "--methods") : null;
            string[] beside = parsed.GetValue(with) is { } names ? OptimizerNames.Split(names, "--with") : [];
            return Run(session, experiment, parsed.GetValue(quiet), new ExperimentOptions(
                folder, parsed.GetValue(runs) ?? Path.Combine("out", "runs"), Bundled.TargetFolder, parsed.GetValue(quick), parsed.GetValue(trials), parsed.GetValue(images), beside,
                parsed.GetValue(data), parsed.GetValue(seed) ?? 1, session.CommandText, session.Terminal.Note, only,
                experiment.TakesShards ? part.Of(parsed) : null));
        });
        return command;
    }

    private static int Run(Session session, Experiment experiment, bool quiet, ExperimentOptions options)
    {
        ExperimentResult result;
        using (var line = new LiveLine(session.Terminal, !quiet))
        {
            result = experiment.Run(options, state => line.Update(state.What, state.Share ?? 0, () => Tail(state)), session.Cancellation);
        }

        if (result.Partial)
        {
            session.Terminal.Fail($"Interrupted; {result.RunsMade} finished runs are in {options.Runs}; {(options.Shard is null ? "continue with --resume" : "give the same command to go on")}.");
            return ExitCode.Interrupted;
        }

        if (options.Shard is { } shard)
        {
            session.Terminal.Output.WriteLine($"Shard {shard}: {result.RunsMade} runs made and {result.RunsFound} found, in {options.Runs}. The same command without --shard draws the figures.");
            return ExitCode.Done;
        }

        foreach (Claim claim in result.Claims)
        {
            session.Terminal.Output.WriteLine($"[{claim.Verdict}] {claim.Paper} {claim.Measured}");
        }

        session.Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{result.Queries:N0} queries in {result.Seconds:F1} s ({result.RunsFound} runs were there, {result.RunsMade} made); traces SHA-256 {result.TracesSha256![..12]}…"));
        session.Terminal.Output.WriteLine($"Report: {Path.Combine(options.Folder, "report.html")}");
        return ExitCode.Done;
    }

    private static string Tail(ExperimentProgress state) => state.Share is { } share
        ? string.Create(CultureInfo.InvariantCulture, $"{share:P0}  {state.RunsFound} runs were there, {state.RunsMade} made") : string.Create(CultureInfo.InvariantCulture, $"step {state.Steps:F0}");

    private static string Describe(IReadOnlyList<Amount> amounts) => string.Join(
        ", ", amounts.Select(a => $"{a.Usual}{(a.Quick == a.Usual ? "" : $" ({a.Quick} with --quick)")}{(a.On is null ? "" : $" on {a.On}")}"));
}
