using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class RnnWeightsTests
{
    [Theory]
    [InlineData(false, 450)]
    [InlineData(true, 491)]
    public void The_papers_update_network_has_this_many_weights(bool hasBias, int count) =>
        RnnWeights.Count(1, 10, hasBias).ShouldBe(count);

    [Theory]
    [InlineData(1, 1, false, 1, false)]
    [InlineData(2, 10, true, 1, false)]
    [InlineData(3, 7, false, 1, true)]
    [InlineData(4, 5, false, 3, false)]
    [InlineData(64, 2, true, 8, true)]
    public void The_parts_are_the_whole_in_the_documented_order(int inputs, int hidden, bool hasBias, int outputs, bool hasSkip)
    {
        float[] values = [.. Enumerable.Range(0, RnnWeights.Count(inputs, hidden, hasBias, outputs, hasSkip)).Select(i => (float)i)];

        var weights = new RnnWeights(inputs, hidden, hasBias, values, outputs, hasSkip);

        float[] parts =
        [
            .. weights.InputWeights, .. weights.RecurrentWeights, .. weights.GateBiases,
            .. weights.OutputWeights, .. weights.SkipWeights, .. weights.OutputBiases,
        ];
        parts.ShouldBe(values);
        weights.Values.ToArray().ShouldBe(values);
        weights.InputWeights.Length.ShouldBe(4 * hidden * inputs);
        weights.RecurrentWeights.Length.ShouldBe(4 * hidden * hidden);
        weights.GateBiases.Length.ShouldBe(hasBias ? 4 * hidden : 0);
        weights.OutputWeights.Length.ShouldBe(outputs * hidden);
        weights.SkipWeights.Length.ShouldBe(hasSkip ? outputs * inputs : 0);
        weights.OutputBiases.Length.ShouldBe(hasBias ? outputs : 0);
    }

    [Fact]
    public void Other_values_keep_the_shape()
    {
        RnnWeights weights = Models.Draw(RandomKey.FromSeed(1), 3, 4, hasBias: true, outputs: 2, hasSkip: true);
        float[] values = [.. weights.Values.ToArray().Select(v => v + 1)];

        RnnWeights other = weights.With(values);

        (other.Inputs, other.Hidden, other.HasBias, other.Outputs, other.HasSkip).ShouldBe((3, 4, true, 2, true));
        other.Values.ToArray().ShouldBe(values);
        Should.Throw<ArgumentException>(() => weights.With(values[1..]));
    }

    [Fact]
    public void Weights_do_not_change_with_the_array_they_came_from()
    {
        var values = new float[RnnWeights.Count(1, 2, false)];
        var weights = new RnnWeights(1, 2, false, values);

        values[0] = 1;

        weights.Values[0].ShouldBe(0);
    }

    [Fact]
    public void Drawn_weights_fill_their_range_and_the_output_layer_is_a_tenth()
    {
        var weights = RnnWeights.Draw(RandomKey.FromSeed(1), 2, 100, hasBias: true);

        Largest(weights.InputWeights).ShouldBeInRange(0.09f, 0.1f);
        Largest(weights.RecurrentWeights).ShouldBeInRange(0.099f, 0.1f);
        Largest(weights.GateBiases).ShouldBeInRange(0.09f, 0.1f);
        Largest(weights.OutputWeights).ShouldBeInRange(0.008f, 0.01f);
        Largest(weights.OutputBiases).ShouldBeLessThan(0.01f);
        weights.Values.ToArray().Average().ShouldBe(0, 0.002f);
    }

    [Theory]
    [InlineData(0, 10, 1, "inputs")]
    [InlineData(65, 10, 1, "inputs")]
    [InlineData(1, 0, 1, "hidden")]
    [InlineData(1, 257, 1, "hidden")]
    [InlineData(1, 10, 0, "outputs")]
    [InlineData(1, 10, 9, "outputs")]
    public void Sizes_outside_their_ranges_are_refused(int inputs, int hidden, int outputs, string name) =>
        Should.Throw<ArgumentOutOfRangeException>(() => RnnWeights.Count(inputs, hidden, false, outputs)).ParamName.ShouldBe(name);

    [Fact]
    public void A_wrong_number_of_values_is_refused_with_the_right_one() =>
        Should.Throw<ArgumentException>(() => new RnnWeights(1, 10, false, new float[449])).Message.ShouldContain("need 450");

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Weights_that_are_not_finite_are_refused(float bad)
    {
        var values = new float[450];
        values[7] = bad;

        Should.Throw<ArgumentException>(() => new RnnWeights(1, 10, false, values)).Message.ShouldContain("Weight 7");
    }

    private static float Largest(ReadOnlySpan<float> values) => values.ToArray().Max(MathF.Abs);
}
