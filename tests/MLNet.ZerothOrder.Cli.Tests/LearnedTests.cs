using System.Text.Json;
using MLNet.ZerothOrder.Cli;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

public sealed class LearnedTests : IDisposable
{
    private readonly TinyTask _task = new();
    private readonly string _file;

    public LearnedTests() => _file = TinyOptimizer.Save(_task.At("own.onnx"));

    /// <summary>A way to run the optimizer, and the settings that say so.</summary>
    public static TheoryData<string, string[], Dictionary<string, object>> Ways => new()
    {
        { ":no-query", [], new() { ["sampling"] = "gaussian", ["update"] = "UpdateRNN", ["scale"] = 1.0 } },
        { ":no-update", [], new() { ["sampling"] = "QueryRNN", ["mix"] = 0.5, ["update"] = "zo-sgd", ["stepSize"] = 8.0 } },
        { ":guided-es", [], new() { ["sampling"] = "guided", ["alpha"] = 0.5, ["update"] = "UpdateRNN" } },
        { "", ["--mix", "0"], new() { ["sampling"] = "QueryRNN", ["mix"] = 0.0 } },
        { "", ["--mix", "1"], new() { ["sampling"] = "QueryRNN", ["mix"] = 1.0 } },
        { "", ["--scale", "50"], new() { ["scale"] = 50.0, ["mix"] = 0.5 } },
        { "", ["--step", "onnx"], new() { ["step"] = "onnx" } },
        { "", ["--directions", "9"], new() { ["directions"] = 9.0 } },
    };

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("managed")]
    [InlineData("onnx")]
    public void AFileAttacksAsTheLibraryDoesWithIt(string step)
    {
        JsonElement document = Attack(_file, "--step", step);
        ResultChecks.Consistent(document, TinyOptimizer.Directions, _task.Out);

        LearnedModel model = TinyOptimizer.Draw();
        using var onnx = new OnnxStep(model);
        var optimizer = new LearnedOptimizer("own", model, step == "onnx" ? onnx : new ManagedStep(model));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(_task.Model);
        var images = new ImageSet("images.npy", _task.Classifier.Image, _task.Pixels, _task.Labels);
        AttackRun run = new BlackBoxAttack(oracle, optimizer, new AttackOptions { Smoothing = 0.001, Limits = new RunLimits { Iterations = 15 } }).Run(images).Runs[0];
        Assert.Equal(run.Images.Select(p => p.FinalLoss), document.Problems().Select(p => p.Number("finalLoss")));
        Assert.Contains(run.Images, p => p.FinalLoss != p.Trace[0]);
    }

    [Fact]
    public void ManagedStepsAreTheDefaultAndBothKindsAgree()
    {
        JsonElement plain = Attack(_file);

        Assert.Equal("managed", plain.Run().GetProperty("settings").Text("step"));
        Assert.Equal(plain.ProblemText(), Attack(_file, "--step", "managed").ProblemText());
        Assert.All(plain.Problems().Zip(Attack(_file, "--step", "onnx").Problems()), pair =>
            Assert.Equal(pair.First.Number("finalLoss"), pair.Second.Number("finalLoss"), 1e-3));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryWayToRunItChangesTheRunAndIsNamedInIt(string suffix, string[] more, Dictionary<string, object> settings)
    {
        JsonElement document = Attack(_file + suffix, more);
        ResultChecks.Consistent(document, more.Contains("--directions") ? 9 : TinyOptimizer.Directions, _task.Out);

        Assert.Equal(_file + suffix, document.Run().Text("optimizer"));
        JsonElement said = document.Run().GetProperty("settings");
        Assert.Equal("learned", said.Text("kind"));
        Assert.Equal(_file, said.Text("file"));
        Assert.Equal(OptimizerFile.Describe(_file).Sha256, said.Text("sha256"));
        Assert.All(settings, setting => Assert.Equal(setting.Value, setting.Value is string ? said.Text(setting.Key) : said.Number(setting.Key)));
        Assert.NotEqual(Attack(_file).ProblemText(), document.ProblemText());
    }

    [Fact]
    public void WithoutDrawsOfItsOwnItSamplesAsWithoutQueryRnn()
    {
        Assert.Equal(Attack($"{_file}:no-query").ProblemText(), Attack(_file, "--mix", "0").ProblemText());
        string alone = TinyOptimizer.Save(_task.At("alone.onnx"), TinyOptimizer.Draw(hasQuery: false));
        Assert.Equal(Attack($"{_file}:no-query").ProblemText(), Attack(alone).ProblemText());
        Assert.Equal("gaussian", Attack(alone).Run().GetProperty("settings").Text("sampling"));
    }

    [Fact]
    public void WithoutUpdateRnnItStepsAsZoSgdDoesWithTheSettingsOfThisTarget()
    {
        string settings = _task.Text("s.json", """{"optimizers": {"zo-sgd": {"stepSize": 3.5}, "zo-adam": {"stepSize": 9}}}""");
        JsonElement learned = Attack($"{_file}:no-update", "--mix", "0", "--settings", settings);
        JsonElement sgd = Attack("zo-sgd", "--directions", $"{TinyOptimizer.Directions}", "--settings", settings);

        Assert.Equal(3.5, learned.Run().GetProperty("settings").Number("stepSize"));

        // Steps in units of a scale of the run's own and back: the same up to roundings, until the distortion's kinks magnify them.
        Assert.All(sgd.Problems().Zip(learned.Problems()), pair =>
            Assert.All(Trace(pair.First).Zip(Trace(pair.Second)), losses => Assert.Equal(losses.First, losses.Second, 1e-3)));
        Assert.Contains(learned.Problems(), p => p.Truth("success"));

        static double[] Trace(JsonElement problem) => [.. problem.GetProperty("trace").EnumerateArray().Take(5).Select(loss => loss.GetDouble())];
    }

    [Fact]
    public void SmoothingIsTheGivenOneElseTheFilesElseMeasured()
    {
        string open = TinyOptimizer.Save(_task.At("open.onnx"), TinyOptimizer.Draw() with { Smoothing = null });

        Assert.Equal((0.002, "the optimizer's own"), Smoothing(_file));
        Assert.Equal((0.01, "given"), Smoothing(_file, "--smoothing", "0.01"));
        Assert.StartsWith("measured with ", Smoothing(_file, "--smoothing", "auto").From, StringComparison.Ordinal);
        Assert.StartsWith("measured with ", Smoothing(open).From, StringComparison.Ordinal);

        (double Value, string From) Smoothing(string optimizer, params string[] more)
        {
            string[] args = [.. _task.Args("attack", "--json", "--iterations", "2", "--optimizer", optimizer), .. more];
            JsonElement settings = Zo.Run(args).Done().Document.Run().GetProperty("settings");
            return (settings.Number("smoothing"), settings.Text("smoothingFrom"));
        }
    }

    [Theory]
    [InlineData("managed", 1, 1)]
    [InlineData("managed", 147, 2)]
    [InlineData("onnx", 1, 1)]
    [InlineData("onnx", 147, 2)]
    public void BatchesAndThreadsDoNotChangeProblems(string step, int rows, int threads)
    {
        Assert.Equal(Attack(_file, "--step", step).ProblemText(), Attack(_file, "--step", step, "--batch", $"{rows}", "--threads", $"{threads}").ProblemText());
    }

    [Fact]
    public void AComparisonTellsFilesOfTheSameNameApart()
    {
        Directory.CreateDirectory(_task.At("other"));
        string other = TinyOptimizer.Save(_task.At("other/own.onnx"), TinyOptimizer.Draw() with { Directions = 20 });
        string[] names = [$"{_file}:no-update", $"{other}:no-update", "zo-sgd"];
        Outcome outcome = Compare(names);
        JsonElement document = outcome.Document;

        Assert.Equal(names, document.GetProperty("runs").EnumerateArray().Select(r => r.Text("optimizer")));
        string[] files = [.. Enumerable.Range(0, 3).SelectMany(run => document.Problems(run)).Where(p => p.Truth("success")).Select(p => p.Text("imageFile"))];
        Assert.Equal(files.Distinct(), files);
        Assert.Equal(["images/own_no-update", "images/own_no-update-2", "images/zo-sgd"], files.Select(f => Path.GetDirectoryName(f)!).Distinct());
        Assert.All(new[] { "own_no-update", "own_no-update-2", "zo-sgd" }, name => Assert.True(File.Exists(Path.Combine(_task.Out, $"panel-{name}.png"))));
        Assert.Equal(
            $"zo: note: The optimizers use different numbers of directions per step (own:no-update 6, own:no-update 20, zo-sgd 20); give --directions to make their queries equal.{Environment.NewLine}",
            outcome.Error);

        Outcome equal = Compare(names, "--directions", "5");
        Assert.Equal("", equal.Error);
        ResultChecks.Consistent(equal.Document, 5, _task.Out);
        Assert.Equal(5, equal.Document.Run(1).GetProperty("settings").GetProperty("directions").GetInt32());

        Outcome Compare(string[] names, params string[] more) => Zo.Run([
            .. _task.Args("compare", "--json", "--optimizers", string.Join(',', names), "--iterations", "15", "--smoothing", "0.001"), .. more]).Done();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatAnOptimizerRunsOnIsReleasedWithIt(bool onnx)
    {
        NamedOptimizer choice = NamedOptimizer.Create(_file, new NamedOptimizerOptions { Step = onnx ? StepKind.Onnx : StepKind.Managed });
        Step();
        choice.Dispose();

        if (onnx)
        {
            Assert.Throws<ObjectDisposedException>(Step);
        }
        else
        {
            Step();
        }

        void Step()
        {
            var step = new OptimizerStep(RandomKey.FromSeed(1), 1, 1, 0.1f, new FunctionObjective(3));
            var directions = new float[3 * choice.Optimizer.Directions];
            choice.Optimizer.Tell(step, directions, new Evaluation[1 + choice.Optimizer.Directions], new float[3], new float[choice.Optimizer.StateLength(3)]);
        }
    }

    [Fact]
    public void BundledOptimizersGoByTheirNames()
    {
        JsonElement document = Attack("zo-lstm-plus");
        Assert.Equal("zo-lstm-plus", document.Run().Text("optimizer"));
        Assert.Equal("zo-lstm-plus", document.Run().GetProperty("settings").Text("file"));
        Assert.Equal(Attack(Path.Combine(DocumentationTests.Root, "onnx/optimizers/zo-lstm-plus.onnx")).ProblemText(), document.ProblemText());
        Assert.Contains("zo-lstm-plus", Zo.Run("inspect", "zo-lstm-plus").Done().Output, StringComparison.Ordinal);
        Assert.Contains("zo-lstm-plus", Zo.Run("attack", "--help").Done().Output, StringComparison.Ordinal);

        Outcome mistyped = Zo.Run(_task.Args("attack", "--optimizer", "zo-lstm-pluss:no-query"));
        Assert.Equal(2, mistyped.Code);
        Assert.StartsWith("zo: There is no optimizer 'zo-lstm-pluss'; did you mean 'zo-lstm-plus'? Known: ", mistyped.Error, StringComparison.Ordinal);
        Outcome missing = Zo.Run(_task.Args("attack", "--optimizer", "zo-lstm-pluss.onnx"));
        Assert.Equal((2, $"zo: Optimizer file 'zo-lstm-pluss.onnx' does not exist; check the path, or give 'zo-lstm-plus'.{Environment.NewLine}"), (missing.Code, missing.Error));
    }

    private JsonElement Attack(string optimizer, params string[] more) => _task.Attack(["--optimizer", optimizer, .. more]).Done().Document;
}
