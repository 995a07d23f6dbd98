using System.Text.Json;
using MLNet.ZerothOrder.Lab;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ExperimentCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_experiment_prints_its_claims_and_where_its_report_is()
    {
        Outcome outcome = Zo.Run(Args("trajectory")).Done();

        JsonElement document = Document();
        foreach (JsonElement claim in document.GetProperty("claims").EnumerateArray())
        {
            string verdict = claim.GetProperty("holds").ValueKind == JsonValueKind.True ? "holds" : "does not hold";
            outcome.Output.ShouldContain($"[{verdict}] {claim.Text("paper")} {claim.Text("measured")}");
        }

        outcome.Output.ShouldContain($"traces SHA-256 {document.Text("tracesSha256")[..12]}…");
        outcome.Output.ShouldEndWith($"Report: {Out("report.html")}{Environment.NewLine}");
        File.ReadAllText(Out("report.html")).ShouldContain("zo experiment trajectory --quick");
    }

    [Fact]
    public void Shards_make_the_runs_of_which_the_whole_experiment_draws_its_figures()
    {
        string[] few = ["--images", "1", "--trials", "1"];
        Zo.Run(Args("mnist-attack", few)).Done();
        byte[] whole = File.ReadAllBytes(Out("traces.csv"));
        string[] runs = [.. Directory.GetFiles(_folder.File("runs")).Select(path => Path.GetFileName(path)!).Order()];
        Directory.Delete(_folder.File("runs"), recursive: true);
        File.Delete(Out("traces.csv"));

        for (int i = 1; i <= 3; i++)
        {
            Zo.Run(Args("mnist-attack", [.. few, "--shard", $"{i}/3"])).Done().Output.ShouldStartWith($"Shard {i}/3: {(i == 1 ? 2 : 1)} runs made and 0 found");
        }

        File.Exists(Out("traces.csv")).ShouldBeFalse("a shard draws no figures");
        Directory.GetFiles(_folder.File("runs")).Select(path => Path.GetFileName(path)!).Order().ShouldBe(runs);
        Zo.Run(Args("mnist-attack", few)).Done();
        (Document().GetProperty("runsFound").GetInt32(), Document().GetProperty("runsMade").GetInt32()).ShouldBe((4, 0));
        File.ReadAllBytes(Out("traces.csv")).ShouldBe(whole);
        Zo.Run(Args("mnist-attack", [.. few, "--shard", "1/5"])).Error.ShouldEndWith($"zo: 5 shards are more than the 4 runs of the experiment; take at most one for each run (--shard).{Environment.NewLine}");
    }

    [Fact]
    public async Task An_interrupted_experiment_says_how_to_resume_it()
    {
        using var source = new CancellationTokenSource();

        // So many trials are never done before they are interrupted.
        string[] args = Args("mnist-attack", "--images", "1", "--trials", "1000");
        Task<Outcome> run = Task.Run(() => Zo.Run(args, source.Token));
        while (!Directory.Exists(_folder.File("runs")) || Directory.GetFiles(_folder.File("runs"), "*.json").Length == 0)
        {
            run.IsCompleted.ShouldBeFalse("It was done before it could be interrupted.");
            await Task.Yield();
        }

        source.Cancel();
        Outcome interrupted = await run;
        interrupted.Code.ShouldBe(3);
        interrupted.Error.ShouldContain($"finished runs are in {_folder.File("runs")}; continue with --resume.");
        Document().GetProperty("partial").GetBoolean().ShouldBeTrue();

        // The first trial of the first of four optimizers is there.
        Zo.Run(Args("mnist-attack", "--images", "1", "--trials", "1", "--resume")).Done();
        (Document().GetProperty("runsFound").GetInt32(), Document().GetProperty("runsMade").GetInt32()).ShouldBe((1, 3));
    }

    [Theory]
    [InlineData("There is no optimizer 'zo-sdg'; did you mean 'zo-sgd'?", "mnist-attack", "--with", "zo-sdg")]
    [InlineData("--with names 'zo-prox' twice", "mnist-attack", "--with", "zo-prox,zo-prox")]
    [InlineData("There is no optimizer 'sqare'; did you mean 'square'?", "mnist-balls", "--methods", "sqare")]
    [InlineData("--methods names 'square' twice", "mnist-balls", "--methods", "square,square")]
    [InlineData("does not know '--methods'", "mnist-attack", "--methods", "square")]
    [InlineData("--trials", "mnist-attack", "--trials", "0")]
    [InlineData("--resume finds no experiment in", "mnist-attack", "--resume")]
    [InlineData("did you mean 'mnist-attack'", "mnist-atack")]
    [InlineData("'zo experiment list'", "foo")]
    [InlineData("The test images of cifar10 were not found", "cifar10-attack", "--data", "nowhere")]
    public void Bad_input_is_one_sentence(string says, params string[] args)
    {
        Outcome outcome = Zo.Run(["experiment", .. args, "--out", Out(""), "--runs", _folder.File("runs")]);

        outcome.Code.ShouldBe(2);
        outcome.Error.ShouldContain(says);
        outcome.Error.Count(c => c == '\n').ShouldBe(1);
        File.Exists(Out("experiment.json")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_installation_without_the_CIFAR10_classifier_is_to_be_repaired()
    {
        Directory.CreateDirectory(_folder.File("data"));
        _folder.Write("data/test_batch.bin", new byte[3073]);
        string[] args = ["cifar10-attack", "--data", _folder.File("data"), "--out", Out(""), "--runs", _folder.File("runs")];
        Outcome outcome = await Zo.Start(_folder.File("."), "env", [$"ZO_HOME={_folder.File("home")}", "dotnet", typeof(Cli.Application).Assembly.Location, "experiment", .. args]).Outcome();

        (outcome.Code, outcome.Error).ShouldBe((2, $"zo: The classifier {Path.Combine(_folder.File("home"), "onnx", "targets", "cifar10-cnn.onnx")} is missing (reinstall zo).{Environment.NewLine}"));
    }

    [Fact]
    public void List_names_every_experiment()
    {
        string list = Zo.Run("experiment", "list").Done().Output;
        list.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).ShouldBe(Experiment.All.Select(experiment => experiment.Name));
        Experiment.All.Count.ShouldBe(11);
    }

    private JsonElement Document() => JsonDocument.Parse(File.ReadAllText(Out("experiment.json"))).RootElement;

    private string Out(string file) => Path.Combine(_folder.File("out"), file);

    private string[] Args(string name, params string[] options) => ["experiment", name, "--quick", .. options, "--out", Out(""), "--runs", _folder.File("runs")];
}
