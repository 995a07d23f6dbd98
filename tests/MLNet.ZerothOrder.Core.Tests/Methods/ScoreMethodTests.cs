using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Methods;

/// <summary>The score-based methods beside Square, each against its published rule computed in another way.</summary>
public sealed class ScoreMethodTests
{
    [Fact]
    public void Simba_on_a_linear_loss_ends_at_the_signs_of_its_slopes_and_asks_the_second_sign_only_after_the_first_failed()
    {
        // Wide enough a ball, an image in the middle of the box: nothing is clipped.
        float[] image = Enumerable.Repeat(0.5f, 12).ToArray();
        double[] slopes = [.. Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? 1 : -1) * (1.0 + i))];
        StepDriver driver = Drive("simba", new AttackLoss { Norm = DistortionNorm.L2, Epsilon = 3 }, image, new ImageShape(1, 3, 4), 1000);
        int queries = 0;
        do
        {
            driver.Ask();
            Tell(driver, driver.Directions.ToArray().Zip(slopes, (x, slope) => x * slope).Sum());
            queries++;
        }
        while (driver.Theta.IndexOf(0) >= 0);

        for (int i = 0; i < slopes.Length; i++)
        {
            driver.Theta[i].ShouldBe(slopes[i] > 0 ? -0.2f : 0.2f);
        }

        // One for the image, one for each falling and two for each rising slope.
        queries.ShouldBe(1 + 6 + 12);
    }

    [Fact]
    public void Cosines_are_an_orthonormal_basis()
    {
        var shape = new ImageShape(2, 3, 4);
        float[][] basis = [.. Enumerable.Range(0, shape.Length).Select(frequency =>
        {
            var vector = new float[shape.Length];
            SimbaAttack.AddCosine(shape, frequency, 1, vector);
            return vector;
        })];
        for (int i = 0; i < basis.Length; i++)
        {
            for (int j = 0; j < basis.Length; j++)
            {
                SimdKernels.Dot(basis[i], basis[j]).ShouldBe(i == j ? 1 : 0, 1e-6);
            }
        }
    }

    [Fact]
    public void Simba_dct_tries_the_lowest_eighth_of_the_frequencies_first_and_each_frequency_once()
    {
        var shape = new ImageShape(1, 16, 16);
        StepDriver driver = Drive("simba-dct", new AttackLoss { Norm = DistortionNorm.L2, Epsilon = 1 }, Enumerable.Repeat(0.5f, 256).ToArray(), shape, 1000);
        var seen = new List<(int V, int U)>();
        for (int query = 0; query < 1 + 512; query++)
        {
            driver.Ask();
            float[] point = driver.Directions.ToArray();
            if (query > 0 && query % 2 == 1)
            {
                var frequency = new float[256];
                int at = Enumerable.Range(0, 256).MaxBy(i =>
                {
                    frequency.AsSpan().Clear();
                    SimbaAttack.AddCosine(shape, i, 1, frequency);
                    return Math.Abs(SimdKernels.Dot(frequency, point));
                });
                seen.Add((at / 16, at % 16));
            }

            // Nothing helps, so θ stays and both signs of every direction are asked.
            Tell(driver, query);
        }

        seen.Distinct().Count().ShouldBe(256);
        seen.Take(4).ShouldAllBe(f => f.V < 2 && f.U < 2);
        int[] bands = [.. seen.Select(f => Math.Max(f.V, f.U)).Select(band => Math.Max(1, band))];
        bands.ShouldBe(bands.Order());
    }

    [Fact]
    public void Nes_moves_by_the_sign_of_the_mean_of_its_antithetic_differences_with_momentum()
    {
        const int D = 6;
        float[] image = Enumerable.Repeat(0.5f, D).ToArray();
        StepDriver driver = Drive("nes", new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.3 }, image, new ImageShape(1, 1, D), 100);
        var momentum = new double[D];
        double[] theta = new double[D];
        double rate = 0.01;
        var means = new List<double>();
        for (int step = 1; step <= 40; step++)
        {
            driver.Ask();
            driver.Rows.ShouldBe(50);
            float[] points = driver.Directions.ToArray();
            var estimate = new double[D];
            double mean = 0;
            for (int row = 0; row < 50; row++)
            {
                double[] u = [.. Enumerable.Range(0, D).Select(i => (points[(row * D) + i] - theta[i]) / 1e-3)];
                double loss = points.Skip(row * D).Take(D).Select((x, i) => ((i % 2 == 0 ? 1 : -2) * x) + (3 * x * x)).Sum() + (step % 7 == 3 ? 1 : 0);
                driver.Answers[row] = new Evaluation(loss, loss, false, loss);
                mean += loss / 50;
                for (int i = 0; i < D; i++)
                {
                    estimate[i] += loss * u[i] / (50 * 1e-3);
                }
            }

            driver.Tell();
            means.Add(mean);
            if (means.Count > 5)
            {
                means.RemoveAt(0);
            }

            if (means.Count == 5 && means[4] > means[0])
            {
                rate = Math.Max(rate / 2, 5e-5);
                means.Clear();
            }

            for (int i = 0; i < D; i++)
            {
                momentum[i] = (0.9 * momentum[i]) + (0.1 * estimate[i]);
                theta[i] = Math.Clamp(theta[i] - (rate * Math.Sign(momentum[i])), -0.3, 0.3);
                ((double)driver.Theta[i]).ShouldBe(theta[i], 1e-5, $"step {step}");
                theta[i] = driver.Theta[i];
            }
        }

        rate.ShouldBeLessThan(0.01, "the plateau was reached");
    }

    [Fact]
    public void Sign_hunter_flips_the_whole_then_its_parts_and_on_a_linear_loss_finds_every_sign()
    {
        const int D = 8;
        double[] slopes = [1, -2, 3, 4, -5, 6, -7, -8];
        StepDriver driver = Drive("signhunter", new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.25 }, Enumerable.Repeat(0.5f, D).ToArray(), new ImageShape(1, 2, 4), 100);
        int[] signs = [.. Enumerable.Repeat(1, D)];
        double best = double.PositiveInfinity;

        // By enumeration: nothing, all 8, two of 4, four of 2, eight of 1, and all 8 again.
        (int From, int Length)[] flips = [(0, 0), (0, 8), (0, 4), (4, 4), (0, 2), (2, 2), (4, 2), (6, 2), .. Enumerable.Range(0, 8).Select(i => (i, 1)), (0, 8), (0, 4)];
        foreach ((int from, int length) in flips)
        {
            int[] tried = [.. signs.Select((sign, i) => i >= from && i < from + length ? -sign : sign)];
            driver.Ask();
            driver.Directions.ToArray().ShouldBe(tried.Select(sign => sign * 0.25f));
            double loss = tried.Zip(slopes, (sign, slope) => sign * slope).Sum();
            Tell(driver, loss);
            (signs, best) = loss <= best ? (tried, loss) : (signs, best);
        }

        signs.ShouldBe(slopes.Select(slope => slope > 0 ? -1 : 1));
        driver.Theta.ToArray().ShouldBe(signs.Select(sign => sign * 0.25f));
    }

    [Fact]
    public void Sparse_rs_keeps_k_pixels_at_corners_of_the_color_cube_and_exchanges_as_many_as_published()
    {
        var shape = new ImageShape(3, 5, 6);
        float[] image = Enumerable.Repeat(0.4f, shape.Length).ToArray();
        StepDriver driver = Drive("sparse-rs", new AttackLoss { Pixels = 10 }, image, shape, 200);
        var random = new Random(4);
        double best = double.PositiveInfinity;
        for (int step = 1; step <= 200; step++)
        {
            float[] before = [.. driver.Theta];
            driver.Ask();
            float[] point = driver.Directions.ToArray();
            int[] Changed(float[] change) => [.. Enumerable.Range(0, 30).Where(i => change[i] != 0)];
            Changed(point).Length.ShouldBe(10);
            for (int i = 0; i < point.Length; i++)
            {
                (image[i] + point[i]).ShouldBeOneOf([0, 1, 0.4f]);
            }

            if (step > 1)
            {
                int exchanged = SparseRsAttack.Exchanged(10, step - 1, 200);
                Changed(before).Except(Changed(point)).Count().ShouldBe(exchanged);
            }

            double loss = random.Next(100);
            Tell(driver, loss);
            driver.Theta.ToArray().ShouldBe(loss < best ? point : before);
            best = Math.Min(best, loss);
        }
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 15)]
    [InlineData(51, 7)]
    [InlineData(201, 6)]
    [InlineData(501, 5)]
    [InlineData(1001, 3)]
    [InlineData(2001, 3)]
    [InlineData(4001, 2)]
    [InlineData(6001, 2)]
    [InlineData(8001, 1)]
    public void Sparse_rs_exchanges_the_published_share_of_100_pixels(int done, int exchanged) => SparseRsAttack.Exchanged(100, done, 10_000).ShouldBe(exchanged);

    private static StepDriver Drive(string method, AttackLoss loss, float[] image, ImageShape shape, int steps) =>
        new(new AttackObjective(image, 0, 2, loss) { Shape = shape }, new OptimizerRegistry().Create(method), 1, RandomKey.FromSeed(7), steps);

    private static void Tell(StepDriver driver, double loss)
    {
        driver.Rows.ShouldBe(1);
        driver.Answers[0] = new Evaluation(loss, loss, false, loss);
        driver.Tell();
    }
}
