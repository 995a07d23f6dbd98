using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

public sealed class LearnedModelTests
{
    private static readonly RandomKey Key = RandomKey.FromSeed(1);

    [Fact]
    public void A_model_holds_both_networks()
    {
        RnnWeights update = RnnWeights.Draw(Key, 1, 10), query = RnnWeights.Draw(Key, 2, 10);

        var model = new LearnedModel(update, query);

        model.Update.ShouldBeSameAs(update);
        model.Query.ShouldBeSameAs(query);
        model.Hidden.ShouldBe(10);
    }

    [Theory]
    [InlineData(2, 2, 10)]
    [InlineData(1, 1, 10)]
    [InlineData(1, 2, 11)]
    public void Networks_of_other_shapes_are_refused(int updateInputs, int queryInputs, int queryHidden) =>
        Should.Throw<ArgumentException>(
            () => new LearnedModel(RnnWeights.Draw(Key, updateInputs, 10), RnnWeights.Draw(Key, queryInputs, queryHidden)));

    [Fact]
    public void The_networks_shapes_say_what_kind_of_model_it_is()
    {
        new LearnedModel(RnnWeights.Draw(Key, 1, 4)).Kind.ShouldBe(LearnedKind.Paper);
        new LearnedModel(RnnWeights.Draw(Key, 1, 4, hasBias: true), RnnWeights.Draw(Key, 2, 4)).Kind.ShouldBe(LearnedKind.Paper);
        new LearnedModel(RnnWeights.Draw(Key, 16, 4, true, 3, true)).Kind.ShouldBe(LearnedKind.Proximal);
    }

    [Theory]
    [InlineData(16, true, 3, false)]
    [InlineData(16, false, 3, true)]
    [InlineData(16, true, 2, true)]
    [InlineData(15, true, 3, true)]
    [InlineData(1, false, 1, true)]
    [InlineData(1, true, 3, false)]
    public void A_network_of_neither_kind_is_refused(int inputs, bool hasBias, int outputs, bool hasSkip) =>
        Should.Throw<ArgumentException>(() => new LearnedModel(RnnWeights.Draw(Key, inputs, 4, hasBias, outputs, hasSkip))).ParamName.ShouldBe("update");

    [Fact]
    public void A_proximal_steps_network_has_no_query_network_beside_it() =>
        Should.Throw<ArgumentException>(() => new LearnedModel(RnnWeights.Draw(Key, 16, 4, true, 3, true), RnnWeights.Draw(Key, 2, 4)));

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_query_network_of_several_outputs_or_with_a_skip_connection_is_refused(int outputs, bool hasSkip) =>
        Should.Throw<ArgumentException>(() => new LearnedModel(RnnWeights.Draw(Key, 1, 4), RnnWeights.Draw(Key, 2, 4, false, outputs, hasSkip)))
            .ParamName.ShouldBe("query");

    [Fact]
    public void Circumstances_that_cannot_be_are_refused()
    {
        var model = new LearnedModel(RnnWeights.Draw(Key, 1, 10));

        Should.Throw<ArgumentOutOfRangeException>(() => model with { Directions = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => model with { Smoothing = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => model with { Smoothing = float.NaN });
        Should.Throw<ArgumentException>(() => model with { TrainedOn = "two\nlines" });
        Should.Throw<ArgumentException>(() => model with { TrainedOn = new string('x', LearnedModel.MaxTrainedOn + 1) });
    }
}
