using Shouldly;

namespace MLNet.ZerothOrder.Tests.Estimators;

public sealed class MagnitudeSamplerTests
{
    public static TheoryData<float, float[]> Cases => new()
    {
        { 0.5f, [1, 2, 0, -1, 0] },
        { 0.5f, [0, 0, 0, 0, -3e-20f] },
        { 0, [1, 2, 3, 4, 5] },
        { 1, [1, -1, 2, 0, 1e9f] },
        { 0.9f, [1e30f, -1e30f, 2e30f, 1e29f, 0] },
        { 0.3f, [0, 0, 0, 0, 0] },
        { 0.5f, [7] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_mean_is_0_and_the_covariance_diagonal_by_the_magnitudes_with_a_trace_of_d(float share, float[] gradient)
    {
        const int Rows = 100_000;
        int d = gradient.Length;
        var directions = new float[Rows * d];
        new MagnitudeSampler(share).Sample(RandomKey.FromSeed(3), gradient, [], directions);

        double[] variances = Variances(share, gradient);
        variances.Sum().ShouldBe(d, 1e-9);
        for (int i = 0; i < d; i++)
        {
            // Five standard errors: of a mean σ/√n, of a variance σ²√(2/n), of a covariance σσ'/√n.
            const double Error = 5 / 316.0;
            double mean = Enumerable.Range(0, Rows).Average(row => (double)directions[(row * d) + i]);
            mean.ShouldBe(0, (Error * Math.Sqrt(variances[i])) + 1e-30, $"coordinate {i}");
            for (int j = 0; j <= i; j++)
            {
                double covariance = Enumerable.Range(0, Rows).Average(row => (double)directions[(row * d) + i] * directions[(row * d) + j]);
                double size = Math.Sqrt(variances[i] * variances[j]);
                covariance.ShouldBe(i == j ? size : 0, (Error * Math.Sqrt(2) * size) + 1e-30, $"entry {i}, {j}");
            }
        }
    }

    [Fact]
    public void Only_the_magnitudes_relation_counts_neither_sign_nor_scale()
    {
        float[] gradient = [1, -2, 0, 0.5f, 3];
        float[] expected = Draw(gradient);
        Draw([.. gradient.Select(g => -g)]).ShouldBe(expected);
        Draw([.. gradient.Select(g => g * 1.2676506e30f)]).ShouldBe(expected);
        Draw([.. gradient.Select(g => g / 1.2676506e30f)]).ShouldBe(expected);
    }

    // What no float can scale tells nothing.
    [Theory]
    [InlineData(0f)]
    [InlineData(1e-45f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Without_a_usable_gradient_it_is_plain_Gaussian_sampling(float value)
    {
        var gaussian = new float[35];
        new GaussianSampler().Sample(RandomKey.FromSeed(1), new float[5], new float[5], gaussian);
        Draw([0, value, 0, 0, 0]).ShouldBe(gaussian);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1.1f)]
    [InlineData(float.NaN)]
    public void A_share_outside_its_range_is_refused(float share) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new MagnitudeSampler(share)).Message.ShouldContain("[0, 1]");

    /// <summary>σ² in float64.</summary>
    public static double[] Variances(double share, float[] gradient)
    {
        double rms = Math.Sqrt(gradient.Average(g => (double)g * g));
        double[] deviation = [.. gradient.Select(g => rms > 0 ? 1 - share + (share * Math.Abs(g) / rms) : 1)];
        double sum = deviation.Sum(s => s * s);
        return [.. deviation.Select(s => s * s * gradient.Length / sum)];
    }

    private static float[] Draw(float[] gradient)
    {
        var directions = new float[7 * gradient.Length];
        new MagnitudeSampler().Sample(RandomKey.FromSeed(1), gradient, [], directions);
        return directions;
    }
}
