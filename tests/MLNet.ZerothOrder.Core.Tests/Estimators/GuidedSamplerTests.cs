using Shouldly;

namespace MLNet.ZerothOrder.Tests.Estimators;

public sealed class GuidedSamplerTests
{
    [Theory]
    [InlineData(0.5f, new float[] { 1, 2, 0, -1, 0 }, new float[] { 0, 1, 1, 0, 0.5f })]
    [InlineData(0.1f, new float[] { 1, 2, 0, -1, 0 }, new float[] { -0.2f, -0.4f, 0, 0.2f, 0 })]
    [InlineData(0.3f, new float[] { 0, 0, 0, 0, 0 }, new float[] { 0, 0.01f, 0, 0, 0.02f })]
    [InlineData(0.9f, new float[] { 1e-4f, 0, 0, 0, 0 }, new float[] { 0, 0, 0, 0, 0 })]
    [InlineData(0.5f, new float[] { 0, 0, 0, 0, 0 }, new float[] { 0, 0, 0, 0, 0 })]
    public void The_covariance_is_alpha_I_plus_the_guides_projector_scaled_to_a_trace_of_d(float alpha, float[] gradient, float[] update)
    {
        const int Rows = 100_000;
        int d = gradient.Length;
        var directions = new float[Rows * d];
        new GuidedSampler(alpha).Sample(RandomKey.FromSeed(3), gradient, update, directions);

        double[,] expected = Covariance(alpha, gradient, update);
        double trace = 0;
        for (int i = 0; i < d; i++)
        {
            trace += expected[i, i];
            for (int j = 0; j < d; j++)
            {
                double sum = 0;
                for (int row = 0; row < Rows; row++)
                {
                    sum += (double)directions[(row * d) + i] * directions[(row * d) + j];
                }

                (sum / Rows).ShouldBe(expected[i, j], 0.05, $"entry {i}, {j}");
            }
        }

        trace.ShouldBe(d, 1e-9);
    }

    [Fact]
    public void The_first_step_is_plain_Gaussian_sampling()
    {
        var guided = new float[70];
        var gaussian = new float[70];
        new GuidedSampler().Sample(RandomKey.FromSeed(1), new float[7], new float[7], guided);
        new GaussianSampler().Sample(RandomKey.FromSeed(1), new float[7], new float[7], gaussian);
        guided.ShouldBe(gaussian);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.5f)]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    public void An_alpha_outside_its_range_is_refused(float alpha) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new GuidedSampler(alpha)).Message.ShouldContain("(0, 1]");

    /// <summary>Eq. 7's covariance in float64: k(αI + (1 − α)UUᵀ), U by Gram and Schmidt, k such that the trace is d.</summary>
    public static double[,] Covariance(double alpha, params float[][] guides)
    {
        int d = guides[0].Length;
        var basis = new List<double[]>();
        foreach (float[] guide in guides)
        {
            double[] rest = [.. guide.Select(x => (double)x)];
            foreach (double[] unit in basis)
            {
                double along = rest.Zip(unit, (a, b) => a * b).Sum();
                rest = [.. rest.Zip(unit, (a, b) => a - (along * b))];
            }

            double norm = Math.Sqrt(rest.Sum(x => x * x));
            if (norm > 1e-5 * Math.Sqrt(guide.Sum(x => (double)x * x)))
            {
                basis.Add([.. rest.Select(x => x / norm)]);
            }
        }

        double scale = d / ((alpha * d) + ((1 - alpha) * basis.Count));
        var covariance = new double[d, d];
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < d; j++)
            {
                // Without guides there is nothing to share with: the whole of u is N(0, I).
                double projector = basis.Sum(unit => unit[i] * unit[j]);
                covariance[i, j] = basis.Count == 0 ? (i == j ? 1 : 0) : scale * ((i == j ? alpha : 0) + ((1 - alpha) * projector));
            }
        }

        return covariance;
    }
}
