using MLNet.ZerothOrder.Data;
using Shouldly;

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
    public void Every_native_row_is_in_the_ledgers_or_the_overhead(int? batchRows, bool composed)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load("onnx/targets/mnist-lenet.onnx");
        var options = new AttackOptions { Count = 4, BatchRows = batchRows, Limits = new RunLimits { Iterations = 5 } };
        if (composed)
        {
            options = options with { Steps = (loss, shape) => oracle.ComposeSteps(loss, shape) };
        }

        AttackResult result = new BlackBoxAttack(oracle, new OptimizerRegistry().Create("zo-adam"), options).Run(GeneratedDigits.Create(10));

        foreach (var problem in result.Runs[0].Images)
        {
            problem.Queries.ShouldBe((21 * 5) + 1);
        }
        (result.Runs[0].Images.Sum(problem => problem.Queries) + result.OverheadQueries).ShouldBe(oracle.NativeRows);
    }
}
