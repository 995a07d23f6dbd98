using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench step</c>.</summary>
internal static class BenchStepCommand
{
    private const int Rounds = 5;
    private const int Hidden = 10;
    private const int MostCoordinates = 1_000_000;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.3);

    public static Command Create(Session session)
    {
        var command = new Command("step", "One step of a learned optimizer, computed by zo itself and by ONNX Runtime, in turns on one thread.");
        var optimizer = new Option<string>("--optimizer") { Description = "The optimizer; random weights of the paper's architecture without it.", HelpName = "F.onnx" };
        var dimension = Numbers.Int("--dimension", "d: coordinates; 784 without it.", "D", 1, MostCoordinates);
        var json = new Option<bool>("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        command.Options.Add(optimizer);
        command.Options.Add(dimension);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(optimizer) is { } typed ? PathOf(typed) : null;
            LearnedModel model = path is not null ? OptimizerFile.Read(path) : Draw();
            int d = parsed.GetValue(dimension) ?? 784;
            double[] times = Measure(model, d, session.Cancellation);
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(Json(path, model, d, times[0], times[1]));
            }
            else
            {
                Print(session.Terminal, path, model, d, times[0], times[1]);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string PathOf(string typed)
    {
        OptimizerName name = OptimizerName.Parse(typed);
        return name is { File: { } file, Suffix: null }
            ? file : throw new InputException($"--optimizer is '{typed}'; give a learned optimizer's file, without a suffix.");
    }

    private static LearnedModel Draw()
    {
        RandomKey key = RandomKey.FromSeed(1);
        return new LearnedModel(RnnWeights.Draw(key.Derive(1), 1, Hidden), RnnWeights.Draw(key.Derive(2), 2, Hidden));
    }

    private static double[] Measure(LearnedModel model, int dimension, CancellationToken cancellation)
    {
        if (model.Kind == LearnedKind.Proximal)
        {
            using var network = new OnnxRnn(model);
            return Measure([StepStopwatch.Of(new ManagedRnn(model.Update), model.Update, dimension), StepStopwatch.Of(network, model.Update, dimension)], cancellation);
        }

        using var step = new OnnxStep(model);
        return Measure([StepStopwatch.Of(new ManagedStep(model), dimension), StepStopwatch.Of(step, dimension)], cancellation);
    }

    // Each one's median of several turns, since the machine's speed drifts.
    private static double[] Measure(StepStopwatch[] watches, CancellationToken cancellation)
    {
        var turns = new double[watches.Length][];
        for (int i = 0; i < watches.Length; i++)
        {
            turns[i] = new double[Rounds];
        }

        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < watches.Length; i++)
            {
                turns[i][round] = watches[i].NanosecondsPerCoordinate(Turn, cancellation);
            }
        }

        return [.. turns.Select(t => t.Order().ElementAt(Rounds / 2))];
    }

    private static void Print(Terminal terminal, string? path, LearnedModel model, int dimension, double managed, double onnx)
    {
        string what = path ?? "random weights";
        terminal.Output.WriteLine(Terminal.Printable(
            $"{what}: {Networks(model, " and ")} of {model.Hidden} hidden units, d = {dimension}, one thread (medians of {Rounds})"));
        var table = new TextTable("step", "ns per\ncoordinate", "µs per\nstep");
        table.Add("managed", Text(managed), Text(managed * dimension / 1000));
        table.Add("onnx", Text(onnx), Text(onnx * dimension / 1000));
        table.WriteTo(terminal.Output, terminal.OutputWidth);
    }

    private static string Json(string? path, LearnedModel model, int dimension, double managed, double onnx) => JsonSerializer.Serialize(
        new
        {
            optimizer = path,
            networks = Networks(model, ", "),
            hidden = model.Hidden,
            dimension,
            cores = Environment.ProcessorCount,
            managedNanosecondsPerCoordinate = managed,
            onnxNanosecondsPerCoordinate = onnx,
        },
        new JsonSerializerOptions { WriteIndented = true });

    private static string Networks(LearnedModel model, string joint) =>
        model.Kind == LearnedKind.Proximal ? "proximal step's network" : model.Query is null ? "UpdateRNN" : $"UpdateRNN{joint}QueryRNN";

    private static string Text(double value) => value.ToString("N1", CultureInfo.InvariantCulture);
}
