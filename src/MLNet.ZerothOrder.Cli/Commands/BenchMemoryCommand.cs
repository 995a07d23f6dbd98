using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench memory</c>.</summary>
internal static class BenchMemoryCommand
{
    private const int Iterations = 3;

    public static Command Create(Session session)
    {
        var command = new Command("memory", "Peak memory of an attack with many images in flight, over that of ONNX Runtime alone in the same process.");
        var json = new Option<bool>("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        Option<int?> images = Numbers.Int("--count", "Images in flight; 1,000 without it.", "N", 1, 100_000);
        var optimizer = new Option<string>("--optimizer") { Description = $"The attack's optimizer; {NamedOptimizer.Default} without it.", HelpName = "NAME|F.onnx" };
        var target = new TargetOptions(session.Terminal);
        target.AddTo(command);
        command.Options.Add(images);
        command.Options.Add(optimizer);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            int count = parsed.GetValue(images) ?? 1000;
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(target.ModelPath(parsed), target.Options(parsed));
            using NamedOptimizer choice = NamedOptimizer.Create(parsed.GetValue(optimizer) ?? NamedOptimizer.Default, new NamedOptimizerOptions());

            // All that ONNX Runtime holds for itself it holds after as many calls side by side as the attack will make.
            ImageSet noise = BenchCommand.Noise(oracle, oracle.Info.Image, Math.Max(count, oracle.PreferredRows));
            Parallel.For(0, oracle.Concurrency, _ => oracle.ScoreRows(noise.Count, (row, input) => noise.Image(row).Span.CopyTo(input), cancellation: session.Cancellation));
            GC.Collect();
            double alone = Peak();
            var attack = new BlackBoxAttack(oracle, choice.Optimizer, new AttackOptions
            {
                Count = count,
                InFlight = count,
                Smoothing = 1e-4,
                Limits = new RunLimits { Iterations = Iterations },
            });
            AttackResult result = attack.Run(noise, cancellation: session.Cancellation);
            session.Cancellation.ThrowIfCancellationRequested();
            if (result.Failure is { } failure)
            {
                throw failure;
            }

            double peak = Peak();
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(JsonSerializer.Serialize(
                    new { megabytesOverOnnxRuntime = peak - alone, megabytes = peak, onnxRuntimeMegabytes = alone, images = count, dimension = oracle.InputLength, optimizer = choice.Name.Short },
                    new JsonSerializerOptions { WriteIndented = true }));
                return ExitCode.Done;
            }

            session.Terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{choice.Name.Short}, {count:N0} images of {oracle.InputLength:N0} values in flight: {peak:N0} MB at most, {peak - alone:N0} MB over the {alone:N0} MB of ONNX Runtime alone"));
            return ExitCode.Done;
        });
        return command;
    }

    private static double Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }
}
