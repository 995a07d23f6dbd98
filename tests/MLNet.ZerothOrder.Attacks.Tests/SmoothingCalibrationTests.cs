using MLNet.ZerothOrder.Tests.Engine;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class SmoothingCalibrationTests
{
    private const int Dimension = 60;

    // Rounded to float32 around an offset: a difference carries an error of up to offset · 2^-24, whatever μ is. A large
    // curvature bends differences over a large μ. In between lies the plateau.
    [Theory]
    [InlineData(50, 20)]
    [InlineData(50, 1)]
    [InlineData(0.5, 20)]
    [InlineData(0.5, 300)]
    [InlineData(3000, 0.05)]
    public void Chooses_a_smoothing_inside_the_plateau_between_rounding_and_curvature(double offset, double curvature)
    {
        using var oracle = new WatchedOracle(Dimension, (x, _) => offset + Curved(x, curvature));
        IObjective[] objectives = [new FunctionObjective(Dimension, 0.1f), new FunctionObjective(Dimension, 0.1f)];

        SmoothingCurve curve = SmoothingCalibration.Measure(oracle, objectives, RandomKey.FromSeed(1), directions: 8);

        double[] truth = [.. curve.Points.Select(p => TrueCosine(p.Smoothing, offset, curvature))];
        int chosen = curve.Points.ToList().FindIndex(p => p.Smoothing == curve.Best);
        truth[chosen].ShouldBeGreaterThan(truth.Max() - 5e-3, string.Join(" ", truth.Select(t => t.ToString("0.0000"))));
        curve.Queries.ShouldBe(2 * (1 + (2 * 8 * 9)));
        oracle.Rows.Values.Sum().ShouldBe(curve.Queries);
    }

    [Fact]
    public void The_curve_falls_off_at_both_ends_where_both_errors_are_there()
    {
        using var oracle = new WatchedOracle(Dimension, (x, _) => 200 + Curved(x, 20));
        SmoothingCurve curve = SmoothingCalibration.Measure(oracle, [new FunctionObjective(Dimension, 0.1f)], RandomKey.FromSeed(1), directions: 16);
        double best = curve.Points.Single(p => p.Smoothing == curve.Best).Cosine;
        best.ShouldBeGreaterThan(0.99);
        curve.Points[0].Cosine.ShouldBeLessThan(best - 0.01);
        curve.Points[^1].Cosine.ShouldBeLessThan(best - 0.01);
        curve.Points.Select(p => p.Smoothing).ShouldBeInOrder(SortDirection.Ascending);
    }

    [Fact]
    public void A_function_without_slopes_still_gets_a_smoothing()
    {
        using var oracle = new WatchedOracle(3, (_, _) => 7);
        SmoothingCurve curve = SmoothingCalibration.Measure(oracle, [new FunctionObjective(3)], RandomKey.FromSeed(1));
        curve.Best.ShouldBe(1e-4f, 1e-6f);
    }

    [Fact]
    public void An_attacks_own_distortion_does_not_count_only_what_is_asked_for()
    {
        // The ℓ1 norm's kink at the start would spoil any slope of the whole loss.
        var image = new float[Dimension];
        Array.Fill(image, 0.5f);
        using var oracle = new DelegateOracle(Dimension, 2, (x, _, scores) =>
        {
            scores[0] = (float)(10 + Curved(x, 0.1));
            scores[1] = 0;
        });
        SmoothingCurve heavy = Measure(100);
        SmoothingCurve none = Measure(0);
        heavy.ShouldBe(none with { Points = heavy.Points });
        heavy.Points.ShouldBe(none.Points);

        SmoothingCurve Measure(double weight) => SmoothingCalibration.Measure(
            oracle, [new AttackObjective(image, 0, 2, new AttackLoss { DistortionWeight = weight })], RandomKey.FromSeed(1));
    }

    [Fact]
    public void The_same_key_measures_the_same_and_a_failing_oracle_fails()
    {
        using var oracle = new WatchedOracle(3, (x, _) => x[0] * x[1]);
        SmoothingCurve first = SmoothingCalibration.Measure(oracle, [new FunctionObjective(3)], RandomKey.FromSeed(1));
        SmoothingCalibration.Measure(oracle, [new FunctionObjective(3)], RandomKey.FromSeed(1)).Points.ShouldBe(first.Points);
        using var failing = new WatchedOracle(3, (_, _) => double.NaN);
        Should.Throw<OracleException>(() => SmoothingCalibration.Measure(failing, [new FunctionObjective(3)], RandomKey.FromSeed(1)));
    }

    // The cosine between rounded one-sided slopes at μ and the true slopes, over many directions at the origin's surroundings.
    private static double TrueCosine(float mu, double offset, double curvature)
    {
        var random = new Random(5);
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < 400; i++)
        {
            float[] x = [.. Enumerable.Range(0, Dimension).Select(_ => (float)(0.1 * Normal(random)))];
            float[] u = [.. Enumerable.Range(0, Dimension).Select(_ => (float)Normal(random))];
            float[] moved = [.. x.Zip(u, (p, v) => p + (mu * v))];
            double slope = ((float)(offset + Curved(moved, curvature)) - (float)(offset + Curved(x, curvature))) / mu;
            double slopeThere = Enumerable.Range(0, Dimension).Sum(j => (Weight(j) + (2 * curvature * x[j])) * u[j]);
            dot += slope * slopeThere;
            a += slope * slope;
            b += slopeThere * slopeThere;
        }

        return dot / Math.Sqrt(a * b);
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Curved(ReadOnlySpan<float> x, double curvature)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += (Weight(i) * x[i]) + (curvature * x[i] * x[i]);
        }

        return sum;
    }

    private static double Weight(int i) => Math.Sin((3 * i) + 1);
}
