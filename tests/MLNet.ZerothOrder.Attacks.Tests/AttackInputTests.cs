using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class AttackInputTests
{
    public static TheoryData<string, Func<ImageSet>, AttackOptions, string[]> BadInputs => new()
    {
        {
            "images of another size",
            () => new ImageSet("x", new ImageShape(3, 2, 2), new float[12], [0]),
            new(),
            ["The images are 3×2×2 = 12 pixels, the model takes 16", "use images of the model's size"]
        },
        {
            "a label above the classes",
            () => new ImageSet("x", TinyClassifier.Shape, new float[32], [0, 3]),
            new(),
            ["Label 3 of image 1 is outside 0..2 for a model with 3 classes"]
        },
        {
            "a negative label",
            () => new ImageSet("x", TinyClassifier.Shape, new float[16], [-2], ["cat.png"]),
            new(),
            ["Label -2 of image cat.png is outside 0..2"]
        },
        {
            "pixels of 0 to 255",
            () => new ImageSet("x", TinyClassifier.Shape, [.. Enumerable.Repeat(255f, 16)], [0]),
            new(),
            ["Pixel 255 of image 0 is outside 0..1"]
        },
        {
            "pixels that are no numbers",
            () => new ImageSet("x", TinyClassifier.Shape, [.. Enumerable.Repeat(float.NaN, 16)], [0]),
            new(),
            ["Pixel NaN of image 0"]
        },
        {
            "a target outside the classes",
            () => TinyClassifier.Images([0, 1]),
            new() { Loss = new AttackLoss { Target = 3 } },
            ["Target class 3 is outside 0..2 for a model with 3 classes"]
        },
        {
            "a target that is the one image's class",
            () => TinyClassifier.Images([1]),
            new() { Loss = new AttackLoss { Target = 1 } },
            ["Target class 1 is the true class of the image; choose another target"]
        },
        {
            "a target that is all images' class",
            () => TinyClassifier.Images([1, 1]),
            new() { Loss = new AttackLoss { Target = 1 } },
            ["Target class 1 is the true class of all 2 images; choose another target"]
        },
        {
            "no image that is classified correctly",
            () => TinyClassifier.Images([1, 1, 2], wrong: [0, 1, 2]),
            new(),
            ["The model classifies none of the 3 images correctly", "check the labels"]
        },
        {
            "none but images of the target class that are classified correctly",
            () => TinyClassifier.Images([1, 2], wrong: [1]),
            new() { Loss = new AttackLoss { Target = 1 } },
            ["The only images that the model classifies correctly are of the target class 1", "choose another target"]
        },
        {
            "no image",
            () => new ImageSet("x", TinyClassifier.Shape, [], []),
            new(),
            ["none of the 0 images"]
        },
    };

    [Theory]
    [MemberData(nameof(BadInputs))]
    public void Input_that_makes_no_attack_is_refused_in_one_sentence(string what, Func<ImageSet> images, AttackOptions options, string[] parts)
    {
        what.ShouldNotBeEmpty();
        using var oracle = new TinyClassifier();
        Refused.With(() => new BlackBoxAttack(oracle, BlackBoxAttackTests.Optimizer("zo-adam"), options).Run(images()), parts);
    }

    [Fact]
    public void A_model_of_one_class_cannot_be_attacked()
    {
        using var oracle = new DelegateOracle(16, 1, (_, _, scores) => scores[0] = 1);
        Refused.With(
            () => new BlackBoxAttack(oracle, BlackBoxAttackTests.Optimizer("zo-adam")).Run(new ImageSet("x", TinyClassifier.Shape, new float[16], [0])),
            "The model has 1 class", "at least 2 classes");
    }

    [Fact]
    public void More_directions_than_a_step_can_hold_are_refused_before_the_first_query()
    {
        using var oracle = new TinyClassifier();
        IZerothOrderOptimizer greedy = new OptimizerRegistry().Create("zo-sgd", new OptimizerSettings { Directions = 1 << 30 });
        Refused.With(() => new BlackBoxAttack(oracle, greedy).Run(TinyClassifier.Images([0])), "directions", "use at most");
        oracle.All.ShouldBe(0);
    }

    [Fact]
    public void Options_below_their_least_value_are_refused_by_name()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackOptions { Count = 0 }).ParamName.ShouldBe("Count");
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackOptions { Levels = 16 }).ParamName.ShouldBe("Levels");
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackOptions { Trials = 0 }).ParamName.ShouldBe("Trials");
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackOptions { Smoothing = 0 }).ParamName.ShouldBe("Smoothing");
        Should.Throw<ArgumentOutOfRangeException>(() => new AttackOptions { Smoothing = 1e-60 }).ParamName.ShouldBe("Smoothing");
        Should.Throw<ArgumentOutOfRangeException>(() => new RunLimits { Iterations = 0 }).ParamName.ShouldBe("Iterations");
        Should.Throw<ArgumentOutOfRangeException>(() => new RunLimits { Budget = 0 }).ParamName.ShouldBe("Budget");
        Should.Throw<ArgumentOutOfRangeException>(() => new RunLimits { Patience = 0 }).ParamName.ShouldBe("Patience");
        Should.Throw<ArgumentOutOfRangeException>(() => new RunLimits { Time = TimeSpan.Zero }).ParamName.ShouldBe("Time");
        using var oracle = new TinyClassifier();
        Should.Throw<ArgumentException>(() => new BlackBoxAttack(oracle, Array.Empty<IZerothOrderOptimizer>())).ParamName.ShouldBe("optimizers");
    }
}
