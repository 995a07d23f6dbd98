using MLNet.ZerothOrder.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tuning;

public sealed class BlackBoxTunerTableTests
{
    private const int Dimension = 6;
    private const float Edge = 4;

    // Per problem: the factor that the loss falls to, and sensible step sizes δ in the unit cube for rules that follow ĝ, for ADAM and signs, for zo-prox.
    private static readonly Dictionary<string, (double Factor, double Gradient, double Adam, double Prox)> Expected = new()
    {
        ["sphere"] = (0.01, 0.005, 0.02, 0.05),
        ["ill-conditioned"] = (0.05, 0.03, 0.05, 0.2),
        ["rosenbrock"] = (0.1, 1.5e-5, 0.02, 0.1),
        ["absolute"] = (0.1, 0.002, 0.02, 0.02),
        ["logistic"] = (0.5, 0.5, 0.1, 0.5),
    };

    public static TheoryData<string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string>();
            foreach (SyntheticProblem problem in SyntheticProblems.All(Dimension))
            {
                foreach (string optimizer in new OptimizerRegistry().Names.Append("direct-search").Append("direct-search, 6 at a time"))
                {
                    table.Add(problem.Name, optimizer);
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Every_optimizer_brings_the_loss_of_every_problem_down_by_its_factor(string name, string optimizer)
    {
        SyntheticProblem synthetic = SyntheticProblems.All(Dimension).Single(p => p.Name == name);
        (double factor, double gradient, double adam, double prox) = Expected[name];
        double stepSize = optimizer switch { "zo-adam" or "zo-signsgd" => adam, "zo-prox" or "zo-prox-plain" => prox, _ => gradient };
        IZerothOrderOptimizer made = optimizer switch
        {
            "direct-search" => new DirectSearch(),
            "direct-search, 6 at a time" => new DirectSearch(6),
            _ => new OptimizerRegistry().Create(optimizer, new OptimizerSettings { Directions = 6, StepSize = stepSize, Epsilon = 1e-8 }),
        };

        // Off the centre, which is the lowest point of three of the problems.
        float[] start = [.. Enumerable.Range(0, Dimension).Select(i => i % 2 == 0 ? 1.5f : -1.2f)];
        var options = new TunerOptions
        {
            Optimizer = made,
            Start = start,
            Exploration = 1,
            Budget = 3000,
            Smoothing = made is DirectSearch ? 0.05 : 1e-3,
        };

        for (int seed = 1; seed <= 2; seed++)
        {
            TunerResult result = BlackBoxTuner.Minimize(synthetic.Value, BoxBounds.Cube(Dimension, -Edge, Edge), options with { Seed = seed });

            double before = result.Trace[0] - synthetic.Infimum;
            before.ShouldBe(synthetic.Value(start) - synthetic.Infimum);
            (result.BestLoss - synthetic.Infimum).ShouldBeLessThan(factor * before, $"seed {seed}");
            synthetic.Value(result.BestPoint.Span).ShouldBe(result.BestLoss);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void Direct_search_beats_a_random_sample_of_the_box_at_equal_evaluations_on_rugged_steps(int dimension)
    {
        const int Seeds = 40;
        const int Budget = 40;
        int wins = 0;
        double ours = 0;
        double random = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var optimum = new float[dimension];
            CounterRandom.Uniforms(RandomKey.FromSeed(seed + 1000), optimum);
            double Loss(ReadOnlySpan<float> point)
            {
                double sum = 0;
                for (int i = 0; i < point.Length; i++)
                {
                    double away = point[i] - optimum[i];
                    sum += (away * away) + (0.02 * Math.Sin(40 * away));
                }

                // As an accuracy over 200 rows: in steps.
                return Math.Round(200 * (1 - Math.Exp(-sum))) / 200;
            }

            BoxBounds bounds = BoxBounds.Cube(dimension, 0, 1);
            double mine = BlackBoxTuner.Minimize(Loss, bounds, new TunerOptions { Budget = Budget, Seed = seed }).BestLoss;
            var point = new float[dimension];
            double theirs = double.PositiveInfinity;
            for (int i = 0; i < Budget; i++)
            {
                CounterRandom.Uniforms(RandomKey.FromSeed(seed).Derive((ulong)i), point);
                theirs = Math.Min(theirs, Loss(point));
            }

            ours += mine / Seeds;
            random += theirs / Seeds;
            wins += mine < theirs ? 1 : 0;
        }

        ours.ShouldBeLessThan(0.9 * random, $"{ours} against {random}");
        wins.ShouldBeGreaterThan(Seeds * 6 / 10);
    }
}
