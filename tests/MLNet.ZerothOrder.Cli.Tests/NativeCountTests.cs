using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The ledger against a count taken at ONNX Runtime's own calls.</summary>
public sealed class NativeCountTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData(21, false)]
    [InlineData(8, false)]
    [InlineData(null, true)]
    [InlineData(21, true)]
    public void EveryNativeRowIsInTheLedgersOrTheOverhead(int? batchRows, bool composed)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load("onnx/targets/mnist-lenet.onnx");
        var options = new AttackOptions { Count = 4, BatchRows = batchRows, Limits = new RunLimits { Iterations = 5 } };
        if (composed)
        {
            options = options with { Steps = (loss, shape) => oracle.ComposeSteps(loss, shape) };
        }

        AttackResult result = new BlackBoxAttack(oracle, new OptimizerRegistry().Create("zo-adam"), options).Run(GeneratedDigits.Create(10));

        Assert.All(result.Runs[0].Images, problem => Assert.Equal((21 * 5) + 1, problem.Queries));
        Assert.Equal(oracle.NativeRows, result.Runs[0].Images.Sum(problem => problem.Queries) + result.OverheadQueries);
    }
}
