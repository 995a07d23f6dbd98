using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class FoundIteratesTests
{
    [Fact]
    public void First_solution_best_solution_lowest_loss_and_last_iterate_are_kept_apart()
    {
        Problem problem = Run(
            new RunLimits { Iterations = 5 },
            (0, 9, false), (1, 7, true), (2, 1, false), (3, 4, true), (4, 6, true), (5, 8, false));

        problem.Trace.ShouldBe([9, 7, 1, 4, 6, 8]);
        problem.FirstSolvedInput!.Value.ToArray().ShouldBe([1]);
        problem.BestSolvedInput!.Value.ToArray().ShouldBe([3]);
        problem.LastInput!.Value.ToArray().ShouldBe([5]);
        problem.Theta.ToArray().ShouldBe([5]);
        problem.BestLoss.ShouldBe(1);
        problem.BestSolvedLoss.ShouldBe(4);
        problem.QueriesToFirstSolved.ShouldBe((1 * 3) + 1);
    }

    [Fact]
    public void Of_solutions_with_equal_losses_the_first_is_kept()
    {
        Problem problem = Run(new RunLimits { Iterations = 2 }, (0, 9, false), (1, 4, true), (2, 4, true));
        problem.BestSolvedInput!.Value.ToArray().ShouldBe([1]);
    }

    [Fact]
    public void A_loss_of_NaN_is_never_the_best()
    {
        Problem problem = Run(
            new RunLimits { Iterations = 4 },
            (0, double.NaN, true), (1, 7, false), (2, 5, true), (3, double.NaN, true), (4, double.NaN, false));

        problem.BestLoss.ShouldBe(5);
        problem.BestSolvedLoss.ShouldBe(5);
        problem.BestSolvedInput!.Value.ToArray().ShouldBe([2]);
        problem.FirstSolvedInput!.Value.ToArray().ShouldBe([0]);
    }

    [Fact]
    public void Nothing_is_found_before_the_first_query()
    {
        Problem problem = Bowl.Problem(1, new RunLimits());
        problem.Stop.ShouldBeNull();
        problem.Trace.ShouldBeEmpty();
        problem.BestLoss.ShouldBe(double.NaN);
        problem.LastInput.ShouldBeNull();
        problem.FirstSolvedInput.ShouldBeNull();
        problem.BestSolvedInput.ShouldBeNull();
        problem.QueriesToFirstSolved.ShouldBeNull();
    }

    [Fact]
    public void Points_around_an_iterate_do_not_count_as_solutions()
    {
        // Every direction lands on the goal, no iterate does.
        var optimizer = new OptimizerRegistry().Create("zo-scd", new OptimizerSettings { Directions = 3, StepSize = 1e-9 });
        using var oracle = new WatchedOracle(1, (input, _) => input[0]);
        float start = StartOf(RandomKey.FromSeed(1));
        var problem = new Problem("p", new NearGoal(start), optimizer, 1, RandomKey.FromSeed(1), new RunLimits { Iterations = 3, StopOnSuccess = true });

        new BatchedEngine(oracle).Run([problem]);

        problem.Stop.ShouldBe(StopReason.Iterations);
        problem.FirstSolvedInput.ShouldBeNull();
    }

    private static float StartOf(RandomKey key)
    {
        var theta = new float[1];
        new FunctionObjective(1).Initialize(key.Derive(0), theta);
        return theta[0];
    }

    private static Problem Run(RunLimits limits, params (float Place, double Loss, bool Solved)[] table)
    {
        var optimizer = new ScriptedOptimizer([.. table.Skip(1).Select(entry => entry.Place)]);
        var problem = new Problem("scripted", new ScriptedObjective(table), optimizer, 0.5f, RandomKey.FromSeed(1), limits);
        using var oracle = new WatchedOracle(1, (_, _) => 0);
        new BatchedEngine(oracle).Run([problem]);
        return problem;
    }

    // Solved anywhere but within 0.5 of the start.
    private sealed class NearGoal(float start) : IObjective
    {
        private readonly FunctionObjective _function = new(1);

        public int Dimension => 1;

        public int InputLength => 1;

        public void Initialize(RandomKey key, Span<float> theta) => _function.Initialize(key, theta);

        public void Decode(ReadOnlySpan<float> theta, Span<float> input) => theta.CopyTo(input);

        public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores) => new(scores[0], scores[0], Math.Abs(input[0] - start) > 0.5);
    }
}
