using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;
using Xunit;

namespace RobustnessGate;

public class RobustnessTests
{
    [Fact]
    public void HardlyAnImageFallsWithin42Queries() => Gate(queries: 42, limit: 0.25);

    // Proves that the gate can fail.
    [Fact]
    public void AWholeAttackGetsThrough() => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Gate(queries: 2000, limit: 0.25));

    // Fails if the attack fools the classifier on more than this share of the images within this number of queries each. Counts only images that it gets right.
    private static void Gate(long queries, double limit)
    {
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load(Path.Combine(AppContext.BaseDirectory, "mnist-cnn.onnx"));
        var attack = new BlackBoxAttack(classifier, BundledOptimizers.Load("zo-lstm-plus"), new AttackOptions
        {
            Limits = new RunLimits { Budget = queries, StopOnSuccess = true },
        });
        AttackStatistics statistics = AttackStatistics.From(attack.Run(GeneratedDigits.Create(40)).Runs[0].Images);

        // The lower end of the interval, so that a few unlucky images do not fail the build.
        Assert.True(
            statistics.SuccessRateInterval95.Low <= limit,
            $"{statistics.SuccessRate:P0} of the images (95 % interval from {statistics.SuccessRateInterval95.Low:P0}) fall within {queries} queries; at most {limit:P0} may.");
    }
}
