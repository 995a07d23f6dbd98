using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>What an attack costs apart from its target: one that answers at once, over dimensions, directions and images in flight.</summary>
/// <param name="Optimizer">The attack's optimizer.</param>
/// <param name="Cores">The machine's cores.</param>
/// <param name="Measurements">The settings and what was measured.</param>
public sealed record QueryOverheads(string Optimizer, int Cores, IReadOnlyList<QueryOverheads.Measurement> Measurements) : BenchResult
{
    /// <summary>Rounds whose medians are given.</summary>
    public const int Rounds = 3;

    /// <summary>The target's classes, which are the first values of its input; no image has fewer.</summary>
    public const int Classes = 10;

    private const int FewestIterations = 32;
    private const int MostIterations = 1 << 14;
    private const double Seconds = 0.5;

    private static readonly int[] Dimensions = [784, 3_072, 12_288, 49_152, 150_528];
    private static readonly int[] Directions = [5, 10, 50, 100, 200];
    private static readonly int[] InFlight = [1, 10, 1_000, 10_000];

    /// <summary>Measures an optimizer over several values of each setting that is not given.</summary>
    /// <param name="optimizer">The optimizer's name or file.</param>
    /// <param name="dimension">d, values of an image; null for several.</param>
    /// <param name="directions">q; null for several.</param>
    /// <param name="images">Images in flight; null for several.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    /// <exception cref="InputException">There is no such optimizer.</exception>
    public static QueryOverheads Measure(string optimizer, int? dimension = null, int? directions = null, int? images = null, CancellationToken cancellation = default)
    {
        // Each of the three by itself, the others as they usually are.
        (int d, int q, int n) = (dimension ?? Dimensions[0], directions ?? 20, images ?? 100);
        (int D, int Q, int N)[] settings =
        [
            (d, q, n),
            .. (dimension is null ? Dimensions : []).Select(each => (each, q, images ?? (each > Dimensions[2] ? 10 : n))),
            .. (directions is null ? Directions : []).Select(each => (d, each, n)),
            .. (images is null ? InFlight : []).Select(each => (d, q, each)),
        ];
        return new QueryOverheads(optimizer, Environment.ProcessorCount, [.. settings.Distinct().Select(s => Measure(optimizer, s.D, s.Q, s.N, cancellation))]);
    }

    private static Measurement Measure(string optimizer, int dimension, int directions, int images, CancellationToken cancellation)
    {
        using var oracle = new DelegateOracle(dimension, Classes, (input, _, scores) => input[..Classes].CopyTo(scores), Environment.ProcessorCount);
        using NamedOptimizer choice = NamedOptimizer.Create(optimizer, new NamedOptimizerOptions { Directions = directions });
        ImageSet noise = Noise.Images(oracle, new ImageShape(1, 1, dimension), images);

        // Growing runs, which also leave the compiler time. An attack's memory is touched for the first time once, not at every step.
        int iterations = FewestIterations;
        while (Run().Seconds < Seconds / 2 && iterations < MostIterations)
        {
            iterations *= 2;
        }

        double nanoseconds = Turns.Medians(Rounds, () => Run() is var (queries, seconds) ? seconds / queries * 1e9 * Environment.ProcessorCount : double.NaN)[0];
        return new Measurement(dimension, directions, images, nanoseconds, nanoseconds / dimension);

        (double Queries, double Seconds) Run() => Noise.Attack(oracle, choice.Optimizer, noise, images, iterations, cancellation);
    }

    /// <summary>A setting's cost, in nanoseconds of a core.</summary>
    /// <param name="Dimension">d.</param>
    /// <param name="Directions">q.</param>
    /// <param name="Images">Images in flight.</param>
    /// <param name="NanosecondsPerQuery">For a query.</param>
    /// <param name="NanosecondsPerCoordinate">For a coordinate of a query.</param>
    public sealed record Measurement(int Dimension, int Directions, int Images, double NanosecondsPerQuery, double NanosecondsPerCoordinate);
}
