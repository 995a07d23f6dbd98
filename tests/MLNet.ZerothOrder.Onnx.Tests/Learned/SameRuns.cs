using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>Two optimizers that differ in what computes their networks, on the same bowl from the same start.</summary>
internal static class SameRuns
{
    public static void ShouldBeNear(params IZerothOrderOptimizer[] optimizers)
    {
        double[][] traces = [.. optimizers.Select(optimizer =>
        {
            var problem = new Problem("p", new FunctionObjective(10), optimizer, 1e-2f, RandomKey.FromSeed(1), new RunLimits { Iterations = 20 });
            using var oracle = new DelegateOracle(10, 1, static (input, _, scores) => scores[0] = input[0] * input[0]);
            new BatchedEngine(oracle).Run([problem]);
            return problem.Trace.ToArray();
        })];

        traces[0].Length.ShouldBe(21);
        traces[0].Zip(traces[1], (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-3);
    }
}
