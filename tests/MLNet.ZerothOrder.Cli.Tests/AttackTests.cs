using System.Text.Json;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

public sealed class AttackTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public async Task AttackWithNothingButACountAttacksGeneratedDigitsOnTheBundledClassifierIntoATimedFolder()
    {
        string folder = Directory.CreateDirectory(_task.At("here")).FullName;
        Outcome outcome = (await Zo.Start(folder, "attack", "--count", "2", "--iterations", "4").Outcome()).Done();

        string result = Directory.GetFiles(folder, "result.json", SearchOption.AllDirectories).Single();
        Assert.Matches(@"\Aout/\d{8}-\d{6}/result\.json\z", Path.GetRelativePath(folder, result));
        JsonElement document = JsonDocument.Parse(File.ReadAllText(result)).RootElement;
        ResultChecks.Consistent(document, 20, Path.GetDirectoryName(result)!);
        Assert.EndsWith("mnist-cnn.onnx", document.GetProperty("model").Text("path"), StringComparison.Ordinal);
        Assert.Equal("digits", document.Text("dataset"));
        Assert.Equal("zo attack --count 2 --iterations 4", document.Text("command"));
        Assert.Equal(["0", "1"], document.Problems().Select(p => p.Text("id")));
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(result)!, "panel.png")));

        // Where nothing is a terminal, nothing is drawn or coloured.
        Assert.DoesNotContain("\u001b", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith($"Results: {Path.GetRelativePath(folder, result)}, pictures beside it{Environment.NewLine}", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("", outcome.Error);
    }

    [Theory]
    [InlineData("zo-adam")]
    [InlineData("zo-lstm-mnist")]
    [InlineData("zo-lstm-plus")]
    public void AnAttackOfComposedStepsIsTheOrdinaryOneUpToRounding(string optimizer)
    {
        double[][][] traces = [.. ((string[])["off", "on"]).Select(composed =>
        {
            JsonElement document = _task.Attack("--optimizer", optimizer, "--composed", composed).Done().Document;
            ResultChecks.Consistent(document, 20, _task.Out);
            return document.Problems().Select(p => p.Numbers("trace")).ToArray();
        })];
        Assert.Equal(TinyTask.Count, traces[0].Length);
        Assert.All(traces[0].Zip(traces[1]), pair => Assert.All(pair.First.Zip(pair.Second), losses => Assert.Equal(losses.First, losses.Second, 2e-2)));
    }

    [Fact]
    public void EveryFieldOfTheResultFollowsFromTheOthersAndFromTheFiles()
    {
        string folder = _task.At("digits");
        JsonElement document = Zo.Run("attack", "--model", Zo.LeNet, "--optimizer", "zo-adam", "--count", "4", "--iterations", "60", "--json", "--out", folder).Done().Document;
        ResultChecks.Consistent(document, 20, folder);
        Assert.Equal(4, document.Problems().Count());
        Assert.Contains(document.Problems(), p => p.Truth("success"));
        Assert.Contains(document.Problems(), p => !p.Truth("success"));

        ImageSet digits = GeneratedDigits.Create(10);
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Zo.LeNet);
        foreach (JsonElement problem in document.Problems().Where(p => p.Truth("success")))
        {
            // A file of 8 bits lies within half a level of what was found.
            var saved = new float[digits.Shape.Length];
            Png.Read(Path.Combine(folder, problem.Text("imageFile"))).CopyTo(saved);
            float[] original = digits.Image(int.Parse(problem.Text("id"), null)).ToArray();
            double[] changes = [.. saved.Zip(original, (a, b) => Math.Abs((double)a - b))];
            JsonElement distortion = problem.GetProperty("distortion");
            const double half = 0.5 / 255;
            Assert.Equal(distortion.Number("l1"), changes.Sum(), half * changes.Length);
            Assert.Equal(distortion.Number("l2"), Math.Sqrt(changes.Sum(c => c * c)), half * Math.Sqrt(changes.Length));
            Assert.Equal(distortion.Number("linf"), changes.Max(), half + 1e-6);

            float[] scores = oracle.ScoreRows(1, (_, input) => saved.CopyTo(input));
            Assert.Equal(problem.Truth("savedSuccess"), Array.IndexOf(scores, scores.Max()) != problem.GetProperty("label").GetInt32());
        }
    }

    [Fact]
    public void PicturesHoldTheAdversarialImagesThatTheLibraryFindsWithTheSameSettings()
    {
        JsonElement document = _task.Attack("--optimizer", "zo-sgd").Done().Document;
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(_task.Model);
        var images = new ImageSet("images.npy", _task.Classifier.Image, _task.Pixels, _task.Labels);
        var options = new AttackOptions { Smoothing = 0.001, Limits = new RunLimits { Iterations = 15 } };
        AttackRun run = new BlackBoxAttack(oracle, new OptimizerRegistry().Create("zo-sgd"), options).Run(images).Runs[0];

        Assert.Equal(run.Images.Select(p => p.FinalLoss), document.Problems().Select(p => p.Number("finalLoss")));
        Assert.Contains(run.Images, p => p.Success);
        foreach ((ImageResult found, JsonElement problem) in run.Images.Zip(document.Problems()).Where(pair => pair.First.Success))
        {
            byte[] expected = PixelBuffer.FromImage(found.Adversarial!.Value.Span, images.Shape).Pixels;
            Assert.Equal(expected, Png.Read(Path.Combine(_task.Out, problem.Text("imageFile"))).Pixels);
        }
    }

    [Fact]
    public void JsonPrintsTheResultFileAndNothingElse()
    {
        Outcome outcome = _task.Attack().Done();

        Assert.Equal(File.ReadAllText(Path.Combine(_task.Out, "result.json")), outcome.Output.ReplaceLineEndings("\n"));
        Assert.Equal("", outcome.Error);
    }

    [Fact]
    public async Task JsonOfAProcessIsUtf8WithoutAMark()
    {
        using var process = Zo.Start(_task.At("."), [.. _task.Args("attack", "--json", "--iterations", "2")]);
        using var bytes = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(bytes);
        await process.WaitForExitAsync();

        Assert.Equal(File.ReadAllBytes(Path.Combine(_task.Out, "result.json")), bytes.ToArray());
        Assert.Equal((byte)'{', bytes.ToArray()[0]);
    }

    [Fact]
    public void TheSameSeedGivesTheSameProblemsAndAnotherSeedGivesOthers()
    {
        string first = _task.Attack("--seed", "7").Done().Document.ProblemText();

        Assert.Equal(first, _task.Attack("--seed", "7").Done().Document.ProblemText());
        Assert.NotEqual(first, _task.Attack("--seed", "8").Done().Document.ProblemText());
    }

    [Fact]
    public void TrialsAreRunsOfTheirOwnOfEachImage()
    {
        JsonElement document = _task.Attack("--trials", "2", "--count", "3").Done().Document;
        ResultChecks.Consistent(document, 20, _task.Out);

        Assert.Equal([("0", 0), ("0", 1), ("1", 0), ("1", 1), ("2", 0), ("2", 1)], document.Problems().Select(p => (p.Text("id"), p.GetProperty("trial").GetInt32())));
        JsonElement[] problems = [.. document.Problems()];
        Assert.NotEqual(problems[0].Number("initialLoss"), problems[1].Number("initialLoss"));
        string[] files = [.. problems.Where(p => p.Truth("success")).Select(p => p.Text("imageFile"))];
        Assert.Equal(files.Distinct(), files);

        // The first trial is the only one of a run without trials.
        string alone = _task.Attack("--count", "3").Done().Document.Problems().First().GetProperty("trace").GetRawText();
        Assert.Equal(alone, problems[0].GetProperty("trace").GetRawText());
    }

    [Fact]
    public void StopAtSuccessEndsAnImageAtItsFirstSuccessfulIterate()
    {
        JsonElement[] whole = [.. _task.Attack().Done().Document.Problems()];
        JsonElement document = _task.Attack("--stop", "success").Done().Document;

        Assert.Contains(whole, p => p.Truth("success"));
        foreach ((JsonElement stopped, JsonElement full) in document.Problems().Zip(whole))
        {
            Assert.Equal(full.Truth("success"), stopped.Truth("success"));
            Assert.Equal(full.Truth("success") ? "success" : "iterations", stopped.Text("stopReason"));
            if (full.Truth("success"))
            {
                Assert.Equal(full.Number("queriesToFirstSuccess"), stopped.Number("queriesToFirstSuccess"));
                Assert.Equal(full.Numbers("trace")[..stopped.Numbers("trace").Length], stopped.Numbers("trace"));
            }
        }

        Assert.Equal(
            _task.Attack("--stop", "never").Done().Document.ProblemText(), _task.Attack().Done().Document.ProblemText());
    }

    [Theory]
    [InlineData(22)]
    [InlineData(100)]
    [InlineData(315)]
    public void ABudgetIsNeverExceededAndSaysSo(int budget)
    {
        JsonElement document = _task.Attack("--budget", $"{budget}").Done().Document;
        int steps = (budget - 1) / 21;

        Assert.All(document.Problems(), p =>
        {
            Assert.Equal((21 * steps) + 1, p.GetProperty("queries").GetInt64());
            Assert.Equal(steps + 1, p.GetProperty("trace").GetArrayLength());
            Assert.Equal("budget", p.Text("stopReason"));
        });
    }

    [Fact]
    public void PatienceAndTimeEndARunAndSaySo()
    {
        Assert.Contains(_task.Attack("--iterations", "200", "--patience", "5").Done().Document.Problems(), p => p.Text("stopReason") == "noImprovement");

        JsonElement document = _task.Attack("--iterations", "1000000", "--time-limit", "0.05").Done().Document;
        Assert.False(document.Truth("partial"));
        Assert.All(document.Problems(), p => Assert.Equal("time", p.Text("stopReason")));
    }

    [Fact]
    public void ATargetIsReachedAndImagesOfItsClassAreSkipped()
    {
        JsonElement document = _task.Attack("--target", "2", "--iterations", "60").Done().Document;

        Assert.Equal(
            Enumerable.Range(0, TinyTask.Count).Where(i => _task.Labels[i] == 2).Select(i => $"{i}"),
            document.GetProperty("skipped").EnumerateArray().Where(s => s.Text("reason") == "of the target class").Select(s => s.Text("id")));
        JsonElement[] successes = [.. document.Problems().Where(p => p.Truth("success"))];
        Assert.NotEmpty(successes);
        Assert.All(successes, p => Assert.Equal(2, p.GetProperty("adversarialLabel").GetInt32()));
        Assert.Equal(2, document.Run().GetProperty("settings").GetProperty("target").GetInt32());
    }

    [Theory]
    [InlineData("--norm", "l2")]
    [InlineData("--norm", "LINF")]
    [InlineData("--transform", "tanh")]
    [InlineData("--distortion-weight", "0.5")]
    [InlineData("--confidence", "1")]
    [InlineData("--optimizer", "zo-signsgd:antithetic")]
    public void EachSettingChangesTheRunAndIsNamedInIt(string option, string value)
    {
        Outcome outcome = _task.Attack(option, value).Done();
        JsonElement document = outcome.Document;

        ResultChecks.Consistent(document, 20, _task.Out);
        Assert.NotEqual(_task.Attack().Done().Document.ProblemText(), document.ProblemText());
        string settings = document.Run().GetProperty("settings").GetRawText() + document.Run().Text("optimizer");
        Assert.Contains(value.ToLowerInvariant(), settings, StringComparison.Ordinal);
    }

    [Fact]
    public void MisclassifiedImagesAreSkippedByNameAndOthersTakeTheirPlace()
    {
        int[] labels = [.. _task.Labels];
        labels[1] = (labels[1] + 1) % 5;
        string file = _task.Text("one-wrong.txt", string.Join('\n', labels));
        JsonElement document = Zo.Run(
            "attack", "--json", "--model", _task.Model, "--images", _task.Images, "--labels", file, "--pixels", "0..1",
            "--count", "3", "--iterations", "5", "--smoothing", "0.001", "--out", _task.Out).Done().Document;

        JsonElement skipped = document.GetProperty("skipped").EnumerateArray().Single();
        Assert.Equal(("1", labels[1], _task.Labels[1], "misclassified"), (skipped.Text("id"), skipped.GetProperty("label").GetInt32(), skipped.GetProperty("predicted").GetInt32(), skipped.Text("reason")));
        Assert.Equal(["0", "2", "3"], document.Problems().Select(p => p.Text("id")));

        // Twenty images to see whether the model is right about them, four clean ones, three of them in 8 directions at two μ, for the default c, and each success twice more:
        // as it is, and as it is saved.
        Assert.Equal(20 + 4 + (3 * 17) + (2 * document.Problems().Count(p => p.Truth("success"))), document.GetProperty("overheadQueries").GetInt64());
    }

    [Fact]
    public void FewerImagesThanAskedForAreNoted()
    {
        Assert.Equal("", _task.Attack("--count", "20").Done().Error);
        Outcome outcome = _task.Attack("--count", "21", "--trials", "2").Done();

        Assert.StartsWith("zo: note: 21 images were asked for, but images.npy has only 20 to attack.", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(40, outcome.Document.Problems().Count());
    }

    [Fact]
    public void AttackTakesTheSettingsBesideTheModelUnlessOthersAreGiven()
    {
        _task.Text("m.settings.json", """{"optimizers": {"zo-adam": {"stepSize": 3.5, "smoothing": 0.002}}}""");
        string[] args = _task.Args("attack", "--optimizer", "zo-adam", "--json", "--iterations", "3");
        JsonElement beside = Zo.Run(args).Done().Document.Run().GetProperty("settings");
        Assert.Equal((3.5, 0.002, 0.9), (beside.Number("stepSize"), beside.Number("smoothing"), beside.Number("beta1")));

        string other = _task.Text("other.json", """{"smoothing": 0.004, "optimizers": {"zo-adam": {"stepSize": 7}}}""");
        JsonElement given = Zo.Run([.. args, "--settings", other]).Done().Document.Run().GetProperty("settings");
        Assert.Equal((7.0, 0.004), (given.Number("stepSize"), given.Number("smoothing")));
        Assert.Equal(0.01, Zo.Run([.. args, "--smoothing", "0.01"]).Done().Document.Run().GetProperty("settings").Number("smoothing"));
        Assert.StartsWith("measured", Zo.Run([.. args, "--smoothing", "auto"]).Done().Document.Run().GetProperty("settings").Text("smoothingFrom"), StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherRunIntoAFolderReplacesItsResult()
    {
        string first = _task.Attack().Done().Output;
        string second = _task.Attack("--seed", "2").Done().Output;

        Assert.NotEqual(first, second);
        Assert.Equal(second.ReplaceLineEndings("\n"), File.ReadAllText(Path.Combine(_task.Out, "result.json")));
    }

    [Fact]
    public void TheCommandInTheResultCanBePastedIntoAShell()
    {
        string folder = _task.At("a folder");
        JsonElement document = Zo.Run(
            "attack", "--json", "--model", _task.Model, "--images", _task.Images, "--labels", _task.LabelFile, "--iterations", "1", "--out", folder).Done().Document;

        Assert.Equal(
            $"zo attack --json --model {_task.Model} --images {_task.Images} --labels {_task.LabelFile} --iterations 1 --out '{folder}'", document.Text("command"));
    }

    [Fact]
    public void TheTableNamesEveryImageAndFitsATerminal()
    {
        using StringWriter output = new(), error = new();
        var terminal = new Cli.Terminal(output, error, () => 80, () => 80);
        int code = Cli.Application.Run(new Cli.Session(_task.Args("attack", "--iterations", "15", "--trials", "2", "--count", "9"), terminal, default));

        Assert.Equal(0, code);
        string[] lines = output.ToString().Split(Environment.NewLine);
        Assert.All(lines.Where(l => !l.StartsWith("Results: ", StringComparison.Ordinal)), line => Assert.True(line.Length <= 80, line));
        Assert.All(Enumerable.Range(0, 9), i => Assert.Contains(lines, line => line.StartsWith($"{i} #1 ", StringComparison.Ordinal)));
        Assert.DoesNotContain("\u001b", output.ToString(), StringComparison.Ordinal);
    }
}
