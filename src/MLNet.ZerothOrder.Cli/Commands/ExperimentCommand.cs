using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using MLNet.ZerothOrder.Cli.Experiments;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo experiment</c>: the paper's figures and tables, each a command.</summary>
internal static class ExperimentCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create(Session session)
    {
        var command = new Command("experiment", "Repeats an experiment of the paper and draws its figure; 'zo experiment list' names them.");
        var list = new Command("list", "Names the experiments.");
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
        var command = new Command(experiment.Name, $"{experiment.Figure}: {experiment.Summary}.");
        var quick = new Option<bool>("--quick")
        {
            Description = experiment.Images.Count + experiment.Trials.Count > 0
                ? "Fewer images and trials, in a few minutes at most; the figures say so." : "Changes nothing: the experiment is of one image.",
        };
        Option<int?> trials = Numbers.Int("--trials", $"Trials; without it {Amount.Describe(experiment.Trials)}.", "R", 1, 1000);
        Option<int?> images = Numbers.Int("--images", $"Images; without it {Amount.Describe(experiment.Images)}.", "N", 1, 10_000);
        var with = new Option<string>("--with") { Description = "Optimizers to draw beside the paper's, such as zo-prox,zo-lstm-plus.", HelpName = "A,B" };
        var output = new Option<string>("--out") { Description = "The output folder; out/experiments/NAME without it.", HelpName = "DIR" };
        var runs = new Option<string>("--runs") { Description = "Where finished runs are kept, for all experiments; out/runs without it.", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on with an interrupted experiment: finished runs are used again in any case, this asks that --out holds one." };
        var data = new Option<string>("--data") { Description = "The folder of downloaded data sets; also taken from ZO_DATA.", HelpName = "DIR" };
        Option<long?> seed = Numbers.Long("--seed", "The root of all random streams; 1 without it.", "S", long.MinValue, long.MaxValue);
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        Option[] own =
        [
            quick,
            .. experiment.Trials.Count > 0 ? [trials] : Array.Empty<Option>(),
            .. experiment.Images.Count > 0 ? [images] : Array.Empty<Option>(),
            .. experiment.TakesOptimizers ? [with] : Array.Empty<Option>(),
            output,
            runs,
            resume,
            .. experiment.ReadsData ? [data] : Array.Empty<Option>(),
            seed,
            quiet,
        ];
        foreach (Option option in own)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            string folder = parsed.GetValue(output) ?? Path.Combine("out", "experiments", experiment.Name);
            string started = Path.Combine(folder, "experiment.json");
            if (parsed.GetValue(resume) && !File.Exists(started))
            {
                throw new InputException($"--resume finds no experiment in {folder}; name its folder with --out, or leave --resume out.");
            }

            ResultFolder.EnsureWritable(folder);
            string store = parsed.GetValue(runs) ?? Path.Combine("out", "runs");
            ResultFolder.EnsureWritable(store);
            string[] beside = parsed.GetValue(with) is { } names ? OptimizerNames.Split(names, "--with") : [];
            Array.ForEach(beside, name => OptimizerName.Parse(name));
            var options = new LabOptions
            {
                Quick = parsed.GetValue(quick),
                Trials = parsed.GetValue(trials),
                Images = parsed.GetValue(images),
                With = beside,
                Data = parsed.GetValue(data),
                Seed = parsed.GetValue(seed) ?? 1,
            };
            RunLock running = RunLock.Take(Path.Combine(folder, "run.lock"), folder);
            try
            {
                return Execute(session, experiment, options, folder, store, parsed.GetValue(quiet));
            }
            finally
            {
                running.Remove();
            }
        });
        return command;
    }

    private static int Execute(Session session, Experiment experiment, LabOptions options, string folder, string store, bool quiet)
    {
        long start = Stopwatch.GetTimestamp();
        string summary = Path.Combine(folder, "experiment.json");
        byte[]? before = File.Exists(summary) ? File.ReadAllBytes(summary) : null;
        using var lab = new Lab(options, new RunStore(store), session, quiet);
        WriteSummary(new { experiment.Name, experiment.Figure, Command = session.CommandText, Partial = true });
        Outcome outcome;
        try
        {
            outcome = experiment.Run(lab);
        }
        catch (OperationCanceledException)
        {
            session.Terminal.Fail($"Interrupted; {lab.Store.Made} finished runs are in {store}, go on with --resume.");
            return ExitCode.Interrupted;
        }
        catch (InputException)
        {
            // What was there is worth more than word of an experiment that never was.
            if (before is null)
            {
                File.Delete(summary);
            }
            else
            {
                AtomicFile.Write(summary, stream => stream.Write(before));
            }

            throw;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        byte[] traces = outcome.Traces.ToBytes();
        AtomicFile.Write(Path.Combine(folder, "traces.csv"), stream => stream.Write(traces));
        string hash = Convert.ToHexStringLower(SHA256.HashData(traces));
        byte[] document = WriteSummary(new
        {
            experiment.Name,
            experiment.Figure,
            Command = session.CommandText,
            Partial = false,
            options.Quick,
            options.Seed,
            outcome.On,
            Claims = outcome.Claims.Select(claim => new { claim.Paper, claim.Measured, claim.Holds }),
            TracesSha256 = hash,
            lab.Queries,
            RunsFound = lab.Store.Found,
            RunsMade = lab.Store.Made,
            Seconds = seconds,
        });
        Report report = Report(experiment, options, outcome, session.CommandText, traces, document);
        AtomicFile.Write(Path.Combine(folder, "report.html"), report.WriteTo);
        string figures = Path.Combine(folder, "figures");
        if (report.Charts.Any() && ReportFigures.Write(report, figures) is { } why)
        {
            session.Terminal.Note(why);
        }

        foreach (GalleryBlock gallery in outcome.Blocks.OfType<GalleryBlock>())
        {
            Directory.CreateDirectory(figures);
            Png.Write(Path.Combine(figures, $"{experiment.Name}.png"), PictureSheet.Of(gallery));
        }

        foreach (Claim claim in outcome.Claims)
        {
            session.Terminal.Output.WriteLine($"[{Draw.Verdict(claim)}] {claim.Paper} {claim.Measured}");
        }

        session.Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{lab.Queries:N0} queries in {seconds:F1} s ({lab.Store.Found} runs were there, {lab.Store.Made} made); traces SHA-256 {hash[..12]}…"));
        session.Terminal.Output.WriteLine($"Report: {Path.Combine(folder, "report.html")}");
        return ExitCode.Done;

        byte[] WriteSummary(object content)
        {
            byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(content, Json), (byte)'\n'];
            AtomicFile.Write(summary, stream => stream.Write(bytes));
            return bytes;
        }
    }

    private static Report Report(Experiment experiment, LabOptions options, Outcome outcome, string command, byte[] traces, byte[] summary) => new(
        $"{experiment.Figure}: {experiment.Name}",
        [
            new FactsBlock([new Fact("On", outcome.On), new Fact("Seed", options.Seed.ToString(CultureInfo.InvariantCulture)), new Fact("Made by", $"zo {Application.Version}")]),
            .. outcome.Blocks,
            Draw.Claims(outcome.Claims),
            new CommandBlock(command),
            new DownloadsBlock([new Download("traces.csv", "all values that are drawn", traces), new Download("experiment.json", "claims, settings and hashes", summary)]),
        ])
    {
        Lead = $"“Learning to Learn by Zeroth-Order Oracle”, {experiment.Figure}: {experiment.Summary}.",
        Warning = options.Quick ? "A quick run: fewer images and trials than the paper's." : null,
    };
}
