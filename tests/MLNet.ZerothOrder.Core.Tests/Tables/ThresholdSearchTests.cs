using MLNet.ZerothOrder.Numerics;
using Shouldly;
using Xunit.Abstractions;

namespace MLNet.ZerothOrder.Tests.Tables;

public sealed class ThresholdSearchTests(ITestOutputHelper output)
{
    private const int Budget = 2000;

    [Theory]
    [InlineData(1, 4, 50, 8, DistortionNorm.L1, false)]
    [InlineData(2, 6, 30, 5, DistortionNorm.L1, false)]
    [InlineData(3, 8, 50, 4, DistortionNorm.L1, false)]
    [InlineData(4, 6, 30, 5, DistortionNorm.L1, true)]
    public void On_small_forests_the_change_is_close_to_the_least_of_all_cells(int seed, int features, int trees, int thresholds, DistortionNorm norm, bool labelsOnly)
    {
        var forest = new TinyForest(seed, features, trees, thresholds);
        Func<float[], double> minimum = forest.Minimum();
        float[][] rows = [.. forest.Rows.Take(20)];
        Problem[] problems = Run(forest, rows, new ThresholdSearch(), norm, labelsOnly);

        double[] ratios = [.. problems.Select((problem, i) => Cost(rows[i], problem, norm) / minimum(rows[i]))];
        ratios.ShouldAllBe(ratio => double.IsFinite(ratio));
        output.WriteLine($"{string.Join(" ", ratios.Order().Select(ratio => $"{ratio:F3}"))}; first success {string.Join(" ", problems.Select(p => p.QueriesToFirstSolved))}");
        ratios.ShouldAllBe(ratio => ratio >= 1 - 1e-4);
        ratios.Order().ElementAt(ratios.Length / 2).ShouldBeLessThan(1.15);
        problems.ShouldAllBe(problem => problem.Ledger.Charged <= Budget);
    }

    [Fact]
    public void It_changes_at_most_half_as_much_as_a_random_feasible_search()
    {
        var forest = new TinyForest(7, 6, 40, 5);
        float[][] rows = [.. forest.Rows.Take(20)];
        Problem[] problems = Run(forest, rows, new ThresholdSearch(), DistortionNorm.L1, false);
        double[] ratios = [.. rows.Select((row, i) => Cost(row, problems[i], DistortionNorm.L1) / RandomSearch(forest, row, i))];
        output.WriteLine(string.Join(" ", ratios.Order().Select(ratio => $"{ratio:F3}")));
        ratios.Order().ElementAt(ratios.Length / 2).ShouldBeLessThan(0.5);
    }

    // The cheapest success of rows drawn from the ranges, a random number of features changed.
    private static double RandomSearch(TinyForest forest, float[] row, int seed)
    {
        var random = new Random(seed);
        FeatureConstraints constraints = Constraints(forest);
        double own = forest.Score(row), least = double.PositiveInfinity;
        for (int query = 0; query < Budget; query++)
        {
            float[] other = [.. row];
            foreach (int i in Enumerable.Range(0, row.Length).OrderBy(_ => random.Next()).Take(random.Next(row.Length) + 1))
            {
                other[i] = (float)((random.NextDouble() * 8) - 4);
            }

            if ((float)forest.Score(other) > 0 != (float)own > 0)
            {
                least = Math.Min(least, constraints.Distance(row, other).L1);
            }
        }

        return least;
    }

    private static double Cost(float[] row, Problem problem, DistortionNorm norm) => problem.BestSolvedInput is { } found
        ? new FeatureConstraints([.. row.Select((_, i) => $"f{i}")]).Distance(row, found.Span).Of(norm) : double.PositiveInfinity;

    private static FeatureConstraints Constraints(TinyForest forest)
    {
        var constraints = new FeatureConstraints([.. Enumerable.Range(0, forest.Features).Select(i => $"f{i}")]);
        for (int i = 0; i < forest.Features; i++)
        {
            constraints.Slot(i).Range(-4, 4).Spread(1);
        }

        return constraints;
    }

    private static Problem[] Run(TinyForest forest, float[][] rows, IZerothOrderOptimizer optimizer, DistortionNorm norm, bool labelsOnly)
    {
        FeatureConstraints constraints = Constraints(forest);
        Problem[] problems =
        [
            .. rows.Select((row, i) => new Problem(
                $"row {i}", new RowObjective(constraints, row, RowGoal.NotClass((float)forest.Score(row) > 0 ? 1 : 0), norm, labelsOnly: labelsOnly), optimizer, 0.1f, RandomKey.FromSeed(i),
                new RunLimits { Iterations = int.MaxValue, Budget = Budget })),
        ];
        using DelegateOracle oracle = forest.Oracle();
        new BatchedEngine(oracle).Run(problems);
        return problems;
    }
}
