namespace MLNet.ZerothOrder.Tests.Tables;

/// <summary>A boosted forest on generated rows, whose thresholds lie on a coarse grid, so that all its cells can be enumerated.</summary>
internal sealed class TinyForest
{
    private readonly float[][] _grid;
    private readonly List<(int Feature, float Threshold, double Left, double Right)[]> _trees = [];

    public TinyForest(int seed, int features, int trees, int thresholds)
    {
        var random = new Random(seed);
        Features = features;
        _grid = [.. Enumerable.Range(0, features).Select(_ => Enumerable.Range(0, thresholds).Select(_ => (float)((random.NextDouble() * 4) - 2)).Order().ToArray())];
        double[] weights = [.. Enumerable.Range(0, features).Select(_ => (random.NextDouble() * 2) - 1)];
        Rows = [.. Enumerable.Range(0, 150).Select(_ => Enumerable.Range(0, features).Select(_ => (float)Normal(random)).ToArray())];
        double[] goal = [.. Rows.Select(row => row.Select((x, i) => x * weights[i]).Sum() + (row[0] * row[^1]) > 0 ? 1.0 : -1.0)];
        double[] scores = new double[Rows.Length];
        for (int tree = 0; tree < trees; tree++)
        {
            // Two levels: a root and a split for each of its sides.
            double[] rest = [.. goal.Select((y, i) => y / (1 + Math.Exp(y * scores[i])))];
            var root = Split(Enumerable.Range(0, Rows.Length), rest, random);
            (int Feature, float Threshold, double, double)[] nodes =
            [
                root,
                Split(Enumerable.Range(0, Rows.Length).Where(i => Rows[i][root.Feature] <= root.Threshold), rest, random),
                Split(Enumerable.Range(0, Rows.Length).Where(i => Rows[i][root.Feature] > root.Threshold), rest, random),
            ];
            _trees.Add(nodes);
            for (int i = 0; i < Rows.Length; i++)
            {
                scores[i] += Tree(nodes, Rows[i]);
            }
        }
    }

    public int Features { get; }

    public float[][] Rows { get; }

    public double Score(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (var tree in _trees)
        {
            sum += Tree(tree, row);
        }

        return sum;
    }

    public DelegateOracle Oracle() => new(Features, 2, (row, _, scores) => (scores[0], scores[1]) = (0, (float)Score(row)), Environment.ProcessorCount);

    /// <summary>The least ℓ1 distance from a row to a cell of the other class, over all cells.</summary>
    public Func<float[], double> Minimum()
    {
        int[] counts = [.. _grid.Select(grid => grid.Length + 1)];
        int cells = counts.Aggregate(1, (a, b) => a * b);
        var isPositive = new bool[cells];
        var point = new float[Features];
        for (int cell = 0; cell < cells; cell++)
        {
            for (int i = 0, rest = cell; i < Features; rest /= counts[i++])
            {
                int k = rest % counts[i];
                point[i] = k == counts[i] - 1 ? 1000 : _grid[i][k];
            }

            isPositive[cell] = (float)Score(point) > 0;
        }

        return row =>
        {
            bool own = (float)Score(row) > 0;
            double[][] costs = [.. row.Select((x, i) => Enumerable.Range(0, counts[i]).Select(k => k > 0 && x <= _grid[i][k - 1] ? _grid[i][k - 1] - (double)x : k < _grid[i].Length && x > _grid[i][k] ? x - (double)_grid[i][k] : 0).ToArray())];
            double least = double.PositiveInfinity;
            for (int cell = 0; cell < cells; cell++)
            {
                if (isPositive[cell] != own)
                {
                    double cost = 0;
                    for (int i = 0, rest = cell; i < Features; rest /= counts[i++])
                    {
                        cost += costs[i][rest % counts[i]];
                    }

                    least = Math.Min(least, cost);
                }
            }

            return least;
        };
    }

    private static double Tree((int Feature, float Threshold, double Left, double Right)[] nodes, ReadOnlySpan<float> row)
    {
        var node = nodes[row[nodes[0].Feature] <= nodes[0].Threshold ? 1 : 2];
        return row[node.Feature] <= node.Threshold ? node.Left : node.Right;
    }

    // Of a random half of the features, as random forests do.
    private (int Feature, float Threshold, double Left, double Right) Split(IEnumerable<int> rows, double[] rest, Random random)
    {
        int[] all = [.. rows];
        (int, float, double, double) best = (0, _grid[0][0], 0, 0);
        double most = double.NegativeInfinity;
        foreach (int feature in Enumerable.Range(0, Features).Where(_ => random.Next(2) == 0))
        {
            foreach (float threshold in _grid[feature])
            {
                double[] left = [.. all.Where(i => Rows[i][feature] <= threshold).Select(i => rest[i])], right = [.. all.Where(i => Rows[i][feature] > threshold).Select(i => rest[i])];
                double gain = (Square(left.Sum()) / (left.Length + 1)) + (Square(right.Sum()) / (right.Length + 1));
                if (gain > most)
                {
                    most = gain;
                    best = (feature, threshold, 0.5 * left.Sum() / (left.Length + 1) * 4, 0.5 * right.Sum() / (right.Length + 1) * 4);
                }
            }
        }

        return best;
    }

    private static double Square(double x) => x * x;

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
