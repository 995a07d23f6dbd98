using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class StepDriverTests
{
    private const int Steps = 7;

    public static TheoryData<string> Optimizers => [.. new OptimizerRegistry().Names];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Steps_made_by_hand_are_those_of_the_engine(string name)
    {
        SyntheticProblem function = SyntheticProblems.IllConditionedQuadratic(6);
        using DelegateOracle oracle = function.CreateOracle();
        IZerothOrderOptimizer optimizer = new OptimizerRegistry().Create(name, new OptimizerSettings { StepSize = 0.1 });
        var problem = new Problem("p", function.Objective, optimizer, 0.01f, RandomKey.FromSeed(5), new RunLimits { Iterations = Steps });
        new BatchedEngine(oracle).Run([problem]);

        var driver = new StepDriver(function.Objective, optimizer, 0.01f, RandomKey.FromSeed(5), Steps);
        float[] point = new float[6], input = new float[6], score = new float[1];
        for (int step = 0; step < Steps; step++)
        {
            driver.Steps.ShouldBe(step);
            driver.Ask();
            for (int row = 0; row < driver.Rows; row++)
            {
                driver.WriteRow(row, point, input);
                score[0] = (float)function.Value(input);
                driver.Answer(row, input, score).Loss.ShouldBe(score[0]);
            }

            driver.Answers[0].Loss.ShouldBe(problem.Trace[step]);
            driver.Tell();
        }

        driver.Theta.ToArray().ShouldBe(problem.Theta.ToArray());
    }

    [Theory]
    [InlineData(BoxTransform.Clip, null)]
    [InlineData(BoxTransform.Tanh, null)]
    [InlineData(BoxTransform.Clip, 0.05)]
    public void A_row_of_an_attack_has_the_bits_of_its_decoded_point(BoxTransform transform, double? epsilon)
    {
        const int d = 77;
        float[] image = [.. Enumerable.Range(0, d).Select(i => i % 11 / 10f)];
        var objective = new AttackObjective(image, 0, 2, new AttackLoss { Transform = transform, Epsilon = epsilon, Norm = DistortionNorm.L2 });
        var driver = new StepDriver(objective, new OptimizerRegistry().Create("zo-sgd", new OptimizerSettings { Directions = 3 }), 0.3f, RandomKey.FromSeed(8), 1);
        float[] point = new float[d], input = new float[d], expected = new float[d];
        driver.Ask();
        for (int row = 0; row < driver.Rows; row++)
        {
            driver.WriteRow(row, point, input);
            driver.WritePoint(row, point);
            objective.Decode(point, expected);
            input.ShouldBe(expected);
        }
    }

    [Fact]
    public void An_optimizer_is_replaced_only_by_one_of_the_same_size()
    {
        var registry = new OptimizerRegistry();
        IZerothOrderOptimizer sgd = registry.Create("zo-sgd");
        var driver = new StepDriver(new FunctionObjective(3), sgd, 0.01f, RandomKey.FromSeed(1), 10);

        driver.Optimizer = registry.Create("zo-signsgd");

        driver.Optimizer.Name.ShouldBe("zo-signsgd");
        Should.Throw<ArgumentException>(() => driver.Optimizer = registry.Create("zo-sgd", new OptimizerSettings { Directions = 7 }))
            .Message.ShouldContain("zo-sgd has 7 directions and a state of 6 floats; this run has 20 and 6.");
        Should.Throw<ArgumentException>(() => driver.Optimizer = registry.Create("zo-adam"));
    }
}
