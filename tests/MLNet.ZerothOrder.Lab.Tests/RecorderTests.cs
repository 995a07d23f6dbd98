using System.Numerics.Tensors;
using MLNet.ZerothOrder.Lab;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class RecorderTests
{
    [Fact]
    public void A_recorded_optimizer_does_what_it_does_alone()
    {
        var objective = new FunctionObjective(8);
        using DelegateOracle oracle = DelegateOracle.FromFunction(8, x => TensorPrimitives.SumOfSquares(x));
        IZerothOrderOptimizer alone = new OptimizerRegistry().Create("zo-adam");
        var recorder = new Recorder(alone);
        Problem[] problems = [.. new[] { alone, recorder }.Select(o => new Problem("p", objective, o, 0.001f, RandomKey.FromSeed(3), new RunLimits { Iterations = 10 }))];
        new BatchedEngine(oracle).Run(problems);

        problems[1].Trace.ShouldBe(problems[0].Trace);
        (recorder.Thetas.Count, recorder.Estimates.Count, recorder.Deviations.Count).ShouldBe((11, 10, 0));
        recorder.Thetas[^1].ShouldBe(problems[0].Theta.ToArray());

        // The trace is the loss of each iterate.
        recorder.Thetas.Select(theta => (double)TensorPrimitives.SumOfSquares(theta)).ShouldBe(problems[0].Trace, 1e-6);
    }

    [Fact]
    public void The_estimates_of_a_linear_function_point_along_its_gradient()
    {
        float[] slopes = [1, -2, 3, 0.5f];
        using DelegateOracle oracle = DelegateOracle.FromFunction(4, x => TensorPrimitives.Dot(x, slopes));
        var recorder = new Recorder(new OptimizerRegistry().Create("zo-sgd", new OptimizerSettings { Directions = 2000 }));
        new BatchedEngine(oracle).Run([new Problem("p", new FunctionObjective(4), recorder, 0.001f, RandomKey.FromSeed(3), new RunLimits { Iterations = 1 })]);

        TensorPrimitives.CosineSimilarity(recorder.Estimates[0], slopes).ShouldBeGreaterThan(0.99f);
    }
}
