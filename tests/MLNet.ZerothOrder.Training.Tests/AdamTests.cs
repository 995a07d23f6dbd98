using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class AdamTests
{
    [Theory]
    [InlineData(1e-8)]
    [InlineData(0.5)]
    public void Steps_are_the_books(double epsilon)
    {
        const double Rate = 0.01;
        var random = new Random(1);
        var adam = new Adam(3, epsilon);
        float[] weights = [1, -2, 3];
        double[] expected = [1, -2, 3], m = new double[3], v = new double[3];
        for (int t = 1; t <= 50; t++)
        {
            // The last weight never has a gradient.
            double[] gradient = [random.NextDouble() - 0.3, 1e-3 * (random.NextDouble() - 0.5), 0];

            adam.Step(gradient, Rate, weights);

            for (int i = 0; i < 3; i++)
            {
                m[i] = (0.9 * m[i]) + (0.1 * gradient[i]);
                v[i] = (0.999 * v[i]) + (0.001 * gradient[i] * gradient[i]);
                expected[i] -= Rate * (m[i] / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, t))) + epsilon);
                ((double)weights[i]).ShouldBe(expected[i], 1e-5);
            }
        }

        adam.Steps.ShouldBe(50);
        weights[2].ShouldBe(3);
    }

    [Fact]
    public void The_first_step_is_as_long_as_the_rate()
    {
        float[] weights = [0, 0];

        new Adam(2, 1e-8).Step([1e-3, -50], 0.01, weights);

        weights[0].ShouldBe(-0.01f, 1e-6f);
        weights[1].ShouldBe(0.01f, 1e-6f);
    }
}
