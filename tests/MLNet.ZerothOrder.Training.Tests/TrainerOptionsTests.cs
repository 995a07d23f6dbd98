using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class TrainerOptionsTests
{
    [Fact]
    public void An_epoch_is_a_tenth_of_the_problems_unless_it_is_set()
    {
        new TrainerOptions().Epoch.ShouldBe(20);
        new TrainerOptions { Problems = 5 }.Epoch.ShouldBe(1);
        (new TrainerOptions() with { Problems = 400 }).Epoch.ShouldBe(40);
        (new TrainerOptions { Epoch = 3 } with { Problems = 400 }).Epoch.ShouldBe(3);
    }
}
