using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Methods;

public sealed class MemorySquareAttackTests
{
    private const int Starts = 64;
    private const int Queries = Starts + 20 + (9 * 21) + 1;
    private static readonly ImageShape Shape = new(1, 4, 4);
    private static readonly AttackLoss Box = new() { Norm = DistortionNorm.LInfinity, Epsilon = 0.25 };
    private static readonly AttackLoss Sphere = new() { Norm = DistortionNorm.L2, Epsilon = 0.5 };
    private static readonly float[] Slope = [.. Enumerable.Range(0, 16).Select(i => MathF.Sin((5 * i) + 1))];

    [Fact]
    public void It_asks_its_start_one_by_one_then_20_differences_a_step_and_at_last_one_point_a_step()
    {
        StepDriver driver = Drive("memory-square", Box);
        var rows = new List<int>();
        for (int step = 0; step < Starts + 24; step++)
        {
            Step(driver, Linear);
            rows.Add(driver.Rows);
        }

        rows.ShouldBe([.. Enumerable.Repeat(1, Starts), 20, .. Enumerable.Repeat(21, 9), .. Enumerable.Repeat(1, 14)]);
    }

    [Fact]
    public void In_a_box_it_starts_as_SignHunter_and_in_a_sphere_as_Square()
    {
        (StepDriver own, StepDriver signs) = (Drive("memory-square", Box), Drive("signhunter", Box));
        for (int step = 0; step < Starts; step++)
        {
            Step(own, Linear);
            Step(signs, Linear);
            own.Directions.ToArray().ShouldBe(signs.Directions.ToArray());
        }

        own.Theta.ToArray().ShouldBe(signs.Theta.ToArray());
        (StepDriver ball, StepDriver square) = (Drive("memory-square", Sphere), Drive("square", Sphere));
        Step(ball, Linear);
        Step(square, Linear);
        ball.Directions.ToArray().ShouldBe(square.Directions.ToArray());
    }

    [Fact]
    public void On_a_linear_margin_with_as_many_differences_as_pixels_its_steps_follow_the_signs_of_the_exact_gradient()
    {
        StepDriver driver = Drive("memory-square", Box);
        for (int step = 0; step < Starts; step++)
        {
            Step(driver, _ => 0);
        }

        double start = Linear(driver.Theta);
        double[] at = [.. driver.Theta.ToArray().Select(x => (double)x)];
        for (int k = 0; k < 10; k++)
        {
            Step(driver, change => Linear(change) - start);
            at = [.. at.Select((x, i) => Math.Clamp(x - (Math.Pow(0.85, k) * 0.25 * Math.Sign(Slope[i])), -0.25, 0.25))];
        }

        at.Zip(Slope, (x, slope) => x * slope).ShouldAllBe(product => product < 0);
        Step(driver, Linear);
        driver.Directions.ToArray().Zip(at, (asked, expected) => Math.Abs(asked - expected)).Max().ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void In_a_sphere_its_steps_go_to_where_a_linear_margin_is_lowest()
    {
        StepDriver driver = Drive("memory-square", Sphere);
        for (int step = 0; step < 12; step++)
        {
            Step(driver, Linear);
        }

        double lowest = -0.5 * Math.Sqrt(Slope.Sum(s => (double)s * s));
        Linear(driver.Directions).ShouldBeInRange(1.0001 * lowest, 0.95 * lowest);
    }

    [Fact]
    public void Then_it_is_Square_from_the_best_point_where_the_queries_stand_in_its_schedule()
    {
        StepDriver driver = Drive("memory-square", Box);
        for (int step = 0; step < Starts + 11; step++)
        {
            Step(driver, Bent);
        }

        IZerothOrderOptimizer square = new OptimizerRegistry().Create("square");
        for (int more = 0; more < 20; more++)
        {
            float[] best = driver.Theta.ToArray();
            var expected = new float[best.Length];
            square.Ask(driver.Step with { Number = Queries + more + 1, Horizon = 21 * 100 }, best, new float[square.StateLength(best.Length)], expected);
            Step(driver, Bent);
            driver.Directions.ToArray().ShouldBe(expected);
        }
    }

    [Fact]
    public void Where_the_differences_show_no_slope_Square_follows_at_once()
    {
        StepDriver driver = Drive("memory-square", Box);
        for (int step = 0; step < Starts + 1; step++)
        {
            Step(driver, _ => 3);
        }

        driver.Rows.ShouldBe(20);
        Step(driver, _ => 3);
        driver.Rows.ShouldBe(1);
        driver.State.ToArray().ShouldAllBe(x => float.IsFinite(x));
    }

    [Fact]
    public void An_answer_that_is_no_number_does_not_reach_the_steps()
    {
        StepDriver driver = Drive("memory-square", Sphere);
        int asked = 0;
        for (int step = 0; step < 40; step++)
        {
            Step(driver, change => ++asked % 7 == 0 ? double.NaN : Bent(change));
        }

        driver.Theta.ToArray().ShouldAllBe(x => float.IsFinite(x));
        driver.Directions.ToArray().ShouldAllBe(x => float.IsFinite(x));
    }

    private static double Linear(ReadOnlySpan<float> change) => System.Numerics.Tensors.TensorPrimitives.Dot(Slope, change);

    private static double Bent(ReadOnlySpan<float> change) => Math.Sin(9 * Linear(change));

    private static StepDriver Drive(string method, AttackLoss loss) => new(
        new AttackObjective(Enumerable.Repeat(0.5f, Shape.Length).ToArray(), 0, 2, loss) { Shape = Shape }, new OptimizerRegistry().Create(method), 1, RandomKey.FromSeed(7), 100);

    private static void Step(StepDriver driver, Margin margin)
    {
        driver.Ask();
        for (int row = 0; row < driver.Rows; row++)
        {
            double loss = margin(driver.Directions.Slice(row * Shape.Length, Shape.Length));
            driver.Answers[row] = new Evaluation(loss, loss, false, loss);
        }

        driver.Tell();
    }

    private delegate double Margin(ReadOnlySpan<float> change);
}
