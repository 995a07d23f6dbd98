using System.Text.Json;
using MLNet.ZerothOrder.Cli;
using MLNet.ZerothOrder.Data;
using Shouldly;

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
    public void A_file_attacks_as_the_library_does_with_it(string step)
    {
        JsonElement document = Attack(_file, "--step", step);
        ResultChecks.Consistent(document, TinyOptimizer.Directions, _task.Out);

        LearnedModel model = TinyOptimizer.Draw();
        using var onnx = new OnnxStep(model);
        var optimizer = new LearnedOptimizer("own", model, step == "onnx" ? onnx : new ManagedStep(model));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(_task.Model);
        var images = new ImageSet("images.npy", _task.Classifier.Image, _task.Pixels, _task.Labels);
        AttackRun run = new BlackBoxAttack(oracle, optimizer, new AttackOptions { Smoothing = 0.001, Limits = new RunLimits { Iterations = 15 } }).Run(images).Runs[0];
        document.Problems().Select(p => p.Number("finalLoss")).ShouldBe(run.Images.Select(p => p.FinalLoss));
        run.Images.Any(p => p.FinalLoss != p.Trace[0]).ShouldBeTrue();
    }

    [Fact]
    public void Managed_steps_are_the_default_and_both_kinds_agree()
    {
        JsonElement plain = Attack(_file);

        plain.Run().GetProperty("settings").Text("step").ShouldBe("managed");
        Attack(_file, "--step", "managed").ProblemText().ShouldBe(plain.ProblemText());
        foreach (var pair in plain.Problems().Zip(Attack(_file, "--step", "onnx").Problems()))
        {
            pair.Second.Number("finalLoss").ShouldBe(pair.First.Number("finalLoss"), 1e-3);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_way_to_run_it_changes_the_run_and_is_named_in_it(string suffix, string[] more, Dictionary<string, object> settings)
    {
        JsonElement document = Attack(_file + suffix, more);
        ResultChecks.Consistent(document, more.Contains("--directions") ? 9 : TinyOptimizer.Directions, _task.Out);

        document.Run().Text("optimizer").ShouldBe(_file + suffix);
        JsonElement said = document.Run().GetProperty("settings");
        said.Text("kind").ShouldBe("learned");
        said.Text("file").ShouldBe(_file);
        said.Text("sha256").ShouldBe(OptimizerFile.Describe(_file).Sha256);
        foreach (var setting in settings)
        {
            (setting.Value is string ? (object?)said.Text(setting.Key) : said.Number(setting.Key)).ShouldBe(setting.Value);
        }
        document.ProblemText().ShouldNotBe(Attack(_file).ProblemText());
    }

    [Fact]
    public void Without_draws_of_its_own_it_samples_as_without_query_RNN()
    {
        Attack(_file, "--mix", "0").ProblemText().ShouldBe(Attack($"{_file}:no-query").ProblemText());
        string alone = TinyOptimizer.Save(_task.At("alone.onnx"), TinyOptimizer.Draw(hasQuery: false));
        Attack(alone).ProblemText().ShouldBe(Attack($"{_file}:no-query").ProblemText());
        Attack(alone).Run().GetProperty("settings").Text("sampling").ShouldBe("gaussian");
    }

    [Fact]
    public void Without_update_RNN_it_steps_as_zo_sgd_does_with_the_settings_of_this_target()
    {
        string settings = _task.Text("s.json", """{"optimizers": {"zo-sgd": {"stepSize": 3.5}, "zo-adam": {"stepSize": 9}}}""");
        JsonElement learned = Attack($"{_file}:no-update", "--mix", "0", "--settings", settings);
        JsonElement sgd = Attack("zo-sgd", "--directions", $"{TinyOptimizer.Directions}", "--settings", settings);

        learned.Run().GetProperty("settings").Number("stepSize").ShouldBe(3.5);

        // Steps in units of a scale of the run's own and back: the same up to roundings, until the distortion's kinks magnify them.
        foreach (var pair in sgd.Problems().Zip(learned.Problems()))
        {
            foreach (var losses in Trace(pair.First).Zip(Trace(pair.Second)))
            {
                losses.Second.ShouldBe(losses.First, 1e-3);
            }
        }
        learned.Problems().Any(p => p.Truth("success")).ShouldBeTrue();

        static double[] Trace(JsonElement problem) => [.. problem.GetProperty("trace").EnumerateArray().Take(5).Select(loss => loss.GetDouble())];
    }

    [Fact]
    public void Smoothing_is_the_given_one_else_the_files_else_measured()
    {
        string open = TinyOptimizer.Save(_task.At("open.onnx"), TinyOptimizer.Draw() with { Smoothing = null });

        Smoothing(_file).ShouldBe((0.002, "the optimizer's own"));
        Smoothing(_file, "--smoothing", "0.01").ShouldBe((0.01, "given"));
        Smoothing(_file, "--smoothing", "auto").From.ShouldStartWith("measured with ", Case.Sensitive);
        Smoothing(open).From.ShouldStartWith("measured with ", Case.Sensitive);

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
    public void Batches_and_threads_do_not_change_problems(string step, int rows, int threads)
    {
        Attack(_file, "--step", step, "--batch", $"{rows}", "--threads", $"{threads}").ProblemText().ShouldBe(Attack(_file, "--step", step).ProblemText());
    }

    [Fact]
    public void A_comparison_tells_files_of_the_same_name_apart()
    {
        Directory.CreateDirectory(_task.At("other"));
        string other = TinyOptimizer.Save(_task.At("other/own.onnx"), TinyOptimizer.Draw() with { Directions = 20 });
        string[] names = [$"{_file}:no-update", $"{other}:no-update", "zo-sgd"];
        Outcome outcome = Compare(names);
        JsonElement document = outcome.Document;

        document.GetProperty("runs").EnumerateArray().Select(r => r.Text("optimizer")).ShouldBe(names);
        string[] files = [.. Enumerable.Range(0, 3).SelectMany(run => document.Problems(run)).Where(p => p.Truth("success")).Select(p => p.Text("imageFile"))];
        files.ShouldBe(files.Distinct());
        files.Select(f => Path.GetDirectoryName(f)!).Distinct().ShouldBe(["images/own_no-update", "images/own_no-update-2", "images/zo-sgd"]);
        foreach (var name in new[] { "own_no-update", "own_no-update-2", "zo-sgd" })
        {
            File.Exists(Path.Combine(_task.Out, $"panel-{name}.png")).ShouldBeTrue();
        }
        outcome.Error.ShouldBe($"zo: note: The optimizers use different numbers of directions per step (own:no-update 6, own:no-update 20, zo-sgd 20); give --directions to make their queries equal.{Environment.NewLine}");

        Outcome equal = Compare(names, "--directions", "5");
        equal.Error.ShouldBe("");
        ResultChecks.Consistent(equal.Document, 5, _task.Out);
        equal.Document.Run(1).GetProperty("settings").GetProperty("directions").GetInt32().ShouldBe(5);

        Outcome Compare(string[] names, params string[] more) => Zo.Run([
            .. _task.Args("compare", "--json", "--optimizers", string.Join(',', names), "--iterations", "15", "--smoothing", "0.001"), .. more]).Done();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_an_optimizer_runs_on_is_released_with_it(bool onnx)
    {
        NamedOptimizer choice = NamedOptimizer.Create(_file, new NamedOptimizerOptions { Step = onnx ? StepKind.Onnx : StepKind.Managed });
        Step();
        choice.Dispose();

        if (onnx)
        {
            Should.Throw<ObjectDisposedException>(Step);
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
    public void Bundled_optimizers_go_by_their_names()
    {
        JsonElement document = Attack("zo-lstm-plus");
        document.Run().Text("optimizer").ShouldBe("zo-lstm-plus");
        document.Run().GetProperty("settings").Text("file").ShouldBe("zo-lstm-plus");
        document.ProblemText().ShouldBe(Attack(Path.Combine(DocumentationTests.Root, "onnx/optimizers/zo-lstm-plus.onnx")).ProblemText());
        Zo.Run("inspect", "zo-lstm-plus").Done().Output.ShouldContain("zo-lstm-plus", Case.Sensitive);
        Zo.Run("attack", "--help").Done().Output.ShouldContain("zo-lstm-plus", Case.Sensitive);

        Outcome mistyped = Zo.Run(_task.Args("attack", "--optimizer", "zo-lstm-pluss:no-query"));
        mistyped.Code.ShouldBe(2);
        mistyped.Error.ShouldStartWith("zo: There is no optimizer 'zo-lstm-pluss'; did you mean 'zo-lstm-plus'? Known: ", Case.Sensitive);
        Outcome missing = Zo.Run(_task.Args("attack", "--optimizer", "zo-lstm-pluss.onnx"));
        (missing.Code, missing.Error).ShouldBe((2, $"zo: Optimizer file 'zo-lstm-pluss.onnx' does not exist; check the path, or give 'zo-lstm-plus'.{Environment.NewLine}"));
    }

    private JsonElement Attack(string optimizer, params string[] more) => _task.Attack(["--optimizer", optimizer, .. more]).Done().Document;
}
