using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench train</c>.</summary>
internal static class BenchTrainCommand
{
    private const int Steps = 20;
    private const int Hidden = 10;
    private const int MostCoordinates = 1_000_000;
    private const int WarmUp = 5;
    private const int FewestUnrolls = 5;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(1);

    public static Command Create(Session session)
    {
        var command = new Command("train", "One truncation of training beside its queries: steps of UpdateRNN, backpropagation through them and a step of Adam, on one thread.");
        var dimension = Numbers.Int("--dimension", "d: coordinates; 784 without it.", "D", 1, MostCoordinates);
        var json = new Option<bool>("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        var backend = new BackendOption();
        command.Options.Add(dimension);
        backend.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            int d = parsed.GetValue(dimension) ?? 784;
            List<UnrollTime> times = Measure(backend.Create(parsed), d, session.Cancellation);
            double forward = Median(times, t => t.Forward);
            double backward = Median(times, t => t.Backward);
            double adam = Median(times, t => t.Adam);
            double total = Median(times, t => t.Forward + t.Backward + t.Adam);
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(Json(backend.Name(parsed), d, times.Count, forward, backward, adam, total));
                return ExitCode.Done;
            }

            session.Terminal.Output.WriteLine($"UpdateRNN of {Hidden} hidden units, {Steps} steps, d = {d}, {backend.Name(parsed)} backend, one thread (medians of {times.Count})");
            var table = new TextTable("part", "ms");
            table.Add("forward", Text(forward));
            table.Add("backward", Text(backward));
            table.Add("Adam", Text(adam));
            table.Add("whole", Text(total));
            table.WriteTo(session.Terminal.Output, session.Terminal.OutputWidth);
            return ExitCode.Done;
        });
        return command;
    }

    private static List<UnrollTime> Measure(ITrainingBackend backend, int dimension, CancellationToken cancellation)
    {
        var watch = new UnrollStopwatch(backend, RnnWeights.Draw(RandomKey.FromSeed(1), 1, Hidden), Steps, dimension);
        var times = new List<UnrollTime>();
        for (int i = 0; i < WarmUp; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            watch.Run();
        }

        long from = Stopwatch.GetTimestamp();
        while (times.Count < FewestUnrolls || Stopwatch.GetElapsedTime(from) < Time)
        {
            cancellation.ThrowIfCancellationRequested();
            times.Add(watch.Run());
        }

        return times;
    }

    private static double Median(List<UnrollTime> times, Func<UnrollTime, TimeSpan> part) =>
        times.Select(t => part(t).TotalMilliseconds).Order().ElementAt(times.Count / 2);

    private static string Json(string backend, int dimension, int unrolls, double forward, double backward, double adam, double whole) => JsonSerializer.Serialize(
        new
        {
            networks = "UpdateRNN",
            backend,
            hidden = Hidden,
            steps = Steps,
            dimension,
            cores = Environment.ProcessorCount,
            unrolls,
            milliseconds = whole,
            forwardMilliseconds = forward,
            backwardMilliseconds = backward,
            adamMilliseconds = adam,
        },
        new JsonSerializerOptions { WriteIndented = true });

    private static string Text(double value) => value.ToString("N3", CultureInfo.InvariantCulture);
}
