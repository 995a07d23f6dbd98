using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;
using Xunit;

namespace RobustnessGate;

public class RobustnessTests
{
    [Fact]
    public void HardlyAnImageFallsWithin42Queries() => Gate(queries: 42, limit: 0.25);

    // A gate that nothing can fail guards nothing.
    [Fact]
    public void AWholeAttackGetsThrough() => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Gate(queries: 2000, limit: 0.25));

    // Fails where more than the limit of the images that the classifier gets right are misclassified within so many queries each.
    private static void Gate(long queries, double limit)
    {
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load(Path.Combine(AppContext.BaseDirectory, "mnist-cnn.onnx"));
        var attack = new BlackBoxAttack(classifier, BundledOptimizers.Load("zo-lstm-plus"), new AttackOptions
        {
            Limits = new RunLimits { Budget = queries, StopOnSuccess = true },
        });
        AttackStatistics statistics = AttackStatistics.From(attack.Run(GeneratedDigits.Create(40)).Runs[0].Images);

        // The lower end of the interval: a few unlucky images do not fail the build.
        Assert.True(
            statistics.SuccessRateInterval95.Low <= limit,
            $"{statistics.SuccessRate:P0} of the images (95 % interval from {statistics.SuccessRateInterval95.Low:P0}) fall within {queries} queries; at most {limit:P0} may.");
    }
}
