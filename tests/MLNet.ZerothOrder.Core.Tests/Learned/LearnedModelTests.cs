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
