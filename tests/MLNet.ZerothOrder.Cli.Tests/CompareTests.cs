using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class CompareTests : IDisposable
{
    private static readonly string[] Names = ["zo-sgd", "zo-signsgd", "zo-adam", "zo-scd", "guided-es", "zo-prox", "zo-sgd:antithetic"];

    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Optimizers_start_at_the_same_points_and_spend_the_same_queries()
    {
        JsonElement document = Compare(Names);
        ResultChecks.Consistent(document, 20, _task.Out);

        document.GetProperty("runs").EnumerateArray().Select(r => r.Text("optimizer")).ShouldBe(Names);
        double[] starts = [.. document.Problems().Select(p => p.Number("initialLoss"))];
        double[] queries = [.. document.Problems().Select(p => p.Number("queries"))];
        for (int run = 1; run < Names.Length; run++)
        {
            document.Problems(run).Select(p => p.Number("initialLoss")).ShouldBe(starts);
            document.Problems(run).Select(p => p.Number("queries")).ShouldBe(queries);
            document.ProblemText(run).ShouldNotBe(document.ProblemText(0));
        }
    }

    [Fact]
    public void An_optimizer_does_in_a_comparison_what_it_does_alone()
    {
        JsonElement together = Compare("zo-sgd", "guided-es");
        JsonElement alone = _task.Attack("--optimizer", "guided-es", "--levels", "float").Done().Document;

        together.Problems(1).Select(p => p.GetProperty("trace").GetRawText()).ShouldBe(alone.Problems().Select(p => p.GetProperty("trace").GetRawText()));
        together.Run(1).GetProperty("summary").GetRawText().ShouldBe(alone.Run().GetProperty("summary").GetRawText(), true);
    }

    [Fact]
    public void Each_optimizer_has_pictures_of_its_own()
    {
        JsonElement document = Compare("zo-sgd", "zo-sgd:antithetic");

        string[] files = [.. document.Problems(0).Concat(document.Problems(1)).Where(p => p.Truth("success")).Select(p => p.Text("imageFile"))];
        files.ShouldBe(files.Distinct());
        files.Any(f => f.StartsWith("images/zo-sgd/", StringComparison.Ordinal)).ShouldBeTrue();
        files.Any(f => f.StartsWith("images/zo-sgd_antithetic/", StringComparison.Ordinal)).ShouldBeTrue();
        File.Exists(Path.Combine(_task.Out, "panel-zo-sgd.png")).ShouldBeTrue();
        File.Exists(Path.Combine(_task.Out, "panel-zo-sgd_antithetic.png")).ShouldBeTrue();
    }

    [Fact]
    public void One_table_holds_all_optimizers()
    {
        Outcome outcome = Zo.Run([.. _task.Args("compare", "--optimizers", string.Join(',', Names), "--iterations", "5")]).Done();

        // Rates and saved files, before the comparison.
        string rates = outcome.Output[..outcome.Output.IndexOf("Ratios to", StringComparison.Ordinal)];
        foreach (var name in Names)
        {
            rates.Split('\n').Count(line => line.StartsWith($"{name} ", StringComparison.Ordinal)).ShouldBe(2);
        }
    }

    [Fact]
    public void Each_run_is_held_against_all_others_and_the_best_in_each_figure_is_named()
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
            comparison.GetProperty("against").EnumerateArray().Select(a => a.Text("optimizer")).ShouldBe(others.Select(Name));
            comparison.Text("bestInFinalLoss").ShouldBe(Name(others.MinBy(o => final[o])));
            comparison.Text("bestInLossOverIterations").ShouldBe(Name(others.MinBy(o => mean[o])));
            comparison.Text("bestInQueriesToFirstSuccess").ShouldBe(Name(others.MinBy(o => queries[o])));
            foreach ((int other, JsonElement against) in others.Zip(comparison.GetProperty("against").EnumerateArray()))
            {
                against.GetProperty("images").GetInt32().ShouldBe(TinyTask.Count);
                against.GetProperty("finalLoss").Number("ratio").ShouldBe(final[r] / final[other], 1e-9);
                against.GetProperty("lossOverIterations").Number("ratio").ShouldBe(mean[r] / mean[other], 1e-9);
                against.GetProperty("queriesToFirstSuccess").Number("ratio").ShouldBe(queries[r] / queries[other], 1e-9);
                against.GetProperty("queriesToFirstSuccess").Number("mean").ShouldBe(queries[r], 1e-9);
                (against.GetProperty("finalLoss").Number("standardError") > 0).ShouldBeTrue();
                int below = Array.FindIndex(document.Run(r).GetProperty("summary").Numbers("meanLossByIteration"), loss => loss < final[other]);
                against.GetProperty("iterationsToItsFinalLoss").ValueKind.ShouldBe(below < 0 ? JsonValueKind.Null : JsonValueKind.Number);
                (below < 0 || below == against.GetProperty("iterationsToItsFinalLoss").GetInt32()).ShouldBeTrue();
            }
        }

        string Name(int run) => document.Run(run).Text("optimizer");
        static double QueriesOrAll(JsonElement problem) => problem.Number(problem.Truth("success") ? "queriesToFirstSuccess" : "queries");
    }

    [Fact]
    public void Against_fixes_the_references()
    {
        JsonElement document = Compare(["zo-sgd", "zo-signsgd", "zo-scd"], "--against", "zo-signsgd");

        foreach (var run in Runs(document).Where(r => r.Text("optimizer") != "zo-signsgd"))
        {
            JsonElement comparison = run.GetProperty("comparison");
            comparison.GetProperty("against").EnumerateArray().ShouldHaveSingleItem().Text("optimizer").ShouldBe("zo-signsgd");
            foreach (var best in new[] { "bestInFinalLoss", "bestInLossOverIterations", "bestInQueriesToFirstSuccess" })
            {
                comparison.Text(best).ShouldBe("zo-signsgd");
            }
        }

        // The only reference has none itself.
        document.Run(1).TryGetProperty("comparison", out _).ShouldBeFalse();
        _task.Attack().Done().Document.Run().TryGetProperty("comparison", out _).ShouldBeFalse();
    }

    [Fact]
    public void The_tables_name_the_references_and_fit_a_terminal_of_80_columns()
    {
        using StringWriter output = new(), error = new();
        string[] args = _task.Args("compare", "--quiet", "--iterations", "5", "--optimizers", string.Join(',', Names));
        Cli.Application.Run(new Cli.Session(args, new Cli.Terminal(output, error, () => 80), default)).ShouldBe(0);
        string[] lines = output.ToString().Split(Environment.NewLine);

        foreach (var line in lines.Where(line => !line.StartsWith("Results: ", StringComparison.Ordinal)))
        {
            (line.Length <= 80).ShouldBeTrue(line);
        }
        foreach (var figure in new[] { "last loss", "mean loss", "queries" })
        {
            Names.Any(name => lines.Where(line => line.StartsWith($"  {figure}: against ", StringComparison.Ordinal)).ShouldHaveSingleItem().Contains(name, StringComparison.Ordinal)).ShouldBeTrue();
        }

        // Once per table: rates, saved files, ratios, and the distributions of two losses.
        lines.Count(line => line.StartsWith("zo-adam ", StringComparison.Ordinal)).ShouldBe(5);
    }

    private static IEnumerable<JsonElement> Runs(JsonElement document) => document.GetProperty("runs").EnumerateArray();

    private JsonElement Compare(params string[] names) => Compare(names, []);

    private JsonElement Compare(string[] names, params string[] more) => Zo.Run([
        .. _task.Args("compare", "--json", "--optimizers", string.Join(',', names), "--iterations", "15", "--smoothing", "0.001"), .. more]).Done().Document;
}
