using System.Numerics.Tensors;
using MLNet.ZerothOrder.Lab;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ObservedOptimizerTests
{
    [Fact]
    public void An_observed_optimizer_does_what_it_does_alone()
    {
        var objective = new FunctionObjective(8);
        using DelegateOracle oracle = DelegateOracle.FromFunction(8, x => TensorPrimitives.SumOfSquares(x));
        IZerothOrderOptimizer alone = new OptimizerRegistry().Create("zo-adam");
        var steps = new List<int>();
        float[] last = [];
        var observed = new ObservedOptimizer(alone, step =>
        {
            steps.Add(step.Number);
            last = step.After.ToArray();
        });
        Problem[] problems = [.. new[] { alone, observed }.Select(o => new Problem("p", objective, o, 0.001f, RandomKey.FromSeed(3), new RunLimits { Iterations = 10 }))];
        new BatchedEngine(oracle).Run(problems);

        problems[1].Trace.ShouldBe(problems[0].Trace);
        steps.ShouldBe(Enumerable.Range(1, 10));
        last.ShouldBe(problems[1].Theta.ToArray());
    }
}
