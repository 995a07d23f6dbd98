using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder.Lab;

/// <summary>What ONNX Runtime alone reaches on a model, over a grid of settings, and what a whole attack makes of it.</summary>
/// <param name="Efficiency">The attack's queries a second over the rows a second of ONNX Runtime alone; null without an attack.</param>
/// <param name="AttackQueriesPerSecond">The attack's queries a second; null without an attack.</param>
/// <param name="OracleRowsPerSecond">Rows a second of ONNX Runtime alone, at its best.</param>
/// <param name="Model">The model's path.</param>
/// <param name="ModelSha256">The model's SHA-256.</param>
/// <param name="Device">Where the model ran.</param>
/// <param name="Cores">The machine's cores.</param>
/// <param name="Best">The best setting; measured again in turns with an attack.</param>
/// <param name="Grid">All settings, each measured once.</param>
/// <param name="Directions">q: a step has q + 1 queries.</param>
/// <param name="Images">The attack's images in flight; 0 without an attack.</param>
public sealed record Throughput(
    double? Efficiency, double? AttackQueriesPerSecond, double OracleRowsPerSecond, string Model, string ModelSha256, string Device, int Cores,
    OnnxThroughput Best, IReadOnlyList<OnnxThroughput> Grid, [property: JsonIgnore] int Directions, [property: JsonIgnore] int Images) : BenchResult
{
    /// <summary>Rounds whose medians are given, where an attack was measured.</summary>
    public const int Rounds = 5;

    // Of an attack of few iterations, the checks before and after it are a share that no real attack has.
    private const int FewestIterations = 10;
    private const int MostIterations = 5000;
    private const int MostImages = 100;

    private static readonly int[] StepsPerCall = [1, 2, 4, 8];
    private static readonly TimeSpan GridTime = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan BestTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AttackTime = TimeSpan.FromSeconds(3);

    /// <summary>Measures ONNX Runtime alone, in calls of whole steps.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="directions">q: a step has q + 1 rows.</param>
    /// <param name="images">The images whose steps can be in one call.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    /// <exception cref="InputException">The model has a fixed batch, or other elements than float32.</exception>
    public static Throughput OfOracle(OnnxClassifierOracle oracle, int directions = 20, int images = MostImages, CancellationToken cancellation = default)
    {
        OnnxClassifierInfo info = oracle.Info;
        int[] rows = [.. StepsPerCall.Where(steps => steps <= images).Select(steps => steps * (directions + 1))];
        OnnxThroughput[] grid = [.. OnnxThroughput.Grid(Environment.ProcessorCount, rows).Select(setting => setting.Measure(info, GridTime, cancellation))];
        OnnxThroughput best = grid.MaxBy(setting => setting.RowsPerSecond)!;
        return new Throughput(null, null, best.RowsPerSecond, info.Path, info.Sha256, info.Device, Environment.ProcessorCount, best, grid, directions, 0);
    }

    /// <summary>Measures ONNX Runtime alone, and a whole attack in turns with its best setting.</summary>
    /// <param name="oracle">The model.</param>
    /// <param name="optimizer">The attack's optimizer.</param>
    /// <param name="images">Images in flight; null for 100, or fewer where the model is slow.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    /// <exception cref="InputException">The model has a fixed batch, or other elements than float32.</exception>
    public static Throughput OfAttack(OnnxClassifierOracle oracle, IZerothOrderOptimizer optimizer, int? images = null, CancellationToken cancellation = default)
    {
        Throughput alone = OfOracle(oracle, optimizer.Directions, images ?? MostImages, cancellation);
        double steps = AttackTime.TotalSeconds * alone.OracleRowsPerSecond / (optimizer.Directions + 1);
        int count = images ?? (int)Math.Clamp(steps / FewestIterations, StepsPerCall[^1], MostImages);
        int iterations = (int)Math.Clamp(steps / count, 1, MostIterations);
        double[] medians = Turns.Medians(
            Rounds,
            () => alone.Best.Measure(oracle.Info, BestTime, cancellation).RowsPerSecond,
            () =>
            {
                (double queries, double seconds) = Noise.Attack(oracle, optimizer, Noise.Images(oracle, oracle.Info.Image, count), count, iterations, cancellation);
                return queries / seconds;
            });
        return alone with
        {
            Efficiency = medians[1] / medians[0],
            AttackQueriesPerSecond = medians[1],
            OracleRowsPerSecond = medians[0],
            Best = alone.Best with { RowsPerSecond = medians[0] },
            Images = count,
        };
    }
}
