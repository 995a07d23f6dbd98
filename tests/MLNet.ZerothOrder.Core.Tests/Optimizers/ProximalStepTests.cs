using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class ProximalStepTests
{
    public static TheoryData<DistortionNorm, double> Norms
    {
        get
        {
            var data = new TheoryData<DistortionNorm, double>();
            foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
            {
                foreach (double weight in (double[])[0, 0.3, 3])
                {
                    data.Add(norm, weight);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void In_one_and_two_dimensions_no_point_of_a_fine_grid_is_better(DistortionNorm norm, double weight)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var (known, queried, gradient, rate, theta) = Draw(seed, 1 + (seed % 2), norm, weight);
            double[] from = Boxed(known, theta);
            double Value(double[] x) =>
                Math.Max(queried + Dot(gradient, x) - Dot(gradient, from), known.Floor) + (weight * Composite.Distance(known, x))
                + x.Select((value, i) => (value - from[i]) * (value - from[i]) / (2 * rate[i])).Sum();

            ProximalStep.Apply(known, queried, gradient, rate, theta);

            double found = Value([.. theta.Select(x => (double)x)]);
            found.ShouldBeLessThan(Composite.Grid(known, 120).Min(Value) + 1e-5, $"seed {seed}");
        }
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void In_many_dimensions_the_conditions_of_the_minimum_hold(DistortionNorm norm, double weight)
    {
        int landed = 0, above = 0, below = 0;
        for (int seed = 0; seed < 80; seed++)
        {
            var (known, queried, gradient, rate, theta) = Draw(seed, 50, norm, weight);
            double[] from = Boxed(known, theta);

            float lambda = ProximalStep.Apply(known, queried, gradient, rate, theta);

            // λ is the hinge's slope: 1 above the floor, 0 below it, any in between on it.
            double height = queried - known.Floor + Dot(gradient, [.. theta.Select(x => (double)x)]) - Dot(gradient, from);
            string which = $"seed {seed}, λ = {lambda}";
            lambda.ShouldBeInRange(0, 1, which);
            (height > 1e-4 ? 1 : height < -1e-4 ? 0 : lambda).ShouldBe(lambda, which);
            double[] v = [.. from.Select((x, i) => x - ((double)rate[i] * lambda * gradient[i]))];
            Composite.ShouldBeProx(known, rate, v, theta, which);
            (landed, above, below) = (landed + (lambda is > 0 and < 1 ? 1 : 0), above + (lambda == 1 ? 1 : 0), below + (lambda == 0 ? 1 : 0));
        }

        landed.ShouldBeGreaterThan(5);
        above.ShouldBeGreaterThan(5);
        below.ShouldBeGreaterThan(weight == 0 ? -1 : 0);
    }

    [Theory]
    [InlineData(DistortionNorm.L1, 0)]
    [InlineData(DistortionNorm.L2, 0)]
    [InlineData(DistortionNorm.LInfinity, -0.7)]
    public void A_push_that_would_cross_the_floor_lands_on_it_or_a_millionth_below(DistortionNorm norm, double floor)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            KnownTerm known = Composite.Known(seed, 200, norm, 0.01, floor);
            float[] gradient = [.. Composite.Rates(seed, 200).Select((g, i) => (i % 2 == 0 ? 3 : -3) * g)];
            float[] rate = Composite.Rates(seed + 1, 200);
            float[] theta = known.Center.ToArray();
            float[] start = [.. theta];

            float lambda = ProximalStep.Apply(known, floor + 2, gradient, rate, theta);

            double height = 2 + gradient.Select((g, i) => (double)g * ((double)theta[i] - start[i])).Sum();
            lambda.ShouldBeInRange(1e-6f, 1 - 1e-6f);

            // The whole push would lower the model by no more than this.
            double most = gradient.Sum(Math.Abs);
            height.ShouldBeInRange(-1e-5 * most, 1e-6);
        }
    }

    [Fact]
    public void Deep_below_the_floor_only_the_distortion_is_lowered()
    {
        KnownTerm known = Composite.Known(1, 30, DistortionNorm.L1, 0.2);
        float[] theta = Composite.Around(1, known, 1.5);
        float[] rate = [.. Enumerable.Repeat(0.5f, 30)];
        float[] expected = [.. Boxed(known, theta).Select((x, i) => (float)(known.Center.Span[i] + (Math.Sign(x - known.Center.Span[i]) * Math.Max(0, Math.Abs(x - known.Center.Span[i]) - 0.1))))];

        ProximalStep.Apply(known, -1000, [.. Enumerable.Repeat(1f, 30)], rate, theta).ShouldBe(0);

        theta.ShouldBe(expected, 1e-6);
    }

    [Theory]
    [InlineData(DistortionNorm.L1)]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void No_weight_no_rate_and_no_gradient_leads_out_of_the_box(DistortionNorm norm)
    {
        for (int seed = 0; seed < 100; seed++)
        {
            foreach (float size in (float[])[0, 1e-20f, 1, 1e6f, 1e15f])
            {
                foreach (double weight in (double[])[0, 1e-300, 1, 1e30, 1e300])
                {
                    KnownTerm known = Composite.Known(seed, 20, norm, weight, seed % 3 == 0 ? double.NegativeInfinity : -seed);
                    float[] theta = Composite.Around(seed, known, 5);
                    float[] gradient = [.. Composite.Around(seed + 1, known, 1).Select(g => g * size)];
                    float[] rate = [.. Composite.Rates(seed, 20).Select(r => r * size)];
                    float lambda = ProximalStep.Apply(known, (seed % 7) - 3, gradient, rate, theta);
                    lambda.ShouldBeInRange(0, 1);
                    for (int i = 0; i < 20; i++)
                    {
                        theta[i].ShouldBeInRange(known.Lower.Span[i], known.Upper.Span[i]);
                    }
                }
            }
        }
    }

    [Fact]
    public void Without_a_known_part_it_is_a_plain_gradient_step()
    {
        float[] theta = [1, -2, 3];
        ProximalStep.Apply(null, -5, [2, 4, -8], [0.5f, 0.25f, 0.125f], theta).ShouldBe(1);
        theta.ShouldBe([0, -3, 4]);
    }

    [Fact]
    public void Without_a_floor_the_push_is_always_whole()
    {
        var known = new KnownTerm(double.NegativeInfinity, 0.5, DistortionNorm.L1, new float[1], new float[] { -100 }, new float[] { 100 });
        float[] theta = [3];
        ProximalStep.Apply(known, -1e6, [2], [1], theta).ShouldBe(1);
        theta.ShouldBe([0.5f]);
    }

    private static (KnownTerm Known, double Queried, float[] Gradient, float[] Rate, float[] Theta) Draw(int seed, int dimension, DistortionNorm norm, double weight)
    {
        var random = new Random(seed);
        KnownTerm known = Composite.Known(seed, dimension, norm, weight, floor: seed % 2 == 0 ? 0 : -0.5);
        float[] gradient = [.. Composite.Around(seed + 1, known, 2 * (1 + weight))];
        double queried = known.Floor + (Math.Sqrt(dimension) * (1 + weight) * ((random.NextDouble() * 2.5) - 0.5));

        // Also outside the box at times.
        return (known, queried, gradient, Composite.Rates(seed, dimension), Composite.Around(seed, known, 1.2));
    }

    private static double[] Boxed(KnownTerm known, float[] theta) =>
        [.. theta.Select((x, i) => (double)Math.Clamp(x, known.Lower.Span[i], known.Upper.Span[i]))];

    private static double Dot(float[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
