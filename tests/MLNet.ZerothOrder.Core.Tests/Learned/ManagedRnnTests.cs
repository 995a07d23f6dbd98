using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class ManagedRnnTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(37)]
    public void Over_many_steps_it_is_the_formulas_to_float_precision(int dimension)
    {
        RnnWeights weights = Models.DrawProximal().Update;
        var rnn = new ManagedRnn(weights);
        var naive = new NaiveRnn(weights, dimension);
        var state = new float[rnn.StateLength(dimension)];
        var outputs = new float[weights.Outputs * dimension];
        for (int t = 1; t <= 50; t++)
        {
            float[] inputs = Models.Normals(RandomKey.FromSeed(t), weights.Inputs * dimension);

            rnn.Run(inputs, state, outputs);

            double[] expected = [.. naive.Run([.. inputs.Chunk(dimension).Select(row => row.Select(x => (double)x).ToArray())]).SelectMany(row => row)];
            outputs.Zip(expected, (a, e) => Math.Abs(a - e)).Max().ShouldBeLessThan(1e-5, $"step {t}");
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        var rnn = new ManagedRnn(Models.DrawProximal().Update);
        float[] inputs = new float[160], state = new float[rnn.StateLength(10)], outputs = new float[30];
        rnn.Run(inputs, state, outputs);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int t = 0; t < 50; t++)
        {
            rnn.Run(inputs, state, outputs);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Spans_of_other_lengths_are_refused_by_name_and_no_coordinates_are_none()
    {
        var rnn = new ManagedRnn(Models.DrawProximal().Update);
        int state = rnn.StateLength(4);

        Should.Throw<ArgumentException>(() => rnn.Run(new float[63], new float[state], new float[12])).ParamName.ShouldBe("inputs");
        Should.Throw<ArgumentException>(() => rnn.Run(new float[64], new float[state - 1], new float[12])).ParamName.ShouldBe("state");
        Should.Throw<ArgumentException>(() => rnn.Run(new float[64], new float[state], new float[13])).ParamName.ShouldBe("outputs");
        rnn.Run([], [], []);
    }
}
