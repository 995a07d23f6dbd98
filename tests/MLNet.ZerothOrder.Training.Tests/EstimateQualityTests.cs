using MLNet.ZerothOrder.Tests.Learned;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class EstimateQualityTests
{
    private const int Dimension = 30;

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(20)]
    public void On_a_linear_function_both_measured_terms_are_unbiased(int q)
    {
        const int Trials = 20_000;
        float[] gradient = Models.Normals(RandomKey.FromSeed(1), Dimension), deviation = Deviation();
        double squares = 0, fourths = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            (float[] directions, double[] slopes) = Ask(gradient, deviation, q, trial);
            (double v, double w) = EstimateQuality.Measure(directions, slopes);
            squares += v / Trials;
            fourths += w / Trials;
        }

        (double expectedSquares, double expectedFourths) = Exact(gradient, deviation);
        squares.ShouldBe(expectedSquares, 0.03 * expectedSquares);
        fourths.ShouldBe(expectedFourths, 0.15 * expectedFourths);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(20, false)]
    [InlineData(20, true)]
    [InlineData(100, true)]
    public void The_formula_is_the_estimates_mean_squared_cosine(int q, bool plain)
    {
        // E cos² against (E ĝ·g)² / (‖g‖² E‖ĝ‖²): nearly the same, since lengths vary little in many dimensions.
        const int Trials = 4000, Many = 200;
        float[] gradient = Models.Normals(RandomKey.FromSeed(1), Many);
        float[] deviation = plain ? [.. Enumerable.Repeat(1f, Many)] : Deviation(Many);
        double squaredCosine = 0, length = gradient.Sum(g => (double)g * g);
        for (int trial = 0; trial < Trials; trial++)
        {
            (float[] directions, double[] slopes) = Ask(gradient, deviation, q, trial);
            double along = 0, squares = 0;
            for (int j = 0; j < Many; j++)
            {
                double estimate = slopes.Select((s, i) => s * directions[(i * Many) + j]).Average();
                along += estimate * gradient[j];
                squares += estimate * estimate;
            }

            squaredCosine += along * along / (squares * length) / Trials;
        }

        (double v, double w) = Exact(gradient, deviation);
        Math.Exp(-EstimateQuality.Loss(v, w, Many, q)).ShouldBe(squaredCosine * length, 0.06 * squaredCosine * length);
    }

    [Fact]
    public void The_gradient_is_that_of_the_loss_where_everything_is_exact()
    {
        const int Q = 7;
        float[] gradient = Models.Normals(RandomKey.FromSeed(1), Dimension), deviation = Deviation();
        (double v, double w) = Exact(gradient, deviation);
        var found = new float[Dimension];

        EstimateQuality.Gradient(deviation, gradient, gradient, v, w, Q, found);

        for (int j = 0; j < Dimension; j++)
        {
            double Loss(double nudge)
            {
                double[] moved = [.. deviation.Select(s => (double)s)];
                moved[j] += nudge;
                return EstimateQuality.Loss(moved.Select((s, i) => s * s * gradient[i] * gradient[i]).Sum(), moved.Select((s, i) => Math.Pow(s, 4) * gradient[i] * gradient[i]).Sum(), Dimension, Q);
            }

            ((double)found[j]).ShouldBe((Loss(1e-5) - Loss(-1e-5)) / 2e-5, 1e-6 + (1e-4 * Math.Abs(found[j])));
        }
    }

    [Fact]
    public void Slopes_of_nothing_give_no_gradient_and_one_slope_is_refused()
    {
        var found = new float[] { 5, 5 };

        EstimateQuality.Gradient([1, 1], [1, 2], [1, 2], 0, 0, 4, found);

        found.ShouldBe([0, 0]);
        Should.Throw<ArgumentException>(() => EstimateQuality.Measure([1, 2], [1.0])).ParamName.ShouldBe("slopes");
    }

    private static (double Squares, double Fourths) Exact(float[] gradient, float[] deviation) =>
        (gradient.Zip(deviation, (g, s) => Math.Pow((double)g * s, 2)).Sum(), gradient.Zip(deviation, (g, s) => Math.Pow(g, 2) * Math.Pow(s, 4)).Sum());

    private static float[] Deviation(int dimension = Dimension)
    {
        double[] raw = [.. Models.Normals(RandomKey.FromSeed(2), dimension).Select(x => Math.Abs(1 + (0.5 * x)))];
        double factor = Math.Sqrt(dimension / raw.Sum(x => x * x));
        return [.. raw.Select(x => (float)(factor * x))];
    }

    private static (float[] Directions, double[] Slopes) Ask(float[] gradient, float[] deviation, int q, long seed)
    {
        int d = gradient.Length;
        float[] directions = Models.Normals(RandomKey.FromSeed(1000 + seed), q * d);
        var slopes = new double[q];
        for (int i = 0; i < directions.Length; i++)
        {
            directions[i] *= deviation[i % d];
            slopes[i / d] += (double)directions[i] * gradient[i % d];
        }

        return (directions, slopes);
    }
}
