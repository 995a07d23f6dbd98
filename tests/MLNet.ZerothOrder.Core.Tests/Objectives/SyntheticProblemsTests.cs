using Shouldly;

namespace MLNet.ZerothOrder.Tests.Objectives;

public sealed class SyntheticProblemsTests
{
    [Fact]
    public void Values_are_those_of_the_formulas()
    {
        SyntheticProblems.Sphere(3).Value([1, 2, 3]).ShouldBe(14);
        SyntheticProblems.SumOfAbsoluteValues(3).Value([1, -2, 3]).ShouldBe(6);
        SyntheticProblems.Rosenbrock(2).Value([0, 0]).ShouldBe(1);
        SyntheticProblems.Rosenbrock(2).Value([-1, 1]).ShouldBe(4);
        SyntheticProblems.Rosenbrock(3).Value([1, 2, 4]).ShouldBe(100 + 1);
        SyntheticProblem quadratic = SyntheticProblems.IllConditionedQuadratic(3, condition: 100);
        quadratic.Value([1, 0, 0]).ShouldBe(0.01, 1e-12);
        quadratic.Value([0, 1, 0]).ShouldBe(0.1, 1e-12);
        quadratic.Value([0, 0, 1]).ShouldBe(1, 1e-12);
    }

    [Theory]
    [InlineData("sphere", 0)]
    [InlineData("ill-conditioned", 0)]
    [InlineData("rosenbrock", 1)]
    [InlineData("absolute", 0)]
    public void The_infimum_is_reached_where_the_formula_says_and_undercut_nowhere(string name, float coordinate)
    {
        SyntheticProblem problem = SyntheticProblems.All(6).Single(p => p.Name == name);
        problem.Value([.. Enumerable.Repeat(coordinate, 6)]).ShouldBe(problem.Infimum);
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            problem.Value([.. Enumerable.Range(0, 6).Select(_ => coordinate + random.NextSingle() - 0.5f)]).ShouldBeGreaterThan(problem.Infimum);
        }
    }

    [Fact]
    public void Logistic_regression_is_log_2_at_0_convex_and_finite_at_any_distance()
    {
        SyntheticProblem problem = SyntheticProblems.Logistic(5);
        problem.Value(new float[5]).ShouldBe(Math.Log(2), 1e-12);
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
        {
            float[] a = [.. Enumerable.Range(0, 5).Select(_ => (random.NextSingle() - 0.5f) * 4)];
            float[] b = [.. Enumerable.Range(0, 5).Select(_ => (random.NextSingle() - 0.5f) * 4)];
            float[] middle = [.. a.Zip(b, (x, y) => (x + y) / 2)];
            problem.Value(middle).ShouldBeLessThanOrEqualTo(((problem.Value(a) + problem.Value(b)) / 2) + 1e-6);
        }

        problem.Value([1e6f, -1e6f, 1e6f, 1e6f, -1e6f]).ShouldBeInRange(1, 1e8);
    }

    [Fact]
    public void The_oracle_gives_the_value_rounded_to_a_float_at_the_decoded_start()
    {
        foreach (SyntheticProblem problem in SyntheticProblems.All(4))
        {
            using DelegateOracle oracle = problem.CreateOracle(concurrency: 3);
            oracle.Concurrency.ShouldBe(3);
            var theta = new float[4];
            problem.Objective.Initialize(RandomKey.FromSeed(1), theta);
            float score = oracle.ScoreRows(1, (_, input) => problem.Objective.Decode(theta, input))[0];
            score.ShouldBe((float)problem.Value(theta));
            problem.Objective.Evaluate(theta, [score]).ShouldBe(new Evaluation(score, score, false));
        }
    }

    [Fact]
    public void Too_few_coordinates_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => SyntheticProblems.Sphere(0));
        Should.Throw<ArgumentOutOfRangeException>(() => SyntheticProblems.Logistic(0));
        Should.Throw<ArgumentOutOfRangeException>(() => SyntheticProblems.Rosenbrock(1));
        Should.Throw<ArgumentOutOfRangeException>(() => SyntheticProblems.IllConditionedQuadratic(1));
        Should.Throw<ArgumentOutOfRangeException>(() => SyntheticProblems.IllConditionedQuadratic(3, condition: 0.5));
    }
}
