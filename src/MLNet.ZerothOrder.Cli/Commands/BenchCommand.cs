using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench</c>.</summary>
internal static class BenchCommand
{
    private static readonly int[] StepsPerCall = [1, 2, 4, 8];
    private static readonly TimeSpan GridTime = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan BestTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AttackTime = TimeSpan.FromSeconds(3);
    private const int Rounds = 5;
    private const int AttackImages = 100;

    // Of an attack of few iterations, the checks before and after it are a share that no real attack has.
    private const int LeastIterations = 10;
    private const int MostIterations = 5000;
    private const int Directions = 20;
    private const int AttackDirections = 20;

    public static Command Create(Session session)
    {
        var command = new Command("bench", "Measures what ONNX Runtime alone reaches on a model and what a whole attack makes of it, what composed graphs, a learned optimizer's steps and training cost, and an attack's memory, startup and overhead.");
        var oracle = new Command("oracle", "ONNX Runtime alone, over a grid of callers, threads, spinning and batch sizes.");
        var attack = new Command("attack", "The whole attack beside ONNX Runtime alone at its best, in turns in one run: their ratio is the efficiency.");
        var optimizer = new Option<string>("--optimizer") { Description = "The attack's optimizer; zo-adam without it.", HelpName = "NAME|F.onnx" };
        Option<int?> images = Numbers.Int("--count", "Images in flight; 100, or fewer where the model is slow, without it.", "N", 1, 10_000);
        Option<int?> directions = Numbers.Int("--directions", "q: directions a step; 20 without it.", "Q", 1, 10_000);
        var json = new Option<bool>("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        var target = new TargetOptions(session.Terminal);
        command.ExplainAlone(session);
        foreach (Command sub in new[] { oracle, attack })
        {
            target.AddTo(sub);
            sub.Options.Add(json);
            command.Subcommands.Add(sub);
        }

        command.Subcommands.Add(BenchStepCommand.Create(session));
        command.Subcommands.Add(BenchGraphCommand.Create(session));
        command.Subcommands.Add(BenchTrainCommand.Create(session));
        command.Subcommands.Add(BenchStartupCommand.Create(session));
        command.Subcommands.Add(BenchMemoryCommand.Create(session));
        command.Subcommands.Add(BenchOverheadCommand.Create(session));
        attack.Options.Add(optimizer);
        attack.Options.Add(images);
        attack.Options.Add(directions);
        oracle.SetAction(parsed =>
        {
            using OnnxClassifierOracle loaded = OnnxClassifierOracle.Load(target.ModelPath(parsed), target.Options(parsed));
            IReadOnlyList<OnnxThroughput> grid = MeasureGrid(loaded.Info, AttackImages, Directions, session.Cancellation);
            Print(session.Terminal.Output, parsed.GetValue(json), loaded.Info, grid, null, null, "");
            return ExitCode.Done;
        });
        attack.SetAction(parsed =>
        {
            using OnnxClassifierOracle loaded = OnnxClassifierOracle.Load(target.ModelPath(parsed), target.Options(parsed));
            int q = parsed.GetValue(directions) ?? AttackDirections;
            using NamedOptimizer choice = NamedOptimizer.Create(parsed.GetValue(optimizer) ?? "zo-adam", new NamedOptimizerOptions { Directions = q });
            IReadOnlyList<OnnxThroughput> grid = MeasureGrid(loaded.Info, parsed.GetValue(images) ?? AttackImages, q, session.Cancellation);
            OnnxThroughput best = grid.MaxBy(g => g.RowsPerSecond)!;
            double steps = AttackTime.TotalSeconds * best.RowsPerSecond / (q + 1);
            int count = parsed.GetValue(images) ?? (int)Math.Clamp(steps / LeastIterations, StepsPerCall[^1], AttackImages);
            var alone = new double[Rounds];
            var attacks = new double[Rounds];
            int iterations = (int)Math.Clamp(steps / count, 1, MostIterations);
            for (int round = 0; round < Rounds; round++)
            {
                alone[round] = best.Measure(loaded.Info, BestTime, session.Cancellation).RowsPerSecond;
                attacks[round] = MeasureAttack(loaded, choice.Optimizer, count, iterations, session.Cancellation);
            }

            Array.Sort(alone);
            Array.Sort(attacks);
            Print(session.Terminal.Output, parsed.GetValue(json), loaded.Info, grid, best with { RowsPerSecond = alone[Rounds / 2] }, attacks[Rounds / 2], $"{count} image{(count == 1 ? "" : "s")} in flight, {q + 1} queries a step");
            return ExitCode.Done;
        });
        return command;
    }

    // In calls of whole steps, of no more than there are images.
    private static IReadOnlyList<OnnxThroughput> MeasureGrid(OnnxClassifierInfo info, int images, int directions, CancellationToken cancellation) =>
    [
        .. OnnxThroughput.Grid(Environment.ProcessorCount, [.. StepsPerCall.Where(steps => steps <= images).Select(steps => steps * (directions + 1))])
            .Select(setting => setting.Measure(info, GridTime, cancellation)),
    ];

    // Images of noise, labelled as the model sees them: the cost of a query does not depend on what the image shows.
    private static double MeasureAttack(OnnxClassifierOracle oracle, IZerothOrderOptimizer optimizer, int count, int iterations, CancellationToken cancellation)
    {
        ImageSet images = Noise(oracle, oracle.Info.Image, count);
        var options = new AttackOptions { Smoothing = 1e-4, InFlight = count, FailedCalls = 0, Limits = new RunLimits { Iterations = iterations } };
        AttackResult result = new BlackBoxAttack(oracle, optimizer, options).Run(images, cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (result.Failure is { } failure)
        {
            throw failure;
        }

        return result.Runs[0].Images.Sum(p => p.Queries) / result.Timing.Seconds;
    }

    internal static ImageSet Noise(IQueryOracle oracle, ImageShape shape, int count)
    {
        var pixels = new float[count * oracle.InputLength];
        RandomKey key = RandomKey.FromSeed(1);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (key.Derive((ulong)i).Value >> 40) / (float)(1 << 24);
        }

        var noise = new ImageSet("noise", shape, pixels, new int[count]);
        return noise.WithLabels(oracle.Classify(noise));
    }

    private static void Print(TextWriter output, bool json, OnnxClassifierInfo info, IReadOnlyList<OnnxThroughput> grid, OnnxThroughput? best, double? attack, string what)
    {
        best ??= grid.MaxBy(g => g.RowsPerSecond)!;
        if (json)
        {
            output.WriteLine(Json(info, grid, best, attack));
            return;
        }

        output.WriteLine($"{info.Path} on {Environment.ProcessorCount} cores ({info.Device})");
        foreach (OnnxThroughput setting in grid)
        {
            output.WriteLine($"  {setting}");
        }

        output.WriteLine($"ONNX Runtime alone, at its best: {best}");
        if (attack is { } rate)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"The whole attack ({what}): {rate:N0} queries/s; efficiency {rate / best.RowsPerSecond:0.000} (medians of {Rounds})"));
        }
    }

    private static string Json(OnnxClassifierInfo info, IReadOnlyList<OnnxThroughput> grid, OnnxThroughput best, double? attack)
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        if (attack is { } rate)
        {
            writer.WriteNumber("efficiency", rate / best.RowsPerSecond);
            writer.WriteNumber("attackQueriesPerSecond", rate);
        }

        writer.WriteNumber("oracleRowsPerSecond", best.RowsPerSecond);
        writer.WriteString("model", info.Path);
        writer.WriteString("modelSha256", info.Sha256);
        writer.WriteString("device", info.Device);
        writer.WriteNumber("cores", Environment.ProcessorCount);
        WriteSetting(writer, "best", best);
        writer.WriteStartArray("grid");
        foreach (OnnxThroughput setting in grid)
        {
            WriteSetting(writer, null, setting);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static void WriteSetting(Utf8JsonWriter writer, string? name, OnnxThroughput setting)
    {
        if (name is null)
        {
            writer.WriteStartObject();
        }
        else
        {
            writer.WriteStartObject(name);
        }

        writer.WriteNumber("callers", setting.Callers);
        writer.WriteNumber("intraOpThreads", setting.IntraOpThreads);
        writer.WriteBoolean("spinning", setting.Spinning);
        writer.WriteNumber("rows", setting.Rows);
        writer.WriteNumber("rowsPerSecond", setting.RowsPerSecond);
        writer.WriteEndObject();
    }
}
