using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>The slopes of the margin at the clean images, along the same directions at several values of μ.</summary>
internal sealed class StartSlopes
{
    private const double FewRoundings = 8;
    private const double HalfRounding = 1.0 / (1 << 11);

    // Per image: one slope per direction and μ, a change of the margin per change of a pixel in the root mean square.
    private readonly List<double[,]> _slopes = [];

    // Per image and μ: the root mean square of the margin's changes, in units of the rounding of scores in float16; infinite for other scores.
    private readonly List<double[]> _changes = [];

    /// <summary>The queries of the measurement.</summary>
    public long Queries { get; private set; }

    /// <summary>
    /// The median over images of the root mean square of the pixels' slopes, estimated at the μ with the steepest slopes. Images without slopes are
    /// excluded; NaN if none has slopes. It is the spread of the directions' slopes: their mean belongs to the shift of all pixels at once that clipping to the box causes.
    /// </summary>
    /// <param name="smoothings">The indices of the values of μ to consider.</param>
    public double Slope(params int[] smoothings) => Median([.. _slopes.Select(image => smoothings.Max(k => Spread(image, k))).Where(size => size > 0)]);

    /// <summary>Measures the slopes of the margin.</summary>
    /// <param name="oracle">The classifier.</param>
    /// <param name="objectives">The images.</param>
    /// <param name="smoothings">The values of μ.</param>
    /// <param name="directions">The number of directions, of the distribution N(0, I).</param>
    /// <param name="seed">The attack's seed.</param>
    /// <param name="failedCalls">The number of consecutive failed calls that throws. With fewer, an image with a failed row is excluded; at 0, the first failure throws.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    public static StartSlopes Measure(
        IQueryOracle oracle, IReadOnlyList<AttackObjective> objectives, float[] smoothings, int directions, long seed, int failedCalls, CancellationToken cancellation)
    {
        var slopes = new StartSlopes();
        for (int o = 0; o < objectives.Count; o++)
        {
            slopes.Add(oracle, objectives[o], RandomKey.FromSeed(seed).Derive(ulong.MaxValue - 1).Derive((ulong)o), smoothings, directions, failedCalls, cancellation);
        }

        return slopes;
    }

    /// <summary>The share of images for which the slopes at the first μ over those at the second are of a size that fits. A ratio without slopes is NaN.</summary>
    public double Share(Func<double, bool> fits) => _slopes.Count == 0 ? 1 : (double)_slopes.Count(image => fits(Size(image, 0) / Size(image, 1))) / _slopes.Count;

    /// <summary>
    /// The median over images of the agreement of the slopes at a μ with those at the next one: their product over the square of the larger. It is 1 for equal slopes, at
    /// most the ratio of the smaller to the larger one for others, and 0 without slopes.
    /// </summary>
    public double Agreement(int smoothing) => Median([.. _slopes.Select(image =>
    {
        double dot = 0;
        for (int i = 0; i < image.GetLength(0); i++)
        {
            dot += image[i, smoothing] * image[i, smoothing + 1];
        }

        double larger = Math.Max(Size(image, smoothing), Size(image, smoothing + 1));
        return larger > 0 ? dot / (larger * larger * image.GetLength(0)) : 0;
    })]);

    /// <summary>
    /// Whether the margin of most images changes by more than a few roundings of the scores at a μ. Scores that are all float16 numbers are taken as rounded to these; the changes over a small
    /// μ are mostly rounding there, although their size is plausible.
    /// </summary>
    public bool ExceedsRounding(int smoothing) => 2 * _changes.Count(image => !(image[smoothing] < FewRoundings)) >= _changes.Count;

    /// <summary>Whether most images have a slope at a μ.</summary>
    public bool Sees(int smoothing) => 2 * _slopes.Count(image => Size(image, smoothing) > 0) > _slopes.Count;

    private void Add(IQueryOracle oracle, AttackObjective objective, RandomKey key, float[] smoothings, int directions, int failedCalls, CancellationToken cancellation)
    {
        int d = objective.Dimension;
        var theta = new float[d];
        var point = new float[d];
        var u = new float[directions * d];
        objective.Initialize(key.Derive(0), theta);
        CounterRandom.Normals(key.Derive(1), u);

        // Row 0 is θ; then, for each direction, θ + μu for each μ.
        int rows = 1 + (directions * smoothings.Length);
        float[] scores = oracle.ScoreRows(rows, Write, new RowKey(key.Value, 1), failedCalls, out OracleException?[] failures, cancellation);
        Queries += rows;
        if (failures.Any(failure => failure is not null))
        {
            return;
        }

        var start = new float[d];
        var moved = new float[d];
        Write(0, start);
        double margin = Margin(0);
        var slopes = new double[directions, smoothings.Length];
        var changes = new double[smoothings.Length];
        for (int row = 1; row < rows; row++)
        {
            Write(row, moved);
            double length = SimdKernels.L2Distance(moved, start);
            double change = Margin(row) - margin;
            slopes[(row - 1) / smoothings.Length, (row - 1) % smoothings.Length] = length > 0 ? change / length : 0;
            changes[(row - 1) % smoothings.Length] += change * change;
        }

        bool isHalf = Array.TrueForAll(scores, score => (float)(Half)score == score);
        double unit = isHalf ? HalfRounding * Math.Abs(TensorPrimitives.MaxMagnitude<float>(scores)) : 0;
        _slopes.Add(slopes);
        _changes.Add([.. changes.Select(squares => Math.Sqrt(squares / directions) / unit)]);

        double Margin(int row) => objective.Margin(scores.AsSpan(row * oracle.ScoreLength, oracle.ScoreLength));

        void Write(int row, Span<float> input)
        {
            if (row == 0)
            {
                objective.Decode(theta, input);
                return;
            }

            SimdKernels.ScaledAdd(theta, smoothings[(row - 1) % smoothings.Length], u.AsSpan((row - 1) / smoothings.Length * d, d), point);
            objective.Decode(point, input);
        }
    }

    private static double Size(double[,] slopes, int smoothing)
    {
        double sum = 0;
        for (int i = 0; i < slopes.GetLength(0); i++)
        {
            sum += slopes[i, smoothing] * slopes[i, smoothing];
        }

        return Math.Sqrt(sum / slopes.GetLength(0));
    }

    private static double Spread(double[,] slopes, int smoothing)
    {
        int directions = slopes.GetLength(0);
        double sum = 0;
        for (int i = 0; i < directions; i++)
        {
            sum += slopes[i, smoothing];
        }

        double size = Size(slopes, smoothing), mean = sum / directions;
        return Math.Sqrt(Math.Max(0, (size * size) - (mean * mean)) * directions / (directions - 1));
    }

    private static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
