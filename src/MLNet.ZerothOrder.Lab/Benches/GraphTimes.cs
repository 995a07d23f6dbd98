using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>One call of a graph composed around the model beside the same steps asked row by row, in turns from one thread.</summary>
/// <param name="Model">The model's path.</param>
/// <param name="ModelSha256">The model's SHA-256.</param>
/// <param name="Device">Where the model ran.</param>
/// <param name="Cores">The machine's cores.</param>
/// <param name="Images">Images, one step of each.</param>
/// <param name="QueriesPerStep">q + 1.</param>
/// <param name="StepsPerCall">Steps that fit into a call.</param>
/// <param name="Ways">Row by row, composed with directions handed in, and composed with directions drawn in the graph.</param>
public sealed record GraphTimes(
    string Model, string ModelSha256, string Device, int Cores, int Images, int QueriesPerStep, int StepsPerCall, IReadOnlyList<GraphTimes.Way> Ways) : BenchResult
{
    /// <summary>Rounds whose medians are given.</summary>
    public const int Rounds = 5;

    private const float Smoothing = 1e-3f;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures a model.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="images">Images, one step of each.</param>
    /// <param name="directions">q.</param>
    /// <param name="corrects">Whether steps correct a kept estimate, as zo-prox's do; else they make Eq. 1's.</param>
    /// <param name="cancellation">Ends the measurement.</param>
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
        double[] microseconds = Turns.Medians(
            Rounds, [.. batches.Select(batch => (Func<double>)(() => Turns.PerCall(() => Ask(batch, objectives, theta), Turn, cancellation).TotalMicroseconds / images))]);
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

    /// <summary>One way to ask steps.</summary>
    /// <param name="Name">The way.</param>
    /// <param name="MicrosecondsPerStep">Its time.</param>
    /// <param name="LossDifference">The largest difference of a loss from row by row.</param>
    /// <param name="EstimateDifference">The estimates' ℓ2 distance from row by row, relative to their length.</param>
    public sealed record Way(string Name, double MicrosecondsPerStep, double LossDifference, double EstimateDifference);
}
