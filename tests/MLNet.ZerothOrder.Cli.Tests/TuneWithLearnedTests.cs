using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>To the tuner a learned optimizer is an optimizer like any other.</summary>
public sealed class TuneWithLearnedTests
{
    [Fact]
    public void Every_bundled_optimizer_minimizes_a_smooth_function_in_a_box()
    {
        string[] files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "onnx", "optimizers"), "*.onnx");
        files.Length.ShouldBe(BundledOptimizers.Names.Count);
        SyntheticProblem sphere = SyntheticProblems.Sphere(8);
        foreach (string file in files)
        {
            var options = new TunerOptions
            {
                Optimizer = OptimizerFile.Load(file),
                Start = [.. Enumerable.Repeat(1.5f, 8)],
                Exploration = 1,
                Budget = 1500,
                Smoothing = 1e-3,
            };
            TunerResult result = BlackBoxTuner.Minimize(sphere.Value, BoxBounds.Cube(8, -2, 4), options);
            (result.BestLoss < 0.2 * result.Trace[0]).ShouldBeTrue($"{Path.GetFileName(file)}: {result.BestLoss}, from {result.Trace[0]}");
        }
    }
}
