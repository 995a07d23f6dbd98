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

    private static float[] Prox(KnownTerm known, float[] rate, double[] v)
    {
        float[] x = [.. v.Select(value => (float)value)];
        float[] pull = [.. rate.Select(eta => (float)(eta * known.Weight))];
        DistortionProx.Apply(known.Norm, pull, known.Center.Span, known.Lower.Span, known.Upper.Span, x);
        return x;
    }

    private static double Value(KnownTerm known, float[] rate, double[] v, double[] x) =>
        (known.Weight * Composite.Distance(known, x)) + x.Select((value, i) => (value - v[i]) * (value - v[i]) / (2 * rate[i])).Sum();
}
