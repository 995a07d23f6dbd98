using System.Text.Json;

namespace MLNet.ZerothOrder.Tests;

public sealed class CompareTests : IDisposable
{
    private static readonly string[] Names = ["zo-sgd", "zo-signsgd", "zo-adam", "zo-scd", "guided-es", "zo-prox", "zo-sgd:antithetic"];

    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void OptimizersStartAtTheSamePointsAndSpendTheSameQueries()
    {
        JsonElement document = Compare(Names);
        ResultChecks.Consistent(document, 20, _task.Out);

        Assert.Equal(Names, document.GetProperty("runs").EnumerateArray().Select(r => r.Text("optimizer")));
        double[] starts = [.. document.Problems().Select(p => p.Number("initialLoss"))];
        double[] queries = [.. document.Problems().Select(p => p.Number("queries"))];
        for (int run = 1; run < Names.Length; run++)
        {
            Assert.Equal(starts, document.Problems(run).Select(p => p.Number("initialLoss")));
            Assert.Equal(queries, document.Problems(run).Select(p => p.Number("queries")));
            Assert.NotEqual(document.ProblemText(0), document.ProblemText(run));
        }
    }

    [Fact]
    public void AnOptimizerDoesInAComparisonWhatItDoesAlone()
    {
        JsonElement together = Compare("zo-sgd", "guided-es");
        JsonElement alone = _task.Attack("--optimizer", "guided-es").Done().Document;

        Assert.Equal(alone.Problems().Select(p => p.GetProperty("trace").GetRawText()), together.Problems(1).Select(p => p.GetProperty("trace").GetRawText()));
        Assert.Equal(alone.Run().GetProperty("summary").GetRawText(), together.Run(1).GetProperty("summary").GetRawText(), ignoreWhiteSpaceDifferences: true);
    }

    [Fact]
    public void EachOptimizerHasPicturesOfItsOwn()
    {
        JsonElement document = Compare("zo-sgd", "zo-sgd:antithetic");

        string[] files = [.. document.Problems(0).Concat(document.Problems(1)).Where(p => p.Truth("success")).Select(p => p.Text("imageFile"))];
        Assert.Equal(files.Distinct(), files);
        Assert.Contains(files, f => f.StartsWith("images/zo-sgd/", StringComparison.Ordinal));
        Assert.Contains(files, f => f.StartsWith("images/zo-sgd_antithetic/", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(_task.Out, "panel-zo-sgd.png")));
        Assert.True(File.Exists(Path.Combine(_task.Out, "panel-zo-sgd_antithetic.png")));
    }

    [Fact]
    public void OneTableHoldsAllOptimizers()
    {
        Outcome outcome = Zo.Run([.. _task.Args("compare", "--optimizers", string.Join(',', Names), "--iterations", "5")]).Done();

        Assert.All(Names, name => Assert.Single(outcome.Output.Split('\n'), line => line.StartsWith($"{name} ", StringComparison.Ordinal)));
    }

    private JsonElement Compare(params string[] names) => Zo.Run([
        .. _task.Args("compare", "--json", "--optimizers", string.Join(',', names), "--iterations", "15", "--smoothing", "0.001")]).Done().Document;
}
