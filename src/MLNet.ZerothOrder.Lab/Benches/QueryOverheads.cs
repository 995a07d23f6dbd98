using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The cost of an attack without its classifier, over dimensions, directions and images in flight. It is measured with a classifier that answers immediately.</summary>
/// <param name="Optimizer">The optimizer of the attack.</param>
/// <param name="Cores">The number of processors of the machine.</param>
/// <param name="Measurements">One measurement per setting.</param>
public sealed record QueryOverheads(string Optimizer, int Cores, IReadOnlyList<QueryOverheads.Measurement> Measurements) : BenchResult
{
    /// <summary>The number of rounds. Times are medians over them.</summary>
    public const int Rounds = 3;

    /// <summary>The number of classes, which is also the smallest dimension: the classifier returns the first values of its input as scores.</summary>
    public const int Classes = 10;

    private const int FewestIterations = 32;
    private const int MostIterations = 1 << 14;
    private const double Seconds = 2;

    private static readonly int[] Dimensions = [784, 3_072, 12_288, 49_152, 150_528];
    private static readonly int[] Directions = [5, 10, 50, 100, 200];
    private static readonly int[] InFlight = [1, 10, 1_000, 10_000];

    /// <summary>Measures an optimizer. A setting that is not given takes several values, one after the other, while the other settings keep their defaults.</summary>
    /// <param name="optimizer">The name or the file of the optimizer.</param>
    /// <param name="dimension">d, the number of values of an image; null for several.</param>
    /// <param name="directions">q, the directions of a step; null for several.</param>
    /// <param name="images">The number of images in flight; null for several.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    /// <exception cref="InputException">The optimizer does not exist.</exception>
    public static QueryOverheads Measure(string optimizer, int? dimension = null, int? directions = null, int? images = null, CancellationToken cancellation = default)
    {
        // Only one setting differs from its default at a time.
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
        ImageSet noise = Noise.Images(oracle, Shape(dimension), images);

        // Runs are lengthened until costs that occur once per attack, such as the first use of its memory, hardly matter. The shorter runs also
        // give the JIT compiler time.
        int iterations = FewestIterations;
        while (Run().Seconds < Seconds / 2 && iterations < MostIterations)
        {
            iterations *= 2;
        }

        double nanoseconds = BenchTimer.Medians(Rounds, () => Run() is var (queries, seconds) ? seconds / queries * 1e9 : double.NaN)[0];
        return new Measurement(dimension, directions, images, nanoseconds, nanoseconds / dimension);

        // The time of the processors, which says nearly the same on a busy machine.
        (double Queries, double Seconds) Run()
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            (double queries, _) = Noise.Attack(oracle, choice.Optimizer, noise, images, iterations, cancellation);
            return (queries, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }
    }

    // Optimizers that see images do more for them than for a list of values.
    private static ImageShape Shape(int dimension)
    {
        int gray = (int)Math.Sqrt(dimension), colour = (int)Math.Sqrt(dimension / 3.0);
        return gray * gray == dimension ? new ImageShape(1, gray, gray) : 3 * colour * colour == dimension ? new ImageShape(3, colour, colour) : new ImageShape(1, 1, dimension);
    }

    /// <summary>The cost of one setting, in nanoseconds of one processor.</summary>
    /// <param name="Dimension">d.</param>
    /// <param name="Directions">q.</param>
    /// <param name="Images">The number of images in flight.</param>
    /// <param name="NanosecondsPerQuery">The processor time of a query.</param>
    /// <param name="NanosecondsPerCoordinate">The cost of a query divided by d.</param>
    public sealed record Measurement(int Dimension, int Directions, int Images, double NanosecondsPerQuery, double NanosecondsPerCoordinate);
}
