using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class ManagedStepTests
{
    private const int Steps = 200;

    public static TheoryData<int, bool, bool, int> Networks
    {
        get
        {
            var data = new TheoryData<int, bool, bool, int>();
            foreach (int hidden in (int[])[1, 3, 10, 20])
            {
                foreach (bool hasBias in (bool[])[false, true])
                {
                    data.Add(hidden, hasBias, true, 37);
                    data.Add(hidden, hasBias, false, 16);
                }
            }

            foreach (int dimension in (int[])[1, 2, 15, 17, 784])
            {
                data.Add(10, false, true, dimension);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Over_many_steps_the_step_is_the_formulas_to_float_precision(int hidden, bool hasBias, bool hasQuery, int dimension)
    {
        LearnedModel model = Models.Draw(hidden, hasBias, hasQuery);
        var step = new ManagedStep(model);
        var naive = new NaiveStep(model, dimension);
        var state = new float[step.StateLength(dimension)];
        var update = new float[dimension];
        var deviation = new float[dimension];
        for (int t = 1; t <= Steps; t++)
        {
            float[] gradient = Gradient(t, dimension);

            step.Run(gradient, default, 0.5f, state, update, deviation);

            (double[] expectedUpdate, double[] expectedDeviation) = naive.Run(gradient, 0.5);
            Largest(update, expectedUpdate).ShouldBeLessThan(1e-5, $"update, step {t}");
            Largest(deviation, expectedDeviation).ShouldBeLessThan(1e-5, $"deviation, step {t}");
        }
    }

    [Fact]
    public void Deviations_have_the_norm_of_ones()
    {
        const int Dimension = 100;
        var step = new ManagedStep(Models.Draw());
        var state = new float[step.StateLength(Dimension)];
        var deviation = new float[Dimension];

        step.Run(Gradient(1, Dimension), default, 1, state, new float[Dimension], deviation);

        SimdKernels.SumOfSquares(deviation).ShouldBe(Dimension, 1e-4);
        deviation.ShouldAllBe(s => s >= 0);
        (deviation.Max() - deviation.Min()).ShouldBeGreaterThan(0.1f);
    }

    [Fact]
    public void Where_every_offset_is_minus_one_deviations_are_ones()
    {
        var query = new float[RnnWeights.Count(2, 1, true)];
        query[^1] = -1;
        var step = new ManagedStep(new LearnedModel(RnnWeights.Draw(RandomKey.FromSeed(1), 1, 1), new RnnWeights(2, 1, true, query)));
        var deviation = new float[3];

        step.Run([1, 2, 3], default, 1, new float[step.StateLength(3)], new float[3], deviation);

        deviation.ShouldBe([1, 1, 1]);
    }

    [Fact]
    public void Without_a_query_network_deviations_are_ones()
    {
        var step = new ManagedStep(Models.Draw(hasQuery: false));
        var deviation = new float[3];

        step.Run([1, 2, 3], default, 1, new float[step.StateLength(3)], new float[3], deviation);

        deviation.ShouldBe([1, 1, 1]);
        step.HasQuery.ShouldBeFalse();
    }

    [Fact]
    public void The_query_network_reads_the_update_that_was_really_applied()
    {
        const int Dimension = 20;
        LearnedModel model = Models.Draw();
        var step = new ManagedStep(model);
        var naive = new NaiveStep(model, Dimension);
        var state = new float[step.StateLength(Dimension)];
        var deviation = new float[Dimension];
        for (int t = 1; t <= 5; t++)
        {
            float[] gradient = Gradient(t, Dimension);
            float[] applied = [.. gradient.Select(g => -0.3f * g)];

            step.Run(gradient, applied, 1, state, default, deviation);

            Largest(deviation, naive.Run(gradient, 1, applied).Deviation).ShouldBeLessThan(1e-5);
        }
    }

    [Fact]
    public void A_network_whose_output_is_not_wanted_rests()
    {
        var step = new ManagedStep(Models.Draw());
        var state = new float[step.StateLength(4)];
        int updateState = new ManagedStep(Models.Draw(hasQuery: false)).StateLength(4);

        step.Run([1, 2, 3, 4], default, 1, state, new float[4], default);
        state[..updateState].ShouldContain(s => s != 0);
        state[updateState..].ShouldAllBe(s => s == 0);

        Array.Clear(state);
        step.Run([1, 2, 3, 4], [1, 1, 1, 1], 1, state, default, new float[4]);
        state[..updateState].ShouldAllBe(s => s == 0);
        state[updateState..].ShouldContain(s => s != 0);
    }

    [Fact]
    public void Large_inputs_saturate_and_stay_finite()
    {
        var step = new ManagedStep(Models.Draw(hasBias: true));
        var state = new float[step.StateLength(3)];
        var update = new float[3];
        var deviation = new float[3];
        for (int t = 0; t < 100; t++)
        {
            step.Run([1e30f, -1e30f, 1e-30f], default, 1, state, update, deviation);
        }

        update.ShouldAllBe(u => float.IsFinite(u));
        deviation.ShouldAllBe(s => float.IsFinite(s));
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        const int Dimension = 100;
        var step = new ManagedStep(Models.Draw());
        var state = new float[step.StateLength(Dimension)];
        float[] gradient = Gradient(1, Dimension);
        var update = new float[Dimension];
        var deviation = new float[Dimension];
        step.Run(gradient, default, 1, state, update, deviation);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int t = 0; t < 100; t++)
        {
            step.Run(gradient, default, 1, state, update, deviation);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Spans_of_other_lengths_are_refused_by_name()
    {
        var step = new ManagedStep(Models.Draw());
        int length = step.StateLength(4);

        Refused("state", () => step.Run(new float[4], default, 1, new float[length - 1], new float[4], default));
        Refused("applied", () => step.Run(new float[4], new float[3], 1, new float[length], new float[4], default));
        Refused("update", () => step.Run(new float[4], default, 1, new float[length], default, new float[4]));
        Refused("update", () => step.Run(new float[4], new float[4], 1, new float[length], new float[5], default));
        Refused("deviation", () => step.Run(new float[4], default, 1, new float[length], new float[4], new float[5]));
    }

    private static void Refused(string name, Action run) => Should.Throw<ArgumentException>(run).ParamName.ShouldBe(name);

    private static float[] Gradient(int step, int dimension) => Models.Normals(RandomKey.FromSeed(step), dimension);

    private static double Largest(float[] actual, double[] expected) => actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max();
}
