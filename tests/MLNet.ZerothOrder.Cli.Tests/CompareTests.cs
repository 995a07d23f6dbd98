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

        // Rates and saved files, before the comparison.
        string rates = outcome.Output[..outcome.Output.IndexOf("Ratios to", StringComparison.Ordinal)];
        Assert.All(Names, name => Assert.Equal(2, rates.Split('\n').Count(line => line.StartsWith($"{name} ", StringComparison.Ordinal))));
    }

    [Fact]
    public void EachRunIsHeldAgainstAllOthersAndTheBestInEachFigureIsNamed()
    {
        JsonElement document = Compare(["zo-sgd", "zo-signsgd", "zo-scd"], "--trials", "2");
        ResultChecks.Consistent(document, 20, _task.Out);
        double[] final = [.. Runs(document).Select(r => r.GetProperty("summary").Number("meanFinalLoss"))];
        double[] mean = [.. Runs(document).Select(r => r.GetProperty("summary").Number("meanLossOverIterations"))];
        double[] queries = [.. Enumerable.Range(0, 3).Select(r => document.Problems(r).Average(QueriesOrAll))];
        for (int r = 0; r < 3; r++)
        {
            JsonElement comparison = document.Run(r).GetProperty("comparison");
            int[] others = [.. Enumerable.Range(0, 3).Where(o => o != r)];
            Assert.Equal(others.Select(Name), comparison.GetProperty("against").EnumerateArray().Select(a => a.Text("optimizer")));
            Assert.Equal(Name(others.MinBy(o => final[o])), comparison.Text("bestInFinalLoss"));
            Assert.Equal(Name(others.MinBy(o => mean[o])), comparison.Text("bestInLossOverIterations"));
            Assert.Equal(Name(others.MinBy(o => queries[o])), comparison.Text("bestInQueriesToFirstSuccess"));
            foreach ((int other, JsonElement against) in others.Zip(comparison.GetProperty("against").EnumerateArray()))
            {
                Assert.Equal(TinyTask.Count, against.GetProperty("images").GetInt32());
                Assert.Equal(final[r] / final[other], against.GetProperty("finalLoss").Number("ratio"), 1e-9);
                Assert.Equal(mean[r] / mean[other], against.GetProperty("lossOverIterations").Number("ratio"), 1e-9);
                Assert.Equal(queries[r] / queries[other], against.GetProperty("queriesToFirstSuccess").Number("ratio"), 1e-9);
                Assert.Equal(queries[r], against.GetProperty("queriesToFirstSuccess").Number("mean"), 1e-9);
                Assert.True(against.GetProperty("finalLoss").Number("standardError") > 0);
                int below = Array.FindIndex(document.Run(r).GetProperty("summary").Numbers("meanLossByIteration"), loss => loss < final[other]);
                Assert.Equal(below < 0 ? JsonValueKind.Null : JsonValueKind.Number, against.GetProperty("iterationsToItsFinalLoss").ValueKind);
                Assert.True(below < 0 || below == against.GetProperty("iterationsToItsFinalLoss").GetInt32());
            }
        }

        string Name(int run) => document.Run(run).Text("optimizer");
        static double QueriesOrAll(JsonElement problem) => problem.Number(problem.Truth("success") ? "queriesToFirstSuccess" : "queries");
    }

    [Fact]
    public void AgainstFixesTheReferences()
    {
        JsonElement document = Compare(["zo-sgd", "zo-signsgd", "zo-scd"], "--against", "zo-signsgd");

        Assert.All(Runs(document).Where(r => r.Text("optimizer") != "zo-signsgd"), run =>
        {
            JsonElement comparison = run.GetProperty("comparison");
            Assert.Equal("zo-signsgd", Assert.Single(comparison.GetProperty("against").EnumerateArray()).Text("optimizer"));
            Assert.All(new[] { "bestInFinalLoss", "bestInLossOverIterations", "bestInQueriesToFirstSuccess" }, best => Assert.Equal("zo-signsgd", comparison.Text(best)));
        });

        // The only reference has none itself.
        Assert.False(document.Run(1).TryGetProperty("comparison", out _));
        Assert.False(_task.Attack().Done().Document.Run().TryGetProperty("comparison", out _));
    }

    [Fact]
    public void TheTablesNameTheReferencesAndFitATerminalOf80Columns()
    {
        using StringWriter output = new(), error = new();
        string[] args = _task.Args("compare", "--quiet", "--iterations", "5", "--optimizers", string.Join(',', Names));
        Assert.Equal(0, Cli.Application.Run(new Cli.Session(args, new Cli.Terminal(output, error, () => 80), default)));
        string[] lines = output.ToString().Split(Environment.NewLine);

        Assert.All(lines.Where(line => !line.StartsWith("Results: ", StringComparison.Ordinal)), line => Assert.True(line.Length <= 80, line));
        Assert.All(new[] { "last loss", "mean loss", "queries" }, figure =>
            Assert.Contains(Names, name => Assert.Single(lines, line => line.StartsWith($"  {figure}: against ", StringComparison.Ordinal)).Contains(name, StringComparison.Ordinal)));

        // Once per table: rates, saved files, ratios, and the distributions of two losses.
        Assert.Equal(5, lines.Count(line => line.StartsWith("zo-adam ", StringComparison.Ordinal)));
    }

    private static IEnumerable<JsonElement> Runs(JsonElement document) => document.GetProperty("runs").EnumerateArray();

    private JsonElement Compare(params string[] names) => Compare(names, []);

    private JsonElement Compare(string[] names, params string[] more) => Zo.Run([
        .. _task.Args("compare", "--json", "--optimizers", string.Join(',', names), "--iterations", "15", "--smoothing", "0.001"), .. more]).Done().Document;
}
