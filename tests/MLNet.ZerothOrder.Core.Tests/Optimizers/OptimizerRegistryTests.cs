using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class OptimizerRegistryTests
{
    [Fact]
    public void Holds_the_papers_hand_designed_optimizers_and_zo_prox_each_under_its_own_name()
    {
        var registry = new OptimizerRegistry();
        registry.Names.ShouldBe(["guided-es", "zo-adam", "zo-prox", "zo-prox-plain", "zo-scd", "zo-sgd", "zo-signsgd"]);
        foreach (string name in registry.Names)
        {
            IZerothOrderOptimizer optimizer = registry.Create(name, new OptimizerSettings { Directions = 7, Smoothing = 0.25 });
            (optimizer.Name, optimizer.Directions, optimizer.Smoothing).ShouldBe((name, 7, 0.25f));
        }
    }

    [Fact]
    public void A_name_can_be_registered_once()
    {
        var registry = new OptimizerRegistry();
        registry.Register("mine", settings => registry.Create("zo-sgd", settings));
        registry.Create("mine").Name.ShouldBe("zo-sgd");
        Should.Throw<ArgumentException>(() => registry.Register("zo-sgd", _ => null!)).Message.ShouldContain("'zo-sgd' is already registered");
        Should.Throw<ArgumentException>(() => registry.Register("mine", _ => null!)).Message.ShouldContain("'mine'");
        Should.Throw<ArgumentException>(() => registry.Register(" ", _ => null!));
    }

    [Theory]
    [InlineData("zo-sdg", "zo-sgd")]
    [InlineData("adam", "zo-adam")]
    [InlineData("ZO-ADAM", "zo-adam")]
    [InlineData("signsgd", "zo-signsgd")]
    [InlineData("prox", "zo-prox")]
    [InlineData("guided", "guided-es")]
    [InlineData("zo-scd ", "zo-scd")]
    public void An_unknown_name_is_answered_with_the_nearest_one(string typed, string nearest)
    {
        InputException error = Should.Throw<InputException>(() => new OptimizerRegistry().Create(typed));
        error.Message.ShouldContain($"'{typed}'");
        error.Message.ShouldContain($"did you mean '{nearest}'?");
    }

    [Fact]
    public void Names_that_the_caller_knows_besides_are_suggested_too()
    {
        InputException near = Should.Throw<InputException>(() => new OptimizerRegistry().ThrowIfUnknown("zo-lstn", "zo-lstm", "other"));
        near.Message.ShouldContain("did you mean 'zo-lstm'?");
        near.Message.ShouldContain("zo-signsgd, zo-lstm, other");

        // They are no more registered than before.
        Should.Throw<InputException>(() => new OptimizerRegistry().ThrowIfUnknown("zo-lstm", "zo-lstm"));
    }

    [Fact]
    public void Another_registry_does_not_see_what_one_was_given()
    {
        new OptimizerRegistry().Register("mine", settings => new OptimizerRegistry().Create("zo-sgd", settings));
        new OptimizerRegistry().Names.ShouldNotContain("mine");
    }
}
