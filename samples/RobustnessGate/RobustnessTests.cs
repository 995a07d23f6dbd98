using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;
using Xunit;

namespace RobustnessGate;

public class RobustnessTests
{
    [Fact]
    public void MostImagesStandSmallChanges() => Gate(epsilon: 0.05, queries: 200, require: 0.9);

    // Proves that the gate can fail.
    [Fact]
    public void LargeChangesGetThrough() => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Gate(epsilon: 0.3, queries: 500, require: 0.9));

    // Fails if fewer than this share of the images stay right when every pixel may change by epsilon and this number of queries is asked per image.
    private static void Gate(double epsilon, long queries, double require)
    {
        using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load(Path.Combine(AppContext.BaseDirectory, "mnist-cnn.onnx"));
        AuditResult audit = new AuditSession(classifier, GeneratedDigits.Create(40), new AuditOptions { Epsilons = [epsilon], Budget = queries, Require = require }).Run();
        Assert.True(audit.Passed, AuditFiles.Sentence(audit, audit.Levels[^1]));
    }
}
