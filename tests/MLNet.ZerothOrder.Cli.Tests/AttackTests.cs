using System.Text.Json;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class AttackTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public async Task Attack_with_nothing_but_a_count_attacks_generated_digits_on_the_bundled_classifier_into_a_timed_folder()
    {
        string folder = Directory.CreateDirectory(_task.At("here")).FullName;
        Outcome outcome = (await Zo.Start(folder, "attack", "--count", "2", "--iterations", "4").Outcome()).Done();

        string result = Directory.GetFiles(folder, "result.json", SearchOption.AllDirectories).Single();
        Path.GetRelativePath(folder, result).ShouldMatch(@"\Aout/\d{8}-\d{6}/result\.json\z");
        JsonElement document = JsonDocument.Parse(File.ReadAllText(result)).RootElement;
        ResultChecks.Consistent(document, 20, Path.GetDirectoryName(result)!);
        document.GetProperty("model").Text("path").ShouldEndWith("mnist-cnn.onnx", Case.Sensitive);
        document.Text("dataset").ShouldBe("digits");
        document.Text("command").ShouldBe("zo attack --count 2 --iterations 4");
        document.Problems().Select(p => p.Text("id")).ShouldBe(["0", "1"]);
        File.Exists(Path.Combine(Path.GetDirectoryName(result)!, "panel.png")).ShouldBeTrue();

        // Where nothing is a terminal, nothing is drawn or coloured.
        outcome.Output.ShouldNotContain("\u001b", Case.Sensitive);
        outcome.Output.ShouldNotContain("\r", Case.Sensitive);
        outcome.Output.ShouldEndWith($"Results: {Path.GetRelativePath(folder, result)}, pictures beside it{Environment.NewLine}", Case.Sensitive);
        outcome.Error.ShouldBe("");
    }

    [Theory]
    [InlineData("bisection:3", 3)]
    [InlineData("bisection", 6)]
    public void A_bisection_of_c_tells_each_of_its_rounds(string weight, int rounds)
    {
        Outcome outcome = Zo.Run(_task.Args("attack", "--optimizer", "zo-prox", "--distortion-weight", weight, "--budget", "300", "--directions", "5", "--smoothing", "0.001")).Done();

        JsonElement document = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json"))).RootElement;
        document.GetProperty("runs")[0].GetProperty("settings").GetProperty("bisectionRounds").GetInt32().ShouldBe(rounds);
        foreach (JsonElement problem in document.Problems())
        {
            JsonElement[] told = [.. problem.GetProperty("rounds").EnumerateArray()];
            told.Length.ShouldBe(rounds);

            // The image's own queries also count the longer changes that were tried for its file.
            problem.GetProperty("queries").GetInt64().ShouldBeInRange(told.Sum(round => round.GetProperty("queries").GetInt64()), 300);
            told.ShouldAllBe(round => round.GetProperty("weight").GetDouble() > 0 && (round.GetProperty("success").GetBoolean() == false || round.GetProperty("distortion").GetDouble() > 0));
        }

        outcome.Output.ShouldContain($"zo-prox: a bisection of c in {rounds} rounds from c = ");
        File.ReadAllText(Path.Combine(_task.Out, "report.html")).ShouldContain($"a bisection of c in {rounds} rounds from c = ");
    }

    [Theory]
    [InlineData("zo-adam")]
    [InlineData("zo-lstm-mnist")]
    [InlineData("zo-prox-plain")]
    public void An_attack_of_composed_steps_is_the_ordinary_one_up_to_rounding(string optimizer)
    {
        double[][][] traces = [.. ((string[])["off", "on"]).Select(composed =>
        {
            JsonElement document = _task.Attack("--optimizer", optimizer, "--composed", composed).Done().Document;
            ResultChecks.Consistent(document, 20, _task.Out);
            return document.Problems().Select(p => p.Numbers("trace")).ToArray();
        })];
        traces[0].Length.ShouldBe(TinyTask.Count);
        foreach (var pair in traces[0].Zip(traces[1]))
        {
            foreach (var losses in pair.First.Zip(pair.Second))
            {
                losses.Second.ShouldBe(losses.First, 2e-2);
            }
        }
    }

    [Theory]
    [InlineData("signhunter", "--epsilon", "1/10")]
    [InlineData("memory-square", "--norm", "l2", "--epsilon", "0.5")]
    [InlineData("sparse-rs", "--sparse", "2")]
    [InlineData("rays", "--labels-only", "--epsilon", "0.1")]
    [InlineData("surfree", "--labels-only", "--norm", "l2")]
    public void Auto_takes_a_method_that_fits_and_the_result_tells_the_threat_model_and_the_robust_accuracy(string method, params string[] threat)
    {
        Outcome outcome = Zo.Run(_task.Args("attack", [.. threat, "--budget", "300"])).Done();
        outcome.Error.ShouldContain($"The method is {method}, the default for ");
        bool isBounded = threat.Contains("--epsilon") || threat.Contains("--sparse");
        outcome.Output.Contains($"Robust accuracy against {method} (").ShouldBe(isBounded);

        JsonElement run = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json"))).RootElement.GetProperty("runs")[0];
        JsonElement settings = run.GetProperty("settings");
        settings.Text("kind").ShouldBe("method");
        settings.TryGetProperty("ballRadius", out JsonElement radius).ShouldBe(threat.Contains("--epsilon"));
        settings.TryGetProperty("labelsOnly", out _).ShouldBe(threat.Contains("--labels-only"));
        settings.Text("stop").ShouldBe(isBounded ? "success" : "never");
        foreach (JsonElement problem in run.GetProperty("problems").EnumerateArray())
        {
            problem.GetProperty("queries").GetInt64().ShouldBeLessThanOrEqualTo(300);
            if (problem.GetProperty("success").GetBoolean() && radius.ValueKind == JsonValueKind.Number)
            {
                problem.GetProperty("distortion").GetProperty(settings.Text("norm")).GetDouble().ShouldBeLessThanOrEqualTo(radius.GetDouble());
            }
        }
    }

    [Fact]
    public void Flagged_queries_are_in_the_table_the_result_and_the_report()
    {
        Outcome outcome = Zo.Run(_task.Args("attack", "--labels-only", "--epsilon", "0.1", "--budget", "300", "--flagged-cost", "4")).Done();
        outcome.Output.ShouldContain("of these");
        outcome.Output.ShouldContain("of them flagged");

        JsonElement run = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json"))).RootElement.GetProperty("runs")[0];
        run.GetProperty("settings").Number("flaggedCost").ShouldBe(4);
        long flagged = run.GetProperty("problems").EnumerateArray().Sum(problem => problem.GetProperty("flaggedQueries").GetInt64());
        flagged.ShouldBeGreaterThan(0);
        run.GetProperty("summary").GetProperty("flaggedQueries").GetInt64().ShouldBe(flagged);
        run.GetProperty("problems").EnumerateArray().ShouldAllBe(problem => problem.GetProperty("queries").GetInt64() + (3 * problem.GetProperty("flaggedQueries").GetInt64()) <= 300);
        File.ReadAllText(Path.Combine(_task.Out, "report.html")).ShouldContain("flagged");
    }

    [Fact]
    public void Every_field_of_the_result_follows_from_the_others_and_from_the_files()
    {
        string folder = _task.At("digits");
        JsonElement document = Zo.Run("attack", "--model", Zo.LeNet, "--optimizer", "zo-adam", "--count", "4", "--iterations", "60", "--json", "--out", folder).Done().Document;
        ResultChecks.Consistent(document, 20, folder);
        document.Problems().Count().ShouldBe(4);
        document.Problems().Any(p => p.Truth("success")).ShouldBeTrue();
        document.Problems().Any(p => !p.Truth("success")).ShouldBeTrue();

        ImageSet digits = GeneratedDigits.Create(10);
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Zo.LeNet);
        foreach (JsonElement problem in document.Problems().Where(p => p.Truth("success")))
        {
            // A file of 8 bits lies within half a level of what was found.
            var saved = new float[digits.Shape.Length];
            PictureFile.Read(Path.Combine(folder, problem.Text("imageFile"))).CopyTo(saved);
            float[] original = digits.Image(int.Parse(problem.Text("id"), null)).ToArray();
            double[] changes = [.. saved.Zip(original, (a, b) => Math.Abs((double)a - b))];
            JsonElement distortion = problem.GetProperty("distortion");
            const double half = 0.5 / 255;
            changes.Sum().ShouldBe(distortion.Number("l1"), half * changes.Length);
            Math.Sqrt(changes.Sum(c => c * c)).ShouldBe(distortion.Number("l2"), half * Math.Sqrt(changes.Length));
            changes.Max().ShouldBe(distortion.Number("linf"), half + 1e-6);

            float[] scores = oracle.ScoreRows(1, (_, input) => saved.CopyTo(input));
            (Array.IndexOf(scores, scores.Max()) != problem.GetProperty("label").GetInt32()).ShouldBe(problem.Truth("savedSuccess"));
        }
    }

    [Fact]
    public void Pictures_hold_the_adversarial_images_that_the_library_finds_with_the_same_settings()
    {
        JsonElement document = _task.Attack("--optimizer", "zo-sgd").Done().Document;
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(_task.Model);
        var images = new ImageSet("images.npy", _task.Classifier.Image, _task.Pixels, _task.Labels);
        var options = new AttackOptions { Smoothing = 0.001, Limits = new RunLimits { Iterations = 15 } };
        AttackRun run = new BlackBoxAttack(oracle, new OptimizerRegistry().Create("zo-sgd"), options).Run(images).Runs[0];

        document.Problems().Select(p => p.Number("finalLoss")).ShouldBe(run.Images.Select(p => p.FinalLoss));
        run.Images.Any(p => p.Success).ShouldBeTrue();
        foreach ((ImageResult found, JsonElement problem) in run.Images.Zip(document.Problems()).Where(pair => pair.First.Success))
        {
            byte[] expected = PixelBuffer.FromImage(found.Adversarial!.Value.Span, images.Shape).Pixels;
            PictureFile.Read(Path.Combine(_task.Out, problem.Text("imageFile"))).Pixels.ShouldBe(expected);
        }
    }

    [Fact]
    public void Json_prints_the_result_file_and_nothing_else()
    {
        Outcome outcome = _task.Attack().Done();

        outcome.Output.ReplaceLineEndings("\n").ShouldBe(File.ReadAllText(Path.Combine(_task.Out, "result.json")));
        outcome.Error.ShouldBe("");
    }

    [Fact]
    public async Task Json_of_a_process_is_utf_8_without_a_mark()
    {
        using var process = Zo.Start(_task.At("."), [.. _task.Args("attack", "--json", "--iterations", "2")]);
        using var bytes = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(bytes);
        await process.WaitForExitAsync();

        bytes.ToArray().ShouldBe(File.ReadAllBytes(Path.Combine(_task.Out, "result.json")));
        bytes.ToArray()[0].ShouldBe((byte)'{');
    }

    [Fact]
    public void The_same_seed_gives_the_same_problems_and_another_seed_gives_others()
    {
        string first = _task.Attack("--seed", "7").Done().Document.ProblemText();

        _task.Attack("--seed", "7").Done().Document.ProblemText().ShouldBe(first);
        _task.Attack("--seed", "8").Done().Document.ProblemText().ShouldNotBe(first);
    }

    [Fact]
    public void Trials_are_runs_of_their_own_of_each_image()
    {
        JsonElement document = _task.Attack("--trials", "2", "--count", "3").Done().Document;
        ResultChecks.Consistent(document, 20, _task.Out);

        document.Problems().Select(p => (p.Text("id"), p.GetProperty("trial").GetInt32())).ShouldBe([("0", 0), ("0", 1), ("1", 0), ("1", 1), ("2", 0), ("2", 1)]);
        JsonElement[] problems = [.. document.Problems()];
        problems[1].Number("initialLoss").ShouldNotBe(problems[0].Number("initialLoss"));
        string[] files = [.. problems.Where(p => p.Truth("success")).Select(p => p.Text("imageFile"))];
        files.ShouldBe(files.Distinct());

        // The first trial is the only one of a run without trials.
        string alone = _task.Attack("--count", "3").Done().Document.Problems().First().GetProperty("trace").GetRawText();
        problems[0].GetProperty("trace").GetRawText().ShouldBe(alone);
    }

    [Fact]
    public void Stop_at_success_ends_an_image_at_its_first_successful_iterate()
    {
        JsonElement[] whole = [.. _task.Attack().Done().Document.Problems()];
        JsonElement document = _task.Attack("--stop", "success").Done().Document;

        whole.Any(p => p.Truth("success")).ShouldBeTrue();
        foreach ((JsonElement stopped, JsonElement full) in document.Problems().Zip(whole))
        {
            stopped.Truth("success").ShouldBe(full.Truth("success"));
            stopped.Text("stopReason").ShouldBe(full.Truth("success") ? "success" : "iterations");
            if (full.Truth("success"))
            {
                stopped.Number("queriesToFirstSuccess").ShouldBe(full.Number("queriesToFirstSuccess"));
                stopped.Numbers("trace").ShouldBe(full.Numbers("trace")[..stopped.Numbers("trace").Length]);
            }
        }

        _task.Attack().Done().Document.ProblemText().ShouldBe(_task.Attack("--stop", "never").Done().Document.ProblemText());
    }

    [Fact]
    public void A_budget_alone_allows_as_many_steps_as_it_pays_for()
    {
        JsonElement problem = Zo.Run(_task.Args("attack", "--json", "--smoothing", "0.001", "--count", "1", "--budget", "4500")).Done().Document.Problems().Single();
        problem.GetProperty("queries").GetInt64().ShouldBeInRange(4450, 4500);
        problem.Text("stopReason").ShouldBe("budget");
    }

    [Theory]
    [InlineData(22)]
    [InlineData(100)]
    [InlineData(315)]
    public void A_budget_is_never_exceeded_and_says_so(int budget)
    {
        JsonElement document = _task.Attack("--budget", $"{budget}").Done().Document;
        int steps = (budget - 1) / 21;

        foreach (var p in document.Problems())
        {
            p.GetProperty("queries").GetInt64().ShouldBeInRange((21 * steps) + 1, Math.Min(budget, (21 * steps) + 12));
            p.GetProperty("trace").GetArrayLength().ShouldBe(steps + 1);
            p.Text("stopReason").ShouldBe("budget");
        }
    }

    [Fact]
    public void Patience_and_time_end_a_run_and_say_so()
    {
        _task.Attack("--iterations", "200", "--patience", "5").Done().Document.Problems().Any(p => p.Text("stopReason") == "noImprovement").ShouldBeTrue();

        JsonElement document = _task.Attack("--iterations", "1000000", "--time-limit", "0.05").Done().Document;
        document.Truth("partial").ShouldBeFalse();
        foreach (var p in document.Problems())
        {
            p.Text("stopReason").ShouldBe("time");
        }
    }

    [Fact]
    public void A_target_is_reached_and_images_of_its_class_are_skipped()
    {
        JsonElement document = _task.Attack("--target", "2", "--iterations", "60").Done().Document;

        document.GetProperty("skipped").EnumerateArray().Where(s => s.Text("reason") == "of the target class").Select(s => s.Text("id")).ShouldBe(Enumerable.Range(0, TinyTask.Count).Where(i => _task.Labels[i] == 2).Select(i => $"{i}"));
        JsonElement[] successes = [.. document.Problems().Where(p => p.Truth("success"))];
        successes.ShouldNotBeEmpty();
        foreach (var p in successes)
        {
            p.GetProperty("adversarialLabel").GetInt32().ShouldBe(2);
        }
        document.Run().GetProperty("settings").GetProperty("target").GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("least-likely")]
    public void A_target_can_be_chosen_for_each_image(string choice)
    {
        JsonElement document = _task.Attack("--target", choice, "--iterations", "60").Done().Document;

        document.Run().GetProperty("settings").Text("targetChoice").ShouldBe(choice);
        foreach (var p in document.Problems())
        {
            p.GetProperty("target").GetInt32().ShouldNotBe(p.GetProperty("label").GetInt32());
            if (p.Truth("success"))
            {
                p.GetProperty("adversarialLabel").GetInt32().ShouldBe(p.GetProperty("target").GetInt32());
            }
        }

        document.Problems().Count(p => p.Truth("success")).ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("--norm", "l2")]
    [InlineData("--norm", "LINF")]
    [InlineData("--transform", "tanh")]
    [InlineData("--distortion-weight", "0.5")]
    [InlineData("--confidence", "1")]
    [InlineData("--optimizer", "zo-signsgd:antithetic")]
    public void Each_setting_changes_the_run_and_is_named_in_it(string option, string value)
    {
        Outcome outcome = _task.Attack(option, value).Done();
        JsonElement document = outcome.Document;

        ResultChecks.Consistent(document, 20, _task.Out);
        document.ProblemText().ShouldNotBe(_task.Attack().Done().Document.ProblemText());
        string settings = document.Run().GetProperty("settings").GetRawText() + document.Run().Text("optimizer");
        settings.ShouldContain(value.ToLowerInvariant(), Case.Sensitive);
    }

    [Fact]
    public void Misclassified_images_are_skipped_by_name_and_others_take_their_place()
    {
        int[] labels = [.. _task.Labels];
        labels[1] = (labels[1] + 1) % 5;
        string file = _task.Text("one-wrong.txt", string.Join('\n', labels));
        JsonElement document = Zo.Run(
            "attack", "--json", "--model", _task.Model, "--images", _task.Images, "--labels", file, "--pixels", "0..1",
            "--count", "3", "--iterations", "5", "--smoothing", "0.001", "--out", _task.Out).Done().Document;

        JsonElement skipped = document.GetProperty("skipped").EnumerateArray().Single();
        (skipped.Text("id"), skipped.GetProperty("label").GetInt32(), skipped.GetProperty("predicted").GetInt32(), skipped.Text("reason")).ShouldBe(("1", labels[1], _task.Labels[1], "misclassified"));
        document.Problems().Select(p => p.Text("id")).ShouldBe(["0", "2", "3"]);

        // Twenty images to see whether the model is right about them, four clean ones, three of them in 8 directions at two μ, for the default c, and each success twice more:
        // as it is, and as it is saved.
        document.GetProperty("overheadQueries").GetInt64().ShouldBe(20 + 4 + (3 * 17) + (2 * document.Problems().Count(p => p.Truth("success"))));
    }

    [Fact]
    public void Fewer_images_than_asked_for_are_noted()
    {
        _task.Attack("--count", "20").Done().Error.ShouldBe("");
        Outcome outcome = _task.Attack("--count", "21", "--trials", "2").Done();

        outcome.Error.ShouldStartWith("zo: note: 21 images were asked for, but images.npy has only 20 to attack.", Case.Sensitive);
        outcome.Document.Problems().Count().ShouldBe(40);
    }

    [Fact]
    public void Attack_takes_the_settings_beside_the_model_unless_others_are_given()
    {
        _task.Text("m.settings.json", """{"optimizers": {"zo-adam": {"stepSize": 3.5, "smoothing": 0.002}}}""");
        string[] args = _task.Args("attack", "--optimizer", "zo-adam", "--json", "--iterations", "3");
        JsonElement beside = Zo.Run(args).Done().Document.Run().GetProperty("settings");
        (beside.Number("stepSize"), beside.Number("smoothing"), beside.Number("beta1")).ShouldBe((3.5, 0.002, 0.9));

        string other = _task.Text("other.json", """{"smoothing": 0.004, "optimizers": {"zo-adam": {"stepSize": 7}}}""");
        JsonElement given = Zo.Run([.. args, "--settings", other]).Done().Document.Run().GetProperty("settings");
        (given.Number("stepSize"), given.Number("smoothing")).ShouldBe((7.0, 0.004));
        Zo.Run([.. args, "--smoothing", "0.01"]).Done().Document.Run().GetProperty("settings").Number("smoothing").ShouldBe(0.01);
        Zo.Run([.. args, "--smoothing", "auto"]).Done().Document.Run().GetProperty("settings").Text("smoothingFrom").ShouldStartWith("measured", Case.Sensitive);
    }

    [Fact]
    public void Another_run_into_a_folder_replaces_its_result()
    {
        string first = _task.Attack().Done().Output;
        string second = _task.Attack("--seed", "2").Done().Output;

        second.ShouldNotBe(first);
        File.ReadAllText(Path.Combine(_task.Out, "result.json")).ShouldBe(second.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void The_command_in_the_result_can_be_pasted_into_a_shell()
    {
        string folder = _task.At("a folder");
        JsonElement document = Zo.Run(
            "attack", "--json", "--model", _task.Model, "--images", _task.Images, "--labels", _task.LabelFile, "--iterations", "1", "--out", folder).Done().Document;

        document.Text("command").ShouldBe($"zo attack --json --model {_task.Model} --images {_task.Images} --labels {_task.LabelFile} --iterations 1 --out '{folder}'");
    }

    [Fact]
    public void The_table_names_every_image_and_fits_a_terminal()
    {
        using StringWriter output = new(), error = new();
        var terminal = new Cli.Terminal(output, error, () => 80, () => 80);
        int code = Cli.Application.Run(new Cli.Session(_task.Args("attack", "--iterations", "15", "--trials", "2", "--count", "9"), terminal, default));

        code.ShouldBe(0);
        string[] lines = output.ToString().Split(Environment.NewLine);
        foreach (var line in lines.Where(l => !l.StartsWith("Results: ", StringComparison.Ordinal)))
        {
            (line.Length <= 80).ShouldBeTrue(line);
        }
        foreach (var i in Enumerable.Range(0, 9))
        {
            lines.Any(line => line.StartsWith($"{i} #1 ", StringComparison.Ordinal)).ShouldBeTrue();
        }
        output.ToString().ShouldNotContain("\u001b", Case.Sensitive);
    }
}
