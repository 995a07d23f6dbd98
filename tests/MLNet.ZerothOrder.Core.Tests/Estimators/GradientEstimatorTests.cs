using Shouldly;

namespace MLNet.ZerothOrder.Tests.Estimators;

public sealed class GradientEstimatorTests
{
    private const int Dimension = 6;
    private static readonly double[] Slope = [1, -2, 0.5, 3, 0, -0.25];

    // What guided sampling is guided by: any two vectors, neither orthogonal nor parallel.
    private static readonly float[] LastGradient = [1, 0, 2, -1, 0.5f, 0];
    private static readonly float[] LastUpdate = [-0.1f, 0.2f, 0, 0.3f, 0, 0.1f];

    public static TheoryData<string, EstimateKind, int> Estimators
    {
        get
        {
            var data = new TheoryData<string, EstimateKind, int>();
            foreach (string sampler in Samplers.Names)
            {
                foreach (EstimateKind kind in Enum.GetValues<EstimateKind>())
                {
                    foreach (int rows in (int[])[1, 4, 5])
                    {
                        data.Add(sampler, kind, rows);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Estimators))]
    public void The_mean_estimate_of_a_linear_function_is_its_gradient_in_scale_and_direction(string sampler, EstimateKind kind, int rows)
    {
        double[] expected = sampler switch
        {
            "guided" => Multiply(GuidedSamplerTests.Covariance(0.5, LastGradient, LastUpdate), Slope),
            "magnitude" => [.. MagnitudeSamplerTests.Variances(0.5, LastGradient).Zip(Slope, (v, s) => v * s)],
            _ => Slope,
        };

        double[] mean = MeanEstimate(new GradientEstimator(Samplers.Create(sampler), kind), rows, theta => Dot(Slope, theta));

        // 60,000 directions: one standard error is about 1/245 of |∇f|.
        double norm = Math.Sqrt(Dot(expected, expected));
        for (int i = 0; i < Dimension; i++)
        {
            mean[i].ShouldBe(expected[i], 0.02 * norm, $"coordinate {i}");
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    public void Antithetic_differences_cancel_curvature_exactly_and_one_sided_ones_do_not(int rows)
    {
        // A coarse μ, so that curvature's share in a one-sided difference is as large as the slope's.
        const double Mu = 1;
        var estimator = new GradientEstimator(new GaussianSampler(), EstimateKind.Antithetic);
        var oneSided = new GradientEstimator(new GaussianSampler());
        var theta = new float[] { 0.5f, -1, 2, 0.25f, 1, -0.5f };
        double Quadratic(double[] x) => Enumerable.Range(0, Dimension).Sum(i => ((i + 1) * x[i] * x[i]) + (Slope[i] * x[i])) + (3 * x[0] * x[5]);
        double[] gradient = [.. Enumerable.Range(0, Dimension).Select(i => (2 * (i + 1) * theta[i]) + Slope[i] + (i == 0 ? 3 * theta[5] : i == 5 ? 3 * theta[0] : 0))];

        (float[] estimate, float[] directions) = Estimate(estimator, RandomKey.FromSeed(5), rows, theta, Mu, Quadratic);
        (float[] rough, _) = Estimate(oneSided, RandomKey.FromSeed(5), rows, theta, Mu, Quadratic);

        // (1/p) Σ (∇fᵀu) u over the drawn directions: what differences that see no curvature give.
        var exact = new double[Dimension];
        for (int row = 0; row < rows / 2; row++)
        {
            double[] u = [.. directions.Skip(row * Dimension).Take(Dimension).Select(x => (double)x)];
            for (int i = 0; i < Dimension; i++)
            {
                exact[i] += Dot(gradient, u) * u[i] / (rows / 2);
            }
        }

        double size = Math.Sqrt(Dot(exact, exact));
        for (int i = 0; i < Dimension; i++)
        {
            ((double)estimate[i]).ShouldBe(exact[i], 1e-6 * size);
        }

        Math.Sqrt(rough.Zip(exact, (a, b) => (a - b) * (a - b)).Sum()).ShouldBeGreaterThan(0.1 * size);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    [InlineData(8, 4)]
    public void Antithetic_rows_are_the_drawn_ones_and_then_their_opposites(int rows, int drawn)
    {
        float[] directions = Directions(new GradientEstimator(new GaussianSampler(), EstimateKind.Antithetic), RandomKey.FromSeed(1), rows);
        float[] plain = Directions(new GradientEstimator(new GaussianSampler()), RandomKey.FromSeed(1), drawn);

        directions.Take(drawn * Dimension).ShouldBe(plain);
        directions.Skip(drawn * Dimension).ShouldBe(plain.Take((rows - drawn) * Dimension).Select(x => -x));
    }

    [Fact]
    public void An_odd_last_direction_is_measured_against_theta_itself()
    {
        var estimator = new GradientEstimator(new CoordinateSampler(), EstimateKind.Antithetic);
        float[] directions = Directions(estimator, RandomKey.FromSeed(1), 3);
        Evaluation[] answers = [Of(10), Of(14), Of(11), Of(6)];
        var estimate = new float[Dimension];

        estimator.Combine(directions, answers, 0.5f, estimate);

        // Row 1 against its opposite: (14 − 6)/2/μ; row 2 against θ: (11 − 10)/μ; two drawn directions, E[eeᵀ] = I/d.
        var expected = new float[Dimension];
        expected[Array.IndexOf(directions, 1, 0, Dimension)] = 4 / 0.5f * Dimension / 2;
        expected[Array.IndexOf(directions, 1, Dimension, Dimension) - Dimension] = 1 / 0.5f * Dimension / 2;
        estimate.ShouldBe(expected);

        static Evaluation Of(double loss) => new(loss, loss, false);
    }

    public static TheoryData<EstimateKind, int, bool> Memories
    {
        get
        {
            var data = new TheoryData<EstimateKind, int, bool>();
            foreach (EstimateKind kind in Enum.GetValues<EstimateKind>())
            {
                foreach (int rows in (int[])[1, 4, 5, 30])
                {
                    data.Add(kind, rows, true);
                    data.Add(kind, rows, false);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Memories))]
    public void A_memory_comes_to_a_linear_queried_parts_gradient_whatever_the_box_cuts_off(EstimateKind kind, int rows, bool boxed)
    {
        // On a face, on both of a box without width, beyond a face, inside, and nearer to a face than a probe reaches.
        const float Mu = 0.01f;
        float[] theta = [0, 1, 0.5f, 1.003f, 0.5f, 0.005f];
        KnownTerm? known = boxed ? new KnownTerm(0, 1, DistortionNorm.L1, new float[Dimension], new float[] { 0, 0, 0.5f, 0, 0, 0 }, new float[] { 1, 1, 0.5f, 1, 1, 1 }) : null;
        double[] expected = [.. Slope.Select((slope, i) => boxed && i == 2 ? 0 : slope)];
        var estimator = new GradientEstimator(new MagnitudeSampler(), kind);
        var memory = new float[Dimension];
        for (int step = 0; step < 3000 / rows; step++)
        {
            var directions = new float[rows * Dimension];
            estimator.Perturb(RandomKey.FromSeed(step), memory, [], directions);

            // The loss is not looked at: it has the known part in it.
            Evaluation[] answers =
            [
                .. Enumerable.Range(-1, rows + 1).Select(row => new Evaluation(double.NaN, Enumerable.Range(0, Dimension).Sum(i => Slope[i] * Asked(row, i)), false)),
            ];
            estimator.Correct(directions, answers, Mu, theta, known, memory);

            double Asked(int row, int i)
            {
                double x = theta[i] + (row < 0 ? 0 : (double)Mu * directions[(row * Dimension) + i]);
                return known is null ? x : Math.Clamp(x, known.Lower.Span[i], known.Upper.Span[i]);
            }
        }

        for (int i = 0; i < Dimension; i++)
        {
            ((double)memory[i]).ShouldBe(expected[i], 1e-3, $"coordinate {i}");
        }
    }

    private static double[] MeanEstimate(GradientEstimator estimator, int rows, Func<double[], double> function)
    {
        int steps = 60_000 / rows;
        var mean = new double[Dimension];
        var theta = new float[] { 0.1f, -0.2f, 0.3f, 0.5f, -1, 2 };
        for (int step = 0; step < steps; step++)
        {
            (float[] estimate, _) = Estimate(estimator, RandomKey.FromSeed(1).Derive((ulong)step), rows, theta, 0.01, function);
            for (int i = 0; i < Dimension; i++)
            {
                mean[i] += (double)estimate[i] / steps;
            }
        }

        return mean;
    }

    // The answers in float64, so that only the estimator itself is measured.
    private static (float[] Estimate, float[] Directions) Estimate(
        GradientEstimator estimator, RandomKey key, int rows, float[] theta, double mu, Func<double[], double> function)
    {
        float[] directions = Directions(estimator, key, rows);
        var answers = new Evaluation[rows + 1];
        for (int row = 0; row <= rows; row++)
        {
            var point = new double[Dimension];
            for (int i = 0; i < Dimension; i++)
            {
                point[i] = theta[i] + (row == 0 ? 0 : mu * directions[((row - 1) * Dimension) + i]);
            }

            answers[row] = new Evaluation(function(point), double.NaN, false);
        }

        var estimate = new float[Dimension];
        estimator.Combine(directions, answers, (float)mu, estimate);
        return (estimate, directions);
    }

    private static float[] Directions(GradientEstimator estimator, RandomKey key, int rows)
    {
        var directions = new float[rows * Dimension];
        estimator.Perturb(key, LastGradient, LastUpdate, directions);
        return directions;
    }

    private static double[] Multiply(double[,] matrix, double[] vector) =>
        [.. Enumerable.Range(0, vector.Length).Select(i => Enumerable.Range(0, vector.Length).Sum(j => matrix[i, j] * vector[j]))];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
