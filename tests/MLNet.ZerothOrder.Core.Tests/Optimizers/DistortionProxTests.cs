using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class DistortionProxTests
{
    public static TheoryData<DistortionNorm, double> Norms
    {
        get
        {
            var data = new TheoryData<DistortionNorm, double>();
            foreach (DistortionNorm norm in Enum.GetValues<DistortionNorm>())
            {
                foreach (double weight in (double[])[0, 0.05, 1, 5, 1e5])
                {
                    data.Add(norm, weight);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void In_any_number_of_dimensions_the_conditions_of_the_minimum_hold(DistortionNorm norm, double weight)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            KnownTerm known = Composite.Known(seed, 1 + (seed * 3), norm, weight);
            float[] rate = Composite.Rates(seed, known.Center.Length);
            double[] v = [.. Composite.Around(seed, known, 1.5).Select(x => (double)x)];

            float[] x = Prox(known, rate, v);

            Composite.ShouldBeProx(known, rate, v, x, $"seed {seed}");
        }
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void In_one_and_two_dimensions_no_point_of_a_fine_grid_is_better(DistortionNorm norm, double weight)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            foreach (int dimension in (int[])[1, 2])
            {
                KnownTerm known = Composite.Known(seed, dimension, norm, weight);
                float[] rate = Composite.Rates(seed, dimension);
                double[] v = [.. Composite.Around(seed, known, 1.5).Select(x => (double)x)];

                double found = Value(known, rate, v, [.. Prox(known, rate, v).Select(x => (double)x)]);
                found.ShouldBeLessThan(Composite.Grid(known, 120).Min(x => Value(known, rate, v, x)) + (1e-6 * (1 + found)), $"seed {seed}, {dimension} dimensions");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void The_center_stays_and_a_huge_weight_leads_to_it(DistortionNorm norm, double weight)
    {
        KnownTerm known = Composite.Known(3, 40, norm, weight);
        float[] rate = Composite.Rates(3, 40);
        float[] center = known.Center.ToArray();
        Prox(known, rate, [.. center.Select(x => (double)x)]).ShouldBe(center);
        Prox(known with { Weight = 1e300 }, rate, [.. Composite.Around(3, known, 2).Select(x => (double)x)]).ShouldBe(center);
    }

    [Theory]
    [InlineData(DistortionNorm.L2)]
    [InlineData(DistortionNorm.LInfinity)]
    public void The_radius_is_that_of_twenty_bisections_whatever_the_guess(DistortionNorm norm)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            KnownTerm known = Composite.Known(seed, 1 + (seed * 7), norm, Math.Pow(10, (seed % 7) - 4));
            float[] rate = Composite.Rates(seed, known.Center.Length);
            double[] v = [.. Composite.Around(seed, known, 1.5).Select(x => (double)x)];
            float[] expected = ByBisection(known, rate, v);
            foreach (double guess in (double[])[0, 1e-12, 0.01, 0.3, 1, 7, 1e9, double.PositiveInfinity, double.NaN])
            {
                // The sums of both are added in another order, which may change the last bit of a coordinate.
                Prox(known, rate, v, guess).ShouldBe(expected, 1e-7, $"seed {seed}, guess {guess}");
            }
        }
    }

    // The solution's radius by bisection of the range up to the radius of v in the box, evaluating each radius.
    private static float[] ByBisection(KnownTerm known, float[] rate, double[] v)
    {
        int d = v.Length;
        double[] change = [.. Enumerable.Range(0, d).Select(i => (double)(float)v[i] - known.Center.Span[i])];
        double[] room = [.. Enumerable.Range(0, d).Select(i => change[i] > 0 ? (double)known.Upper.Span[i] - known.Center.Span[i] : (double)known.Center.Span[i] - known.Lower.Span[i])];
        double[] size = [.. change.Select(Math.Abs)], pull = [.. rate.Select(eta => (double)(float)(eta * known.Weight))];
        bool isL2 = known.Norm == DistortionNorm.L2;
        double low = 0, high = isL2 ? Math.Sqrt(room.Zip(size, Math.Min).Sum(x => x * x)) : room.Zip(size, Math.Min).Max();
        for (int bisection = 0; bisection < 20; bisection++)
        {
            double radius = (low + high) / 2;
            double sum = Enumerable.Range(0, d).Sum(i =>
                isL2 ? Math.Pow(Math.Min(room[i], size[i] * (radius / (radius + pull[i]))), 2) / (radius * radius)
                : Math.Min(room[i], size[i]) > radius ? (size[i] - radius) / pull[i] : 0);
            (low, high) = sum > 1 ? (radius, high) : (low, radius);
        }

        high = low > 0 ? high : 0;
        return
        [
            .. Enumerable.Range(0, d).Select(i => Math.Clamp(
                known.Center.Span[i] + (float)(high == 0 ? 0 : isL2 ? change[i] * (high / (high + pull[i])) : Math.Clamp(change[i], -high, high)), known.Lower.Span[i], known.Upper.Span[i])),
        ];
    }

    private static float[] Prox(KnownTerm known, float[] rate, double[] v, double radius = 0)
    {
        float[] x = [.. v.Select(value => (float)value)];
        float[] pull = [.. rate.Select(eta => (float)(eta * known.Weight))];
        new DistortionProx(pull, known.Center.Span, known.Lower.Span, known.Upper.Span, x).Apply(known.Norm, ref radius);
        return x;
    }

    private static double Value(KnownTerm known, float[] rate, double[] v, double[] x) =>
        (known.Weight * Composite.Distance(known, x)) + x.Select((value, i) => (value - v[i]) * (value - v[i]) / (2 * rate[i])).Sum();
}
