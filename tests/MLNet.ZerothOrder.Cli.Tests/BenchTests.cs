using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Bench_startup_times_whole_processes()
    {
        JsonElement document = Zo.Run("bench", "startup", "--json").Done().Document;
        document.Number("versionSeconds").ShouldBeInRange(0.001, document.Number("attackSeconds"));
    }

    [Fact]
    public void Bench_oracle_prints_a_document_of_its_grid_and_its_best()
    {
        JsonElement document = Zo.Run("bench", "oracle", "--model", _task.Model, "--json").Done().Document;
        document.GetProperty("grid").EnumerateArray().Max(setting => setting.Number("rowsPerSecond")).ShouldBe(document.Number("oracleRowsPerSecond"));
        document.Text("model").ShouldBe(_task.Model);
    }

    [Fact]
    public void Bench_attack_heeds_an_interruption()
    {
        string optimizer = TinyOptimizer.Save(_task.At("o.onnx"));

        // Past the checks of its options the measuring itself would take half a minute.
        Zo.Run(["bench", "attack", "--model", _task.Model, "--optimizer", optimizer], new CancellationToken(canceled: true)).Code.ShouldBe(3);
    }

    [Fact]
    public void Bench_step_prints_a_table_or_a_document()
    {
        Zo.Run("bench", "step", "--dimension", "50", "--json").Done().Document.GetProperty("optimizer").ValueKind.ShouldBe(JsonValueKind.Null);
        string table = Zo.Run("bench", "step").Done().Output;
        table.ShouldStartWith("random weights: UpdateRNN and QueryRNN of 10 hidden units, d = 784, one thread");
        table.ShouldMatch(@"(?m)^managed +[\d,]+\.\d +[\d,]+\.\d\r?$");
        table.ShouldMatch(@"(?m)^onnx +[\d,]+\.\d +[\d,]+\.\d\r?$");
    }

    [Fact]
    public void Bench_train_prints_a_table_or_a_document()
    {
        Zo.Run("bench", "train", "--dimension", "50", "--json").Done().Document.Number("milliseconds").ShouldBeGreaterThan(0);
        string table = Zo.Run("bench", "train").Done().Output;
        table.ShouldStartWith("UpdateRNN of 10 hidden units, 20 steps, d = 784, managed backend, one thread (medians of ");
        foreach (string part in new[] { "forward", "backward", "Adam", "whole" })
        {
            table.ShouldMatch($@"(?m)^{part} +[\d,]+\.\d+\r?$");
        }
    }

    [Fact]
    public void Bench_graph_prints_a_table_or_a_document()
    {
        string[] args = ["bench", "graph", "--model", _task.Model, "--directions", "5"];
        Zo.Run([.. args, "--json"]).Done().Document.GetProperty("ways").GetArrayLength().ShouldBe(3);
        Zo.Run(args).Done().Output.ShouldContain("2 images, 6 queries a step");
    }

    [Fact]
    public void Bench_memory_prints_a_line_or_a_document()
    {
        string[] args = ["bench", "memory", "--count", "5"];
        Zo.Run([.. args, "--json"]).Done().Document.GetProperty("images").GetInt32().ShouldBe(5);
        Zo.Run(args).Done().Output.ShouldStartWith("zo-lstm-plus, 5 images of 784 values in flight: ");
    }

    [Fact]
    public void Bench_overhead_prints_a_table_or_a_document()
    {
        string[] args = ["bench", "overhead", "--optimizer", "zo-sgd", "--dimension", "30", "--directions", "4", "--count", "3"];
        Zo.Run([.. args, "--json"]).Done().Document.GetProperty("measurements")[0].GetProperty("dimension").GetInt32().ShouldBe(30);
        Zo.Run(args).Done().Output.ShouldMatch(@"(?m)^30 +4 +3 +[\d,]+\.\d\d +[\d,]+\.\d\d\r?$");
    }

    [Theory]
    [InlineData("zo-sgd")]
    [InlineData("zo-lstm-mnist-guided:no-query")]
    public void Bench_step_refuses_what_is_no_learned_optimizers_file(string optimizer)
    {
        Outcome outcome = Zo.Run("bench", "step", "--optimizer", optimizer);
        (outcome.Code, outcome.Error).ShouldBe((2, $"zo: --optimizer is '{optimizer}'; give a learned optimizer's file, without a suffix.{Environment.NewLine}"));
    }

    [Fact]
    public void A_bench_takes_a_model_of_a_fixed_batch()
    {
        using var task = new TinyTask(new TinyClassifier { Rows = 4 });
        Outcome outcome = Zo.Run("bench", "oracle", "--model", task.Model, "--json");
        outcome.Code.ShouldBe(0, outcome.Error);
        outcome.Output.ShouldContain("\"rows\": 4");
    }
}
