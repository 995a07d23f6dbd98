using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench overhead</c>.</summary>
internal static class BenchOverheadCommand
{
    private const int Classes = 10;
    private const int LargestDimension = 1 << 20;
    private const int FewestIterations = 32;
    private const int MostIterations = 1 << 14;
    private const double Seconds = 0.5;
    private const int Rounds = 3;

    private static readonly int[] Dimensions = [784, 3_072, 12_288, 49_152, 150_528];
    private static readonly int[] Directions = [5, 10, 50, 100, 200];
    private static readonly int[] InFlight = [1, 10, 1_000, 10_000];

    public static Command Create(Session session)
    {
        var command = new Command("overhead", "What an attack costs apart from its target: one that answers at once, over dimensions, directions and images in flight.");
        var optimizer = new Option<string>("--optimizer") { Description = $"The attack's optimizer; {NamedOptimizer.Default} without it.", HelpName = "NAME|F.onnx" };
        Option<int?> dimension = Numbers.Int("--dimension", "d: coordinates of an image; several without it.", "D", Classes, LargestDimension);
        Option<int?> directions = Numbers.Int("--directions", "q: directions a step; several without it.", "Q", 1, 10_000);
        Option<int?> images = Numbers.Int("--count", "Images in flight; several without it.", "N", 1, 100_000);
        var json = new Option<bool>("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        foreach (Option option in (Option[])[optimizer, dimension, directions, images, json])
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(optimizer) ?? NamedOptimizer.Default;
            Setting[] settings = [.. Settings(parsed.GetValue(dimension), parsed.GetValue(directions), parsed.GetValue(images))];
            double[] nanoseconds = [.. settings.Select(setting => Measure(name, setting, session.Cancellation))];
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(JsonSerializer.Serialize(
                    new
                    {
                        optimizer = name,
                        cores = Environment.ProcessorCount,
                        measurements = settings.Zip(nanoseconds, (s, ns) => new
                        {
                            dimension = s.Dimension,
                            directions = s.Directions,
                            images = s.Images,
                            nanosecondsPerQuery = ns,
                            nanosecondsPerCoordinate = ns / s.Dimension,
                        }),
                    },
                    new JsonSerializerOptions { WriteIndented = true }));
                return ExitCode.Done;
            }

            session.Terminal.Output.WriteLine($"{Terminal.Printable(name)} against a target that answers at once, {Environment.ProcessorCount} cores (medians of {Rounds})");
            var table = new TextTable("coordinates", "directions", "images\nin flight", "µs of a core\nper query", "ns per query\nand coordinate");
            for (int i = 0; i < settings.Length; i++)
            {
                (int d, int q, int n) = settings[i];
                table.Add(Text(d, "N0"), Text(q, "N0"), Text(n, "N0"), Text(nanoseconds[i] / 1000, "N2"), Text(nanoseconds[i] / d, "N2"));
            }

            table.WriteTo(session.Terminal.Output, session.Terminal.OutputWidth);
            return ExitCode.Done;
        });
        return command;
    }

    // Each of the three by itself, the others as they usually are; what was asked for stands for its usual value.
    private static IEnumerable<Setting> Settings(int? dimension, int? directions, int? images)
    {
        var usual = new Setting(dimension ?? Dimensions[0], directions ?? 20, images ?? 100);
        return new[] { usual }
            .Concat((dimension is null ? Dimensions : []).Select(d => usual with { Dimension = d, Images = images ?? (d > Dimensions[2] ? 10 : usual.Images) }))
            .Concat((directions is null ? Directions : []).Select(q => usual with { Directions = q }))
            .Concat((images is null ? InFlight : []).Select(n => usual with { Images = n }))
            .Distinct();
    }

    private static double Measure(string name, Setting setting, CancellationToken cancellation)
    {
        (int dimension, int directions, int count) = setting;
        using var oracle = new DelegateOracle(dimension, Classes, (input, _, scores) => input[..Classes].CopyTo(scores), Environment.ProcessorCount);
        using NamedOptimizer choice = NamedOptimizer.Create(name, new NamedOptimizerOptions { Directions = directions });
        ImageSet noise = BenchCommand.Noise(oracle, new ImageShape(1, 1, dimension), count);

        // Growing runs, which also leave the compiler time. An attack's memory is touched for the first time once, not at every step.
        int iterations = FewestIterations;
        while (Run(iterations).Seconds < Seconds / 2 && iterations < MostIterations)
        {
            iterations *= 2;
        }

        return Enumerable.Range(0, Rounds).Select(_ => Run(iterations)).Select(run => run.Seconds / run.Queries * 1e9 * Environment.ProcessorCount).Order().ElementAt(Rounds / 2);

        (double Seconds, long Queries) Run(int iterations)
        {
            var options = new AttackOptions { Smoothing = 1e-4, InFlight = count, FailedCalls = 0, Limits = new RunLimits { Iterations = iterations } };
            AttackResult result = new BlackBoxAttack(oracle, choice.Optimizer, options).Run(noise, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            return (result.Timing.Seconds, result.Runs[0].Images.Sum(p => p.Queries));
        }
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private readonly record struct Setting(int Dimension, int Directions, int Images);
}
