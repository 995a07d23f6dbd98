using MLNet.ZerothOrder.Tests.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class RnnKernelTests
{
    private const int Steps = 20;

    /// <summary>I, H, K, has a skip connection, has biases, d.</summary>
    public static TheoryData<int, int, int, bool, bool, int> Networks => new()
    {
        { 1, 10, 1, false, false, 1 },
        { 1, 10, 1, false, false, 784 },
        { 2, 10, 1, false, true, 37 },
        { 1, 1, 8, true, true, 16 },
        { 5, 3, 2, true, true, 15 },
        { 5, 3, 2, true, false, 17 },
        { 5, 3, 2, false, true, 33 },
        { 12, 12, 3, true, true, 50 },
        { 64, 2, 1, true, false, 20 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Over_many_steps_the_kernel_is_the_formulas_to_float_precision(int inputs, int hidden, int outputs, bool hasSkip, bool hasBias, int dimension)
    {
        RnnWeights weights = Models.Draw(RandomKey.FromSeed(1), inputs, hidden, hasBias, outputs, hasSkip);
        var rnn = new PackedRnn(weights);
        var naive = new NaiveRnn(weights, dimension);
        var state = new float[rnn.StateLength(dimension)];
        var output = new float[outputs * dimension];

        // Sums of so many products, half of each product's size the weights' deviation.
        double tolerance = 2e-7 * (inputs + hidden + 20);
        for (int t = 1; t <= Steps; t++)
        {
            float[] x = Inputs(t, inputs, dimension);

            Width.All[^1].Run(rnn, x, 3, state, output);

            double[] expected = [.. naive.Run([.. x.Chunk(dimension).Select(row => row.Select(v => (double)v).ToArray())]).SelectMany(row => row)];
            output.Zip(expected, (a, e) => Math.Abs(a - (3 * e))).Max().ShouldBeLessThan(3 * tolerance, $"step {t}");
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_register_width_gives_the_same_bits(int inputs, int hidden, int outputs, bool hasSkip, bool hasBias, int dimension)
    {
        var rnn = new PackedRnn(Models.Draw(RandomKey.FromSeed(2), inputs, hidden, hasBias, outputs, hasSkip));
        float[]? expected = null;
        foreach (Width width in Width.All)
        {
            var state = new float[rnn.StateLength(dimension)];
            var output = new float[outputs * dimension];
            for (int t = 1; t <= 5; t++)
            {
                width.Run(rnn, Inputs(t, inputs, dimension), 0.7f, state, output);
            }

            float[] actual = [.. output, .. state];
            expected ??= actual;
            Bits.MustEqual(actual, expected, width.ToString());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Outputs_may_take_the_place_of_the_inputs(int outputs)
    {
        const int Dimension = 37, I = 3;
        var rnn = new PackedRnn(Models.Draw(RandomKey.FromSeed(3), I, 4, hasBias: true, outputs, hasSkip: true));
        foreach (Width width in Width.All)
        {
            float[] inPlace = Inputs(1, I, Dimension);
            var expected = new float[outputs * Dimension];

            width.Run(rnn, inPlace, 1, new float[rnn.StateLength(Dimension)], expected);
            width.Run(rnn, inPlace, 1, new float[rnn.StateLength(Dimension)], inPlace.AsSpan(0, expected.Length));

            Bits.MustEqual(inPlace.AsSpan(0, expected.Length), expected, width.ToString());
        }
    }

    [Fact]
    public void Coordinates_do_not_see_each_other()
    {
        const int Dimension = 37;
        RnnWeights weights = Models.Draw(RandomKey.FromSeed(4), 2, 4, hasBias: true, outputs: 2, hasSkip: true);
        var rnn = new PackedRnn(weights);
        var together = new float[2 * Dimension];
        float[] x = Inputs(1, 2, Dimension);
        Width.All[^1].Run(rnn, x, 1, new float[rnn.StateLength(Dimension)], together);

        for (int i = 0; i < Dimension; i++)
        {
            var alone = new float[2];
            Width.All[^1].Run(rnn, [x[i], x[Dimension + i]], 1, new float[rnn.StateLength(1)], alone);
            alone.ShouldBe([together[i], together[Dimension + i]]);
        }
    }

    private static float[] Inputs(int step, int inputs, int dimension) => Models.Normals(RandomKey.FromSeed(step), inputs * dimension);
}
