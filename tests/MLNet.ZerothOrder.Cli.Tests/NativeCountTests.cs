using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The ledger against a count taken at ONNX Runtime's own calls.</summary>
public sealed class NativeCountTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(21)]
    [InlineData(8)]
    public void EveryNativeRowIsInTheLedgersOrTheOverhead(int? batchRows)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load("onnx/targets/mnist-lenet.onnx");
        var options = new AttackOptions { Count = 4, BatchRows = batchRows, Limits = new RunLimits { Iterations = 5 } };
        AttackResult result = new BlackBoxAttack(oracle, new OptimizerRegistry().Create("zo-adam"), options).Run(GeneratedDigits.Create(10));

        Assert.All(result.Runs[0].Problems, problem => Assert.Equal((21 * 5) + 1, problem.Queries));
        Assert.Equal(oracle.NativeRows, result.Runs[0].Problems.Sum(problem => problem.Queries) + result.OverheadQueries);
    }
}
