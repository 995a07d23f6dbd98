using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Chooses the smoothing parameter μ. If μ is too small, float32 rounding hides f(θ + μu) − f(θ); if it is too large, curvature distorts it.
/// Slopes along a few directions are measured at every μ of a grid, forward and backward. The median of their central
/// differences over the grid is the reference slope. The chosen μ is where forward slopes agree best with the reference.
/// Costs 1 + 2 · directions · (length of the grid) queries per objective.
/// </summary>
public static class SmoothingCalibration
{
    private static readonly float[] Grid = [.. Enumerable.Range(0, 9).Select(k => (float)Math.Pow(10, -6 + (k / 2.0)))];

    /// <summary>Measures the curve for an attack: on the first 4 of its objectives, with draws of the attack's seed.</summary>
    /// <param name="oracle">What is queried.</param>
    /// <param name="objectives">The attack's objectives.</param>
    /// <param name="seed">The attack's seed.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    public static SmoothingCurve Measure(IQueryOracle oracle, IEnumerable<IObjective> objectives, long seed, CancellationToken cancellation = default) =>
        Measure(oracle, [.. objectives.Take(4)], RandomKey.FromSeed(seed).Derive(ulong.MaxValue), cancellation: cancellation);

    /// <summary>Measures the curve on some objectives of one kind.</summary>
    /// <param name="oracle">What is queried.</param>
    /// <param name="objectives">The objectives, each at a point of its own.</param>
    /// <param name="key">The key of starts and directions.</param>
    /// <param name="directions">The number of directions per objective.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    public static SmoothingCurve Measure(
        IQueryOracle oracle, IReadOnlyList<IObjective> objectives, RandomKey key, int directions = 4, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        ArgumentNullException.ThrowIfNull(objectives);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(objectives.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(directions);
        var agreement = new List<double>[Grid.Length];
        for (int k = 0; k < Grid.Length; k++)
        {
            agreement[k] = [];
        }

        long queries = 0;
        for (int o = 0; o < objectives.Count; o++)
        {
            double[,] forward = new double[directions, Grid.Length];
            double[] reference = new double[directions];
            queries += MeasureOne(oracle, objectives[o], key.Derive((ulong)o), forward, reference, cancellation);
            for (int k = 0; k < Grid.Length; k++)
            {
                agreement[k].Add(Cosine(forward, k, reference));
            }
        }

        var points = new SmoothingPoint[Grid.Length];
        for (int k = 0; k < Grid.Length; k++)
        {
            points[k] = new SmoothingPoint(Grid[k], agreement[k].Average());
        }

        return new SmoothingCurve(points, Choose(points), queries);
    }

    private static long MeasureOne(
        IQueryOracle oracle, IObjective objective, RandomKey key, double[,] forward, double[] reference, CancellationToken cancellation)
    {
        int d = objective.Dimension;
        int directions = reference.Length;
        var theta = new float[d];
        var u = new float[directions * d];
        var point = new float[d];
        objective.Initialize(key.Derive(0), theta);
        LeaveKinks(objective.Known, key.Derive(2), theta);
        CounterRandom.Normals(key.Derive(1), u);

        // Row 0 is θ; then, for each direction and μ, θ + μu and θ − μu.
        int rows = 1 + (2 * directions * Grid.Length);
        float[] scores = oracle.ScoreRows(rows, (row, input) => Write(row, input), new RowKey(key.Value, 1), cancellation);
        var inputs = new float[objective.InputLength];
        double Value(int row)
        {
            Write(row, inputs);
            return objective.Evaluate(inputs, scores.AsSpan(row * oracle.ScoreLength, oracle.ScoreLength)).Queried;
        }

        double start = Value(0);
        var central = new double[Grid.Length];
        for (int i = 0; i < directions; i++)
        {
            for (int k = 0; k < Grid.Length; k++)
            {
                int row = 1 + (2 * ((i * Grid.Length) + k));
                double plus = Value(row);
                forward[i, k] = (plus - start) / Grid[k];
                central[k] = (plus - Value(row + 1)) / (2 * Grid[k]);
            }

            Array.Sort(central);
            reference[i] = central[Grid.Length / 2];
        }

        return rows;

        void Write(int row, Span<float> input)
        {
            if (row == 0)
            {
                objective.Decode(theta, input);
                return;
            }

            int pair = (row - 1) / 2;
            float mu = Grid[pair % Grid.Length] * (row % 2 == 1 ? 1 : -1);
            SimdKernels.ScaledAdd(theta, mu, u.AsSpan(pair / Grid.Length * d, d), point);
            objective.Decode(point, input);
        }
    }

    // Slopes are compared where a run spends its time, not at its start. A clean image lies on the faces of the box, and its flat
    // background makes ties in every max-pooling window. These are kinks that no μ could smooth; the first steps leave them.
    private static void LeaveKinks(KnownTerm? known, RandomKey key, Span<float> theta)
    {
        const float share = 0.05f;
        var noise = new float[theta.Length];
        CounterRandom.Normals(key, noise);
        float scale = (float)Math.Sqrt(SimdKernels.SumOfSquares(theta) / theta.Length);
        for (int i = 0; i < theta.Length; i++)
        {
            if (known is null)
            {
                theta[i] += share * scale * noise[i];
                continue;
            }

            float lower = known.Lower.Span[i];
            float upper = known.Upper.Span[i];
            float margin = share * (upper - lower);
            theta[i] = Math.Clamp(theta[i], lower + margin, upper - margin) + (margin / 4 * Math.Clamp(noise[i], -3, 3));
        }
    }

    // Directions are nearly orthogonal, so the cosine of the slopes equals that of the gradient estimates.
    private static double Cosine(double[,] forward, int k, double[] reference)
    {
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            dot += forward[i, k] * reference[i];
            a += forward[i, k] * forward[i, k];
            b += reference[i] * reference[i];
        }

        return a > 0 && b > 0 ? dot / Math.Sqrt(a * b) : 0;
    }

    // The middle of the widest range within a thousandth of the best, so that both neighbours are good too.
    private static float Choose(SmoothingPoint[] points)
    {
        double bar = points.Max(p => p.Cosine) - 1e-3;
        int best = 0;
        int width = 0;
        for (int from = 0; from < points.Length; from++)
        {
            int to = from;
            while (to < points.Length && points[to].Cosine >= bar)
            {
                to++;
            }

            if (to - from > width)
            {
                width = to - from;
                best = from + ((width - 1) / 2);
            }
        }

        return points[best].Smoothing;
    }
}
