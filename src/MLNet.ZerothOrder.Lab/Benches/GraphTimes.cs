using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>
/// The time of a step as one call of a graph composed around the model, compared with the same step asked row by row. One thread measures all ways in turn.
/// </summary>
/// <param name="Model">The model's path.</param>
/// <param name="ModelSha256">The model's SHA-256.</param>
/// <param name="Device">The device of the model.</param>
/// <param name="Cores">The number of processors of the machine.</param>
/// <param name="Images">The number of images. Each contributes one step.</param>
/// <param name="QueriesPerStep">q + 1, the queries of one step.</param>
/// <param name="StepsPerCall">The number of steps that fit into one call.</param>
/// <param name="Ways">The three ways: row by row, composed with directions as an input of the graph, and composed with directions drawn in the graph.</param>
public sealed record GraphTimes(
    string Model, string ModelSha256, string Device, int Cores, int Images, int QueriesPerStep, int StepsPerCall, IReadOnlyList<GraphTimes.Way> Ways) : BenchResult
{
    /// <summary>The number of rounds. Times are medians over them.</summary>
    public const int Rounds = 5;

    private const float Smoothing = 1e-3f;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures a model.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="images">The number of images, at least 1. Each contributes one step.</param>
    /// <param name="directions">q, the directions of a step.</param>
    /// <param name="corrects">Whether steps correct an estimate from earlier steps, as those of zo-prox-plain do; otherwise they compute the estimate of Eq. 1.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    public static GraphTimes Measure(OnnxClassifierOracle oracle, int images, int directions, bool corrects, CancellationToken cancellation = default)
    {
        var loss = new AttackLoss { Scores = oracle.Info.Scores };
        var shape = new StepShape(directions, Corrects: corrects);
        using IStepOracle outside = oracle.ComposeSteps(loss, shape, drawInGraph: false);
        using IStepOracle inside = oracle.ComposeSteps(loss, shape, drawInGraph: true);
        using IStepOracle rows = oracle.ByRow(shape, outside.Steps);
        using StepBatch byRow = rows.CreateBatch(), outsideBatch = outside.CreateBatch(), insideBatch = inside.CreateBatch();
        ImageSet noise = Noise.Images(oracle, oracle.Info.Image, images);
        AttackObjective[] objectives = [.. Enumerable.Range(0, images).Select(i => new AttackObjective(noise.Image(i), noise.Label(i), oracle.ScoreLength, loss))];
        var theta = new float[oracle.InputLength];
        CounterRandom.Normals(RandomKey.FromSeed(2), theta);
        System.Numerics.Tensors.TensorPrimitives.Multiply(theta, 0.1f, theta);
        StepBatch[] batches = [byRow, outsideBatch, insideBatch];
        (double[] Losses, float[] Estimates)[] answers = [.. batches.Select(batch => Ask(batch, objectives, theta))];
        double[] microseconds = BenchTimer.Medians(
            Rounds, [.. batches.Select(batch => (Func<double>)(() => BenchTimer.PerCall(() => Ask(batch, objectives, theta), Turn, cancellation).TotalMicroseconds / images))]);
        double length = Math.Sqrt(SimdKernels.SumOfSquares(answers[0].Estimates));
        string[] names = ["row by row", "composed, directions handed in", "composed, directions drawn in the graph"];
        return new GraphTimes(
            oracle.Info.Path, oracle.Info.Sha256, oracle.Info.Device, Environment.ProcessorCount, images, directions + 1, outside.Steps,
            [
                .. names.Select((name, way) => new Way(
                    name,
                    microseconds[way],
                    answers[way].Losses.Zip(answers[0].Losses, (a, b) => Math.Abs(a - b)).Max(),
                    SimdKernels.L2Distance(answers[way].Estimates, answers[0].Estimates) / (length > 0 ? length : 1))),
            ]);
    }

    private static (double[] Losses, float[] Estimates) Ask(StepBatch batch, AttackObjective[] objectives, float[] theta)
    {
        int rows = batch.Directions + 1;
        var losses = new double[objectives.Length * rows];
        var estimates = new float[objectives.Length * theta.Length];
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

        return (losses, estimates);
    }

    /// <summary>One way to ask steps, and its cost.</summary>
    /// <param name="Name">The name of the way.</param>
    /// <param name="MicrosecondsPerStep">The time of one step.</param>
    /// <param name="LossDifference">The largest absolute difference between its losses and those of row by row.</param>
    /// <param name="EstimateDifference">The ℓ2 distance between its estimates and those of row by row, relative to the ℓ2 norm of the latter.</param>
    public sealed record Way(string Name, double MicrosecondsPerStep, double LossDifference, double EstimateDifference);
}
