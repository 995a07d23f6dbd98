using System.Text.Json.Serialization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The throughput of ONNX Runtime alone on a model, over a grid of settings, and of a whole attack on that model.</summary>
/// <param name="Efficiency">The queries per second of the attack, divided by the rows per second of ONNX Runtime alone; null without an attack.</param>
/// <param name="AttackQueriesPerSecond">The queries per second of the attack; null without an attack.</param>
/// <param name="OracleRowsPerSecond">The rows per second of ONNX Runtime alone, with the best setting.</param>
/// <param name="Model">The model's path.</param>
/// <param name="ModelSha256">The model's SHA-256.</param>
/// <param name="Device">The device of the model.</param>
/// <param name="Cores">The number of processors of the machine.</param>
/// <param name="Best">The setting with the highest throughput. With an attack it is measured again, in turn with the attack.</param>
/// <param name="Grid">All settings, each measured once.</param>
/// <param name="Directions">q: a step has q + 1 queries.</param>
/// <param name="Images">The number of images of the attack, all of them in flight; 0 without an attack.</param>
public sealed record Throughput(
    double? Efficiency, double? AttackQueriesPerSecond, double OracleRowsPerSecond, string Model, string ModelSha256, string Device, int Cores,
    OnnxThroughput Best, IReadOnlyList<OnnxThroughput> Grid, [property: JsonIgnore] int Directions, [property: JsonIgnore] int Images) : BenchResult
{
    /// <summary>
    /// The processor time of a row of ONNX Runtime alone, with one thread a caller, divided by that of a query of the attack; null without an attack. On a busy machine <see cref="Efficiency"/> also says
    /// how many of its processors each of the two was given, and this does not.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ProcessorEfficiency { get; init; }

    /// <summary>The number of rounds of a measurement with an attack. Results are medians over them.</summary>
    public const int Rounds = 5;

    // With fewer iterations, the checks before and after the attack would take a larger share of the time than in real attacks.
    private const int FewestIterations = 10;
    private const int MostIterations = 5000;
    private const int FewestRows = 21;
    private const int MostImages = 100;

    private static readonly int[] StepsPerCall = [1, 2, 4, 8];
    private static readonly TimeSpan GridTime = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan BestTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AttackTime = TimeSpan.FromSeconds(3);

    /// <summary>Measures ONNX Runtime alone, with calls of whole steps.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="directions">q: a step has q + 1 rows.</param>
    /// <param name="images">The number of images, which limits the steps in one call.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    public static Throughput OfOracle(OnnxClassifierOracle oracle, int directions = 20, int images = MostImages, CancellationToken cancellation = default)
    {
        OnnxClassifierInfo info = oracle.Info;
        int[] rows = info.CallRows == CallRows.One ? [1] : [.. StepsPerCall.Where(steps => steps <= images).Select(steps => steps * (directions + 1))];
        rows = info.FixedRows is { } fixedRows ? [fixedRows] : rows;
        OnnxThroughput[] grid = [.. OnnxThroughput.Grid(Environment.ProcessorCount, rows).Select(setting => setting.Measure(info, GridTime, cancellation))];
        OnnxThroughput best = grid.MaxBy(setting => setting.RowsPerSecond)!;
        return new Throughput(null, null, best.RowsPerSecond, info.Path, info.Sha256, info.Device, Environment.ProcessorCount, best, grid, directions, 0);
    }

    /// <summary>Measures ONNX Runtime alone over the grid, and then a whole attack in turn with the best setting.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="optimizer">The optimizer of the attack.</param>
    /// <param name="inFlight">The number of images in flight; null for 100, or fewer if the model is slow.</param>
    /// <param name="loss">What may change and what is minimised; null for minimal distortion.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    public static Throughput OfAttack(OnnxClassifierOracle oracle, IZerothOrderOptimizer optimizer, int? inFlight = null, AttackLoss? loss = null, CancellationToken cancellation = default)
    {
        // Methods that choose their points ask few of them at a time, and the engine packs those of many images.
        Throughput alone = OfOracle(oracle, Math.Max(optimizer.Directions, FewestRows - 1), inFlight ?? MostImages, cancellation);
        double steps = AttackTime.TotalSeconds * alone.OracleRowsPerSecond / (optimizer.Directions + 1);
        int count = inFlight ?? (int)Math.Clamp(steps / FewestIterations, 2 * oracle.Concurrency, MostImages);
        int iterations = (int)Math.Clamp(steps / count, 1, MostIterations);
        OnnxThroughput oneThread = alone.Grid.Where(setting => setting.IntraOpThreads == 1).MaxBy(setting => setting.RowsPerSecond)!;
        List<double> ofRow = [], ofQuery = [];
        double[] medians = BenchTimer.Medians(
            Rounds,
            () =>
            {
                OnnxThroughput best = alone.Best.Measure(oracle.Info, BestTime, cancellation);
                ofRow.Add((alone.Best == oneThread ? best : oneThread.Measure(oracle.Info, BestTime, cancellation)).ProcessorSecondsPerRow);
                return best.RowsPerSecond;
            },
            () =>
            {
                ImageSet images = Noise.Images(oracle, oracle.Info.Image, count);
                TimeSpan before = Environment.CpuUsage.TotalTime;
                (double queries, double seconds) = Noise.Attack(oracle, optimizer, images, count, iterations, cancellation, loss);
                ofQuery.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds / queries);
                return queries / seconds;
            });
        return alone with
        {
            Efficiency = medians[1] / medians[0],
            AttackQueriesPerSecond = medians[1],
            OracleRowsPerSecond = medians[0],
            ProcessorEfficiency = BenchTimer.Median(ofRow) / BenchTimer.Median(ofQuery),
            Best = alone.Best with { RowsPerSecond = medians[0] },
            Directions = optimizer.Directions,
            Images = count,
        };
    }
}
