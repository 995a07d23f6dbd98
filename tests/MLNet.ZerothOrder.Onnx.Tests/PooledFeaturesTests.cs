using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class PooledFeaturesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("GlobalAveragePool", 512, true)]
    [InlineData("ReduceMean", 1280, true)]
    [InlineData("GlobalAveragePool", 1000, false)]
    [InlineData("GlobalAveragePool", 10, false)]
    [InlineData("Gemm", 512, false)]
    public void Pooled_features_are_told_from_scores_of_classes(string last, int outputs, bool isFeaturizer)
    {
        // 1 × 1 convolution, pooling, flattened; for Gemm a layer of classes after it.
        var graph = new OnnxWriter().Input("image", OnnxWriter.Float32, "N", 3, 6, 6)
            .Constant("w", [outputs, 3, 1, 1], [.. Enumerable.Range(0, outputs * 3).Select(i => MathF.Sin(i))])
            .Node("Conv", ["image", "w"], ["c"]).Node("Relu", ["c"], ["r"]);
        graph = last == "ReduceMean" ? graph.Node("ReduceMean", ["r"], ["p"], ("axes", new long[] { 2, 3 }), ("keepdims", 1L)) : graph.Node("GlobalAveragePool", ["r"], ["p"]);
        graph = graph.Node("Flatten", ["p"], ["f"]);
        if (last == "Gemm")
        {
            graph = graph.Constant("v", [outputs, outputs], [.. Enumerable.Range(0, outputs * outputs).Select(i => MathF.Cos(i))]).Node("Gemm", ["f", "v"], ["out"]);
        }
        else
        {
            graph = graph.Node("Identity", ["f"], ["out"]);
        }

        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(graph.Output("out", OnnxWriter.Float32, "N", outputs).Save(_folder.File("m.onnx")));

        oracle.Info.Warnings.Count(warning => warning.Contains($"looks like a featurizer: its {outputs} outputs are pooled features ({last})", StringComparison.Ordinal)).ShouldBe(isFeaturizer ? 1 : 0);
    }
}
