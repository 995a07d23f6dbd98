using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Lab;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench</c>.</summary>
internal static class BenchCommand
{
    private const int MostCoordinates = 1_000_000;

    public static Command Create(Session session)
    {
        var command = new Command("bench", "Measures the throughput of ONNX Runtime alone and of a whole attack, the cost of composed graphs, of learned steps and of training, and the memory, startup and overhead of an attack.");
        foreach (Command bench in new[] { Oracle(session), Attack(session), Step(session), Graph(session), Train(session), Startup(session), Memory(session), Overhead(session) })
        {
            command.Subcommands.Add(bench);
        }

        command.ExplainAlone(session);
        return command;
    }

    private static Command Oracle(Session session)
    {
        var target = new TargetOptions(session.Terminal);
        return Create(
            session, "oracle", "ONNX Runtime alone, over a grid of callers, threads, spinning and batch sizes.", [.. target.All, Json],
            parsed =>
            {
                using OnnxClassifierOracle oracle = target.Load(parsed);
                return Throughput.OfOracle(oracle, cancellation: session.Cancellation);
            },
            Print);
    }

    private static Command Attack(Session session)
    {
        var target = new TargetOptions(session.Terminal);
        Option<string> optimizer = Optimizer("zo-adam");
        Option<int?> images = Numbers.Int("--count", "Images in flight (default: 100, or fewer for a slow model).", "N", 1, 10_000);
        Option<int?> directions = Numbers.Int("--directions", "q: directions per step (default: 20).", "Q", 1, 10_000);
        Option<double?> epsilon = Numbers.Fraction("--epsilon", "ε: the attack stays in the l-infinity ball of this radius, as the methods for balls need (default: minimal distortion).", "E");
        var labelsOnly = new Option<bool>("--labels-only") { Description = "Use the predicted class only, as the methods by labels need." };
        return Create(
            session, "attack", "The whole attack beside ONNX Runtime alone at its best, in turns in one run: their ratio is the efficiency.", [.. target.All, Json, optimizer, images, directions, epsilon, labelsOnly],
            parsed =>
            {
                using OnnxClassifierOracle oracle = target.Load(parsed);
                using NamedOptimizer choice = Choose(parsed.GetValue(optimizer) ?? "zo-adam", parsed.GetValue(directions) ?? 20);
                bool byLabels = parsed.GetValue(labelsOnly);
                AttackLoss? loss = byLabels || parsed.GetValue(epsilon) is not null ? new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = parsed.GetValue(epsilon), LabelsOnly = byLabels } : null;
                return Throughput.OfAttack(oracle, choice.Optimizer, parsed.GetValue(images), loss, session.Cancellation);
            },
            Print);
    }

    private static Command Step(Session session)
    {
        var optimizer = new Option<string>("--optimizer") { Description = "The optimizer (default: random weights of the paper's architecture).", HelpName = "F.onnx" };
        Option<int?> dimension = Numbers.Int("--dimension", "d: coordinates (default: 784).", "D", 1, MostCoordinates);
        return Create(
            session, "step", "One step of a learned optimizer, computed by zo itself and by ONNX Runtime, in turns on one thread.", [optimizer, dimension, Json],
            parsed => StepTimes.Measure(parsed.GetValue(optimizer) is { } typed ? FileOf(typed) : null, parsed.GetValue(dimension) ?? 784, session.Cancellation),
            (terminal, times) =>
            {
                Write(terminal, $"{times.Optimizer ?? "random weights"}: {times.Networks.Replace(",", " and")} of {times.Hidden} hidden units, d = {times.Dimension}, one thread (medians of {StepTimes.Rounds})");
                var table = new TextTable("step", "ns per\ncoordinate", "µs per\nstep");
                table.Add("managed", Text(times.ManagedNanosecondsPerCoordinate, "N1"), Text(times.ManagedNanosecondsPerCoordinate * times.Dimension / 1000, "N1"));
                table.Add("onnx", Text(times.OnnxNanosecondsPerCoordinate, "N1"), Text(times.OnnxNanosecondsPerCoordinate * times.Dimension / 1000, "N1"));
                table.WriteTo(terminal.Output, terminal.OutputWidth);
            });
    }

    private static Command Graph(Session session)
    {
        var target = new TargetOptions(session.Terminal);
        Option<int?> images = Numbers.Int("--count", "Images, with one step each (default: 2).", "N", 1, 10_000);
        Option<int?> directions = Numbers.Int("--directions", "q: directions per step (default: 20).", "Q", 1, 10_000);
        var memory = new Option<bool>("--memory") { Description = "Use steps that correct a running estimate, as zo-prox-plain and zo-lstm-plus do, instead of the estimate of Eq. 1." };
        return Create(
            session, "graph", "One call of a graph composed around the model compared with the same steps row by row, in turns on one thread: times and largest differences.",
            [.. target.All, images, directions, memory, Json],
            parsed =>
            {
                using OnnxClassifierOracle oracle = target.Load(parsed);
                return GraphTimes.Measure(oracle, parsed.GetValue(images) ?? 2, parsed.GetValue(directions) ?? 20, parsed.GetValue(memory), session.Cancellation);
            },
            (terminal, times) =>
            {
                Write(terminal, $"{times.Model} ({times.Device}): {Count(times.Images, "image")}, {times.QueriesPerStep} queries a step, up to {Count(times.StepsPerCall, "step")} a call, one caller (medians of {GraphTimes.Rounds})");
                var table = new TextTable("", "µs per\nstep", "largest difference\nof a loss", "difference of\nthe estimates");
                foreach (GraphTimes.Way way in times.Ways)
                {
                    table.Add(way.Name, Text(way.MicrosecondsPerStep, "N0"), Text(way.LossDifference, "0.0e-00"), Text(way.EstimateDifference, "0.0e-00"));
                }

                table.WriteTo(terminal.Output, terminal.OutputWidth);
            });
    }

    private static Command Train(Session session)
    {
        Option<int?> dimension = Numbers.Int("--dimension", "d: coordinates (default: 784).", "D", 1, MostCoordinates);
        var backend = new BackendOption();
        return Create(
            session, "train", "One truncation of training without its queries: steps of UpdateRNN, backpropagation through them and a step of Adam, on one thread.", [dimension, backend.Option, Json],
            parsed => UnrollTimes.Measure(backend.Create(parsed), backend.Name(parsed), parsed.GetValue(dimension) ?? 784, session.Cancellation),
            (terminal, times) =>
            {
                Write(terminal, $"{times.Networks} of {times.Hidden} hidden units, {times.Steps} steps, d = {times.Dimension}, {times.Backend} backend, one thread (medians of {times.Unrolls})");
                var table = new TextTable("part", "ms");
                table.Add("forward", Text(times.ForwardMilliseconds, "N3"));
                table.Add("backward", Text(times.BackwardMilliseconds, "N3"));
                table.Add("Adam", Text(times.AdamMilliseconds, "N3"));
                table.Add("whole", Text(times.Milliseconds, "N3"));
                table.WriteTo(terminal.Output, terminal.OutputWidth);
            });
    }

    private static Command Startup(Session session) => Create(
        session, "startup", "The smallest attack from start to end in its own process: the time to start zo, to load the model and for the first queries.", [Json],
        _ =>
        {
            // The program's own host, or the host of all .NET programs with our assembly as its argument.
            bool hosted = !Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("zo", StringComparison.OrdinalIgnoreCase);
            string[] self = hosted ? [typeof(BenchCommand).Assembly.Location] : [];
            return StartupTimes.Measure(
                Environment.ProcessPath!, [.. self, "--version"], folder => [.. self, "attack", "--count", "1", "--iterations", "1", "--directions", "1", "--quiet", "--out", folder], session.Cancellation);
        },
        (terminal, times) =>
        {
            Write(terminal, $"zo --version                      {times.VersionSeconds:F3} s");
            Write(terminal, $"zo attack, 1 image, 3 queries     {times.AttackSeconds:F3} s");
            Write(terminal, $"(medians of {times.Starts} processes, from start to end)");
        });

    private static Command Memory(Session session)
    {
        var target = new TargetOptions(session.Terminal);
        Option<int?> images = Numbers.Int("--count", "Images in flight (default: 1,000).", "N", 1, 100_000);
        Option<string> optimizer = Optimizer(NamedOptimizer.Default);
        return Create(
            session, "memory", "Peak memory of an attack with many images in flight, above that of ONNX Runtime alone in the same process.", [.. target.All, images, optimizer, Json],
            parsed =>
            {
                using OnnxClassifierOracle oracle = target.Load(parsed);
                using NamedOptimizer choice = Choose(parsed.GetValue(optimizer) ?? NamedOptimizer.Default, null);
                return MemoryPeaks.Measure(oracle, choice.Optimizer, parsed.GetValue(images) ?? 1000, session.Cancellation);
            },
            (terminal, peaks) => Write(
                terminal, $"{peaks.Optimizer}, {peaks.Images:N0} images of {peaks.Dimension:N0} values in flight: {peaks.Megabytes:N0} MB at most, {peaks.MegabytesOverOnnxRuntime:N0} MB over the {peaks.OnnxRuntimeMegabytes:N0} MB of ONNX Runtime alone"));
    }

    private static Command Overhead(Session session)
    {
        Option<string> optimizer = Optimizer(NamedOptimizer.Default);
        Option<int?> dimension = Numbers.Int("--dimension", "d: coordinates of an image (default: several values).", "D", QueryOverheads.Classes, 1 << 20);
        Option<int?> directions = Numbers.Int("--directions", "q: directions per step (default: several values).", "Q", 1, 10_000);
        Option<int?> images = Numbers.Int("--count", "Images in flight (default: several values).", "N", 1, 100_000);
        return Create(
            session, "overhead", "The cost of an attack without its target, with a target that answers at once, over dimensions, directions and images in flight.", [optimizer, dimension, directions, images, Json],
            parsed => QueryOverheads.Measure(
                parsed.GetValue(optimizer) ?? NamedOptimizer.Default, parsed.GetValue(dimension), parsed.GetValue(directions), parsed.GetValue(images), session.Cancellation),
            (terminal, overheads) =>
            {
                Write(terminal, $"{overheads.Optimizer} against a target that answers at once, {overheads.Cores} cores (medians of {QueryOverheads.Rounds})");
                var table = new TextTable("coordinates", "directions", "images\nin flight", "µs of a core\nper query", "ns per query\nand coordinate");
                foreach (QueryOverheads.Measurement m in overheads.Measurements)
                {
                    table.Add(Text(m.Dimension, "N0"), Text(m.Directions, "N0"), Text(m.Images, "N0"), Text(m.NanosecondsPerQuery / 1000, "N2"), Text(m.NanosecondsPerCoordinate, "N2"));
                }

                table.WriteTo(terminal.Output, terminal.OutputWidth);
            });
    }

    private static Option<bool> Json => new("--json") { Description = "Print a JSON document on standard output, and nothing else." };

    private static Option<string> Optimizer(string usual) => new("--optimizer") { Description = $"The optimizer of the attack (default: {usual}).", HelpName = "NAME|F.onnx" };

    private static NamedOptimizer Choose(string name, int? directions) => NamedOptimizer.Create(name, new NamedOptimizerOptions { Directions = directions });

    // Creates a command that measures and prints the result as text or as JSON.
    private static Command Create<T>(Session session, string name, string description, IReadOnlyList<Option> options, Func<ParseResult, T> measure, Action<Terminal, T> print)
        where T : BenchResult
    {
        var command = new Command(name, description);
        command.Add(options);

        var json = (Option<bool>)options.Single(option => option.Name == "--json");
        command.SetAction(parsed =>
        {
            T result = measure(parsed);
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(result.ToJson());
            }
            else
            {
                print(session.Terminal, result);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string FileOf(string typed) => OptimizerName.Parse(typed) is { File: { } file, Suffix: null }
        ? file : throw new InputException($"--optimizer is '{typed}'; give a learned optimizer's file, without a suffix.");

    private static void Print(Terminal terminal, Throughput throughput)
    {
        Write(terminal, $"{throughput.Model} on {throughput.Cores} cores ({throughput.Device})");
        foreach (OnnxThroughput setting in throughput.Grid)
        {
            Write(terminal, $"  {setting}");
        }

        Write(terminal, $"ONNX Runtime alone, at its best: {throughput.Best}");
        if (throughput.Efficiency is { } efficiency)
        {
            Write(terminal, $"The whole attack ({Count(throughput.Images, "image")} in flight, {(throughput.Directions == 0 ? "1 query" : $"{throughput.Directions + 1} queries")} a step): {throughput.AttackQueriesPerSecond:N0} queries/s; efficiency {efficiency:0.000}, in processor time {throughput.ProcessorEfficiency:0.000} (medians of {Throughput.Rounds})");
        }
    }

    private static void Write(Terminal terminal, FormattableString text) => terminal.Output.WriteLine(Terminal.Printable(text.ToString(CultureInfo.InvariantCulture)));

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
