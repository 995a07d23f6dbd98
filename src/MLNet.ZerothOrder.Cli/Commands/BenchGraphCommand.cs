using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo bench graph</c>.</summary>
internal static class BenchGraphCommand
{
    private const int Rounds = 5;
    private const float Smoothing = 1e-3f;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.5);

    public static Command Create(Session session)
    {
        var command = new Command("graph", "One call of a graph composed around the model beside the same steps asked row by row, in turns from one thread: times and largest differences.");
        Option<int?> images = Numbers.Int("--count", "Images, one step of each; 2 without it.", "N", 1, 10_000);
        Option<int?> directions = Numbers.Int("--directions", "q: directions a step; 20 without it.", "Q", 1, 10_000);
        var memory = new Option<bool>("--memory") { Description = "Steps that correct a kept estimate, as zo-prox and zo-lstm-plus make them; else Eq. 1's estimate." };
        var json = new Option<bool>("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        var target = new TargetOptions(session.Terminal);
        target.AddTo(command);
        command.Options.Add(images);
        command.Options.Add(directions);
        command.Options.Add(memory);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(target.ModelPath(parsed), target.Options(parsed));
            int count = parsed.GetValue(images) ?? 2;
            int q = parsed.GetValue(directions) ?? 20;
            var loss = new AttackLoss { Scores = oracle.Info.Scores };
            var shape = new StepShape(q, Corrects: parsed.GetValue(memory));
            using IStepOracle outside = oracle.ComposeSteps(loss, shape, drawInGraph: false);
            using IStepOracle inside = oracle.ComposeSteps(loss, shape, drawInGraph: true);
            using var rows = new RowStepOracle(oracle, shape, outside.Steps);
            (string, IStepOracle)[] ways = [("row by row", rows), ("composed, directions handed in", outside), ("composed, directions drawn in the graph", inside)];
            Way[] seen = Measure(oracle, loss, ways, count, session.Cancellation);
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(Json(oracle.Info, count, q, outside.Steps, seen));
            }
            else
            {
                Print(session.Terminal, oracle.Info, count, q, outside.Steps, seen);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Way[] Measure(OnnxClassifierOracle oracle, AttackLoss loss, (string Name, IStepOracle Oracle)[] ways, int count, CancellationToken cancellation)
    {
        ImageSet noise = BenchCommand.Noise(oracle, oracle.Info.Image, count);
        AttackObjective[] objectives = [.. Enumerable.Range(0, count).Select(i => new AttackObjective(noise.Image(i), noise.Label(i), oracle.ScoreLength, loss))];
        float[] theta = new float[oracle.InputLength];
        CounterRandom.Normals(RandomKey.FromSeed(2), theta);
        for (int i = 0; i < theta.Length; i++)
        {
            theta[i] *= 0.1f;
        }

        var batches = new StepBatch[ways.Length];
        var answers = new (double[] Losses, float[] Estimates)[ways.Length];
        var times = new double[ways.Length][];
        try
        {
            for (int way = 0; way < ways.Length; way++)
            {
                batches[way] = ways[way].Oracle.CreateBatch();
                times[way] = new double[Rounds];
                answers[way] = (new double[count * (ways[way].Oracle.Shape.Directions + 1)], new float[count * theta.Length]);
                Ask(batches[way], objectives, theta, answers[way].Losses, answers[way].Estimates);
            }

            for (int round = 0; round < Rounds; round++)
            {
                for (int way = 0; way < ways.Length; way++)
                {
                    int calls = 0;
                    long from = Stopwatch.GetTimestamp();
                    do
                    {
                        cancellation.ThrowIfCancellationRequested();
                        Ask(batches[way], objectives, theta, answers[way].Losses, answers[way].Estimates);
                        calls++;
                    }
                    while (Stopwatch.GetElapsedTime(from) < Turn);
                    times[way][round] = Stopwatch.GetElapsedTime(from).TotalMicroseconds / ((double)calls * count);
                }
            }
        }
        finally
        {
            foreach (StepBatch? batch in batches)
            {
                batch?.Dispose();
            }
        }

        double length = Math.Sqrt(SimdKernels.SumOfSquares(answers[0].Estimates));
        return
        [
            .. ways.Select((way, i) => new Way(
                way.Name,
                times[i].Order().ElementAt(Rounds / 2),
                answers[i].Losses.Zip(answers[0].Losses, (a, b) => Math.Abs(a - b)).Max(),
                SimdKernels.L2Distance(answers[i].Estimates, answers[0].Estimates) / (length > 0 ? length : 1))),
        ];
    }

    private static void Ask(StepBatch batch, AttackObjective[] objectives, float[] theta, double[] losses, float[] estimates)
    {
        int rows = batch.Directions + 1;
        for (int from = 0; from < objectives.Length; from += batch.Capacity)
        {
            int count = Math.Min(batch.Capacity, objectives.Length - from);
            batch.Clear();
            for (int i = 0; i < count; i++)
            {
                batch.Add(objectives[from + i], theta, Smoothing, RandomKey.FromSeed(from + i));
            }

            batch.Ask();
            for (int i = 0; i < count; i++)
            {
                if (batch.FailureOf(i, $"image {from + i}", 1) is { } failure)
                {
                    throw failure;
                }

                for (int row = 0; row < rows; row++)
                {
                    losses[((from + i) * rows) + row] = batch.Answer(i, row).Loss;
                }

                batch.Estimate(i).Span.CopyTo(estimates.AsSpan((from + i) * theta.Length));
            }
        }
    }

    private static void Print(Terminal terminal, OnnxClassifierInfo info, int count, int q, int steps, Way[] ways)
    {
        terminal.Output.WriteLine(Terminal.Printable(
            $"{info.Path} ({info.Device}): {count} image{(count == 1 ? "" : "s")}, {q + 1} queries a step, up to {steps} step{(steps == 1 ? "" : "s")} a call, one caller (medians of {Rounds})"));
        var table = new TextTable("", "µs per\nstep", "largest difference\nof a loss", "difference of\nthe estimates");
        foreach (Way way in ways)
        {
            table.Add(way.Name, way.MicrosecondsPerStep.ToString("N0", CultureInfo.InvariantCulture), Small(way.LossDifference), Small(way.EstimateDifference));
        }

        table.WriteTo(terminal.Output, terminal.OutputWidth);
    }

    private static string Small(double value) => value.ToString("0.0e-00", CultureInfo.InvariantCulture);

    private static string Json(OnnxClassifierInfo info, int count, int q, int steps, Way[] ways) => JsonSerializer.Serialize(
        new
        {
            model = info.Path,
            modelSha256 = info.Sha256,
            device = info.Device,
            cores = Environment.ProcessorCount,
            images = count,
            queriesPerStep = q + 1,
            stepsPerCall = steps,
            ways = ways.Select(way => new { name = way.Name, microsecondsPerStep = way.MicrosecondsPerStep, lossDifference = way.LossDifference, estimateDifference = way.EstimateDifference }),
        },
        new JsonSerializerOptions { WriteIndented = true });

    private sealed record Way(string Name, double MicrosecondsPerStep, double LossDifference, double EstimateDifference);
}
