using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class SyntheticProblemTableTests
{
    private const int Dimension = 12;

    // Per problem: the factor that the loss falls to, and sensible step sizes δ for rules that follow ĝ, for ADAM, for signs, for zo-prox.
    private static readonly Dictionary<string, (double Factor, double Gradient, double Adam, double Sign, double Prox)> Expected = new()
    {
        ["sphere"] = (0.001, 0.3, 0.5, 0.1, 1),
        ["ill-conditioned"] = (0.05, 3, 1, 0.1, 5),
        ["rosenbrock"] = (0.06, 0.001, 0.3, 0.1, 2),
        ["absolute"] = (0.06, 0.1, 0.3, 0.2, 0.2),
        ["logistic"] = (0.3, 30, 1, 0.5, 5),
    };

    public static TheoryData<string, string, EstimateKind> Table
    {
        get
        {
            var table = new TheoryData<string, string, EstimateKind>();
            foreach (SyntheticProblem problem in SyntheticProblems.All(Dimension))
            {
                foreach (string optimizer in new OptimizerRegistry().Names)
                {
                    table.Add(problem.Name, optimizer, EstimateKind.Forward);
                    table.Add(problem.Name, optimizer, EstimateKind.Antithetic);
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Every_optimizer_brings_the_loss_of_every_problem_down_by_its_factor(string name, string optimizer, EstimateKind estimate)
    {
        SyntheticProblem synthetic = SyntheticProblems.All(Dimension).Single(p => p.Name == name);
        (double factor, double gradient, double adam, double sign, double prox) = Expected[name];
        double stepSize = optimizer switch { "zo-adam" => adam, "zo-signsgd" => sign, "zo-prox" or "zo-prox-plain" => prox, _ => gradient };
        var settings = new OptimizerSettings { Directions = 10, StepSize = stepSize, Estimate = estimate };
        IZerothOrderOptimizer made = new OptimizerRegistry().Create(optimizer, settings);
        Problem[] problems =
        [
            .. Enumerable.Range(1, 3).Select(seed => new Problem(
                $"start {seed}", synthetic.Objective, made, 1e-3f, RandomKey.FromSeed(seed), new RunLimits { Iterations = 400 })),
        ];

        using DelegateOracle oracle = synthetic.CreateOracle();
        new BatchedEngine(oracle).Run(problems);

        foreach (Problem problem in problems)
        {
            double start = problem.Trace[0] - synthetic.Infimum;
            (problem.Trace[^1] - synthetic.Infimum).ShouldBeLessThan(factor * start, problem.Id);
        }
    }
}
