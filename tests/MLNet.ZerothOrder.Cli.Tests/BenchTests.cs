using System.Text.Json;

namespace MLNet.ZerothOrder.Tests;

public sealed class BenchTests
{
    [Fact]
    public void BenchStartupTimesWholeProcesses()
    {
        JsonElement document = Zo.Run("bench", "startup", "--json").Done().Document;
        Assert.InRange(document.Number("versionSeconds"), 0.001, document.Number("attackSeconds"));
    }

    [Theory]
    [InlineData("--count")]
    [InlineData("--memory", "--count")]
    public void BenchGraphFindsTheSameStepsAllThreeWays(params string[] more)
    {
        using var task = new TinyTask();
        string[] args = ["bench", "graph", "--model", task.Model, "--directions", "5", .. more, "3"];
        JsonElement document = Zo.Run([.. args, "--json"]).Done().Document;
        Assert.Equal((3, 6), (document.GetProperty("images").GetInt32(), document.GetProperty("queriesPerStep").GetInt32()));
        JsonElement[] ways = [.. document.GetProperty("ways").EnumerateArray()];
        Assert.Equal(3, ways.Length);
        Assert.All(ways, way => Assert.True(way.Number("microsecondsPerStep") > 0));
        Assert.All(ways, way => Assert.InRange(way.Number("lossDifference"), 0, 1e-5));
        Assert.All(ways, way => Assert.InRange(way.Number("estimateDifference"), 0, 1e-2));
        Assert.Equal(0, ways[0].Number("estimateDifference"));
        Assert.Contains("row by row", Zo.Run(args).Done().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void BenchMemoryTellsWhatTheAttackAdds(int images)
    {
        JsonElement document = Zo.Run("bench", "memory", "--count", $"{images}", "--json").Done().Document;
        Assert.Equal((images, 784), (document.GetProperty("images").GetInt32(), document.GetProperty("dimension").GetInt32()));
        Assert.InRange(document.Number("onnxRuntimeMegabytes"), 1, document.Number("megabytes"));
        Assert.Equal(document.Number("megabytes") - document.Number("onnxRuntimeMegabytes"), document.Number("megabytesOverOnnxRuntime"), 1e-9);
    }

    [Fact]
    public void BenchOverheadTellsWhatAQueryCostsApartFromItsTarget()
    {
        JsonElement document = Zo.Run("bench", "overhead", "--optimizer", "zo-sgd", "--dimension", "30", "--directions", "4", "--count", "3", "--json").Done().Document;
        JsonElement measured = Assert.Single(document.GetProperty("measurements").EnumerateArray());
        Assert.Equal((30, 4, 3), (measured.GetProperty("dimension").GetInt32(), measured.GetProperty("directions").GetInt32(), measured.GetProperty("images").GetInt32()));
        Assert.InRange(measured.Number("nanosecondsPerQuery"), 1, 1e9);
    }
}
