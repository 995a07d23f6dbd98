using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class UpdateRuleTests
{
    private const int Dimension = 9;
    private const int Steps = 12;
    private const float Rate = 0.02f;

    [Fact]
    public void Sgd_is_the_step_size_times_the_negative_estimate() =>
        Compare(UpdateRules.Sgd, 0, (gradient, _, _) => -Rate * gradient);

    [Fact]
    public void SignSgd_moves_every_coordinate_by_the_step_size_and_leaves_a_zero_where_it_is() =>
        Compare(UpdateRules.SignSgd, 0, (gradient, _, _) => -Rate * Math.Sign(gradient));

    [Theory]
    [InlineData(0.9, 0.996, 1e-8)]
    [InlineData(0.99, 0.99, 1e-8)]
    [InlineData(0.5, 0.999, 0.1)]
    [InlineData(0, 0, 1e-3)]
    public void Adam_agrees_with_the_formula_in_float64(double beta1, double beta2, double epsilon)
    {
        // The float values of the settings, since 1 − β is what tells.
        double b1 = (float)beta1;
        double b2 = (float)beta2;
        var m = new double[Dimension];
        var v = new double[Dimension];
        Compare(UpdateRules.Adam((float)beta1, (float)beta2, (float)epsilon), 2, (gradient, step, i) =>
        {
            m[i] = (b1 * m[i]) + ((1 - b1) * gradient);
            v[i] = (b2 * v[i]) + ((1 - b2) * gradient * gradient);
            double unbiasedM = m[i] / (1 - Math.Pow(b1, step));
            double unbiasedV = v[i] / (1 - Math.Pow(b2, step));
            return -Rate * unbiasedM / (Math.Sqrt(unbiasedV) + epsilon);
        });
    }

    [Theory]
    [InlineData(1e-8)]
    [InlineData(0.5)]
    public void Adam_in_float64_agrees_with_the_formula_to_float64_accuracy(double epsilon)
    {
        var random = new Random(1);
        double[] m = new double[3], v = new double[3], state = new double[6], update = new double[3];
        for (int t = 1; t <= 50; t++)
        {
            // The last coordinate never has a gradient.
            double[] gradient = [random.NextDouble() - 0.3, 1e-3 * (random.NextDouble() - 0.5), 0];

            UpdateRules.Adam(0.9, 0.999, epsilon, gradient, t, Rate, state, update);

            for (int i = 0; i < 3; i++)
            {
                m[i] = (0.9 * m[i]) + (0.1 * gradient[i]);
                v[i] = (0.999 * v[i]) + (0.001 * gradient[i] * gradient[i]);
                double expected = -(double)Rate * (m[i] / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, t))) + epsilon);
                update[i].ShouldBe(expected, (1e-12 * Math.Abs(expected)) + 1e-300);
            }
        }

        update[2].ShouldBe(0);
    }

    private static void Compare(UpdateRule rule, int statePerCoordinate, Func<double, int, int, double> reference)
    {
        var state = new float[statePerCoordinate * Dimension];
        var update = new float[Dimension];
        for (int step = 1; step <= Steps; step++)
        {
            // All sizes and signs, a zero among them.
            float[] gradient = [.. Enumerable.Range(0, Dimension).Select(i => i == 4 ? 0 : MathF.Sin((7 * i) + step) * MathF.Pow(10, (i % 5) - 2))];
            rule(gradient, step, Rate, state, update);
            for (int i = 0; i < Dimension; i++)
            {
                double expected = reference(gradient[i], step, i);
                ((double)update[i]).ShouldBe(expected, (1e-4 * Math.Abs(expected)) + 1e-9, $"step {step}, coordinate {i}");
            }
        }
    }
}
