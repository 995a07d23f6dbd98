using System.Text.Json;
using System.Xml.Linq;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class AuditTests : IDisposable
{
    private static readonly ImageSet Images = TinyClassifier.Files(TinyClassifier.Images([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], wrong: [4]));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void On_a_linear_classifier_exactly_the_images_fall_that_can()
    {
        double[] epsilons = [0.02, 0.05, 0.1, 0.2];
        using var oracle = new TinyClassifier();
        AuditResult audit = new AuditSession(oracle, Images, new AuditOptions { Epsilons = epsilons, Budget = 600 }).Run();

        audit.Partial.ShouldBeFalse();
        (audit.CleanAccuracy!.Right, audit.CleanAccuracy.Of).ShouldBe((11, 12));
        audit.Levels.Select(level => level.Epsilon).ShouldBe(epsilons);
        foreach (AuditLevel level in audit.Levels)
        {
            string[] standing = [.. Enumerable.Range(0, Images.Count).Where(i => i != 4 && WorstMargin(i, Math.Floor(level.Epsilon * 255) / 255) > 0).Select(Images.ImageName)];
            level.Images.Where(image => image.Fell is null).Select(image => image.Name).ShouldBe(standing, ignoreOrder: true, $"ε = {level.Epsilon}");
            (level.RobustAccuracy.Right, level.RobustAccuracy.Of).ShouldBe((standing.Length, 12));
            level.Classes.Sum(of => of.RobustAccuracy.Right).ShouldBe(standing.Length);
            level.Classes.Sum(of => of.RobustAccuracy.Of).ShouldBe(12);
        }

        audit.Levels[0].RobustAccuracy.Right.ShouldBeGreaterThan(audit.Levels[^1].RobustAccuracy.Right);
        oracle.All.ShouldBe(audit.OverheadQueries + audit.Levels.Sum(level => level.Stages.Sum(stage => stage.Queries)), "every query is counted");
    }

    [Fact]
    public void An_audit_that_the_models_failure_ends_says_so_and_can_be_continued()
    {
        string folder = Path.Combine(_folder.Path, "audit");
        var options = new AuditOptions { Epsilons = [0.02], Budget = 300 };
        int asked = 0;
        using var failing = new TinyClassifier { Change = (_, _, _) => _ = Interlocked.Increment(ref asked) > 200 ? throw new OracleException("The server is gone.") : 0 };
        var session = new AuditSession(failing, Images, options) { Folder = folder };
        AuditResult failed = session.Run();
        using var oracle = new TinyClassifier();
        AuditResult whole = new AuditSession(oracle, Images, options).Run(), continued = new AuditSession(oracle, Images, options) { Folder = folder }.Run();

        failed.Partial.ShouldBeTrue();
        failed.Failure!.Message.ShouldContain("The server is gone");
        session.Interruption!.ShouldContain("The server is gone");
        (continued.Failure, continued.Partial).ShouldBe((null, false));
        continued.Levels[0].RobustAccuracy.ShouldBe(whole.Levels[0].RobustAccuracy);
    }

    [Fact]
    public void Images_and_balls_that_cannot_be_told_apart_are_refused()
    {
        using var oracle = new TinyClassifier();
        ImageSet twins = new("twins", TinyClassifier.Shape, new float[2 * 16], [0, 1], ["a.png", "a.png"]);
        Should.Throw<InputException>(() => new AuditSession(oracle, twins, new AuditOptions { Epsilons = [0.1] }).Run()).Message.ShouldContain("have the name 'a.png'");
        Should.Throw<InputException>(() => new AuditSession(oracle, Images, new AuditOptions { Epsilons = [8 / 255.0, 0.0313725] }) { Folder = Path.Combine(_folder.Path, "balls") }.Run()).Message.ShouldContain("are 0.0313725 to six digits");
        Directory.Exists(Path.Combine(_folder.Path, "balls")).ShouldBeFalse();
    }

    [Fact]
    public void The_queries_that_loaded_the_model_count_once()
    {
        ImageSet digits = GeneratedDigits.Create(6);
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(BundledFile.Path("mnist-lenet.onnx"), digits);
        AuditResult audit = new AuditSession(oracle, digits, new AuditOptions { Epsilons = [0.004], Budget = 60 }).Run();

        // So near an image nothing falls: each run scores its clean images and checks no success.
        audit.Levels[0].Stages.Count.ShouldBeGreaterThan(1);
        audit.Levels[0].Stages.ShouldAllBe(stage => stage.Fell == 0);
        oracle.LoadingQueries.ShouldBeGreaterThan(0);
        audit.OverheadQueries.ShouldBe(oracle.LoadingQueries + audit.Levels[0].Stages.Sum(stage => stage.Attacked));
    }

    [Fact]
    public void A_method_runs_on_the_images_that_the_earlier_ones_left_standing()
    {
        using var oracle = new TinyClassifier();
        AuditResult audit = new AuditSession(oracle, Images, new AuditOptions { Epsilons = [0.2, 0.05], Budget = 300 }).Run();

        int standing = 11;
        foreach (AuditStage stage in audit.Levels.SelectMany(level => level.Stages))
        {
            stage.Attacked.ShouldBe(standing);
            stage.Queries.ShouldBeLessThanOrEqualTo(stage.Attacked * stage.Budget);
            standing -= stage.Fell;
        }

        audit.Levels[^1].RobustAccuracy.Right.ShouldBe(standing);
        audit.Levels.ShouldAllBe(level => level.Stages.Sum(stage => stage.Budget) <= 300);
        foreach (AuditImage fell in audit.Levels[0].Images.Where(image => image.Fell is not null))
        {
            audit.Levels[^1].Images.ShouldContain(fell, "what fell in a small ball fell in a larger one");
        }
    }

    [Fact]
    public void An_interrupted_audit_goes_on_to_the_same_result()
    {
        var options = new AuditOptions { Epsilons = [0.02, 0.1], Budget = 300 };
        using var oracle = new TinyClassifier();
        AuditResult whole = new AuditSession(oracle, Images, options) { Folder = _folder.At("whole") }.Run();

        string folder = _folder.At("parts");
        for (int steps = 40; ; steps += 400)
        {
            using var stop = new CancellationTokenSource();
            int left = steps;
            AuditResult part = new AuditSession(oracle, Images, options) { Folder = folder }.Run(
                _ =>
                {
                    if (--left == 0)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token);
            if (!part.Partial)
            {
                Text(part).ShouldBe(Text(whole));
                break;
            }

            steps.ShouldBeLessThan(40_000);
        }

        // Asked again, a finished audit gives the same answer without a query.
        long before = oracle.All;
        Text(new AuditSession(oracle, Images, options) { Folder = folder }.Run()).ShouldBe(Text(whole));
        oracle.All.ShouldBe(before);

        Should.Throw<InputException>(() => new AuditSession(oracle, Images, options with { Seed = 2 }) { Folder = folder }.Run()).Message.ShouldContain("another folder");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(150)]
    public void The_whole_budget_is_shared_by_the_methods_that_have_room_for_a_step(long budget)
    {
        using var oracle = new TinyClassifier();
        AuditResult audit = new AuditSession(oracle, Images, new AuditOptions { Epsilons = [1 / 255.0], Budget = budget }).Run();
        audit.Levels[0].Stages.Sum(stage => stage.Budget).ShouldBe(budget);
        audit.Levels[0].Stages.Select(stage => stage.Method).ShouldBe(audit.Methods.Select(method => method.Name));
        audit.Methods.Sum(method => method.Share).ShouldBe(1, 1e-12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Flagged_queries_are_counted_apart_and_take_their_cost_of_the_budget(bool labelsOnly)
    {
        ImageSet images = TinyClassifier.Files(TinyClassifier.Images([0, 0, 0, 0]));
        var options = new AuditOptions { Norm = DistortionNorm.L2, Epsilons = [0.05, 0.5], Budget = 300, LabelsOnly = labelsOnly };
        long flagged = 0;
        using var oracle = new TinyClassifier { Change = (key, _, scores) => flagged += key.Problem != 0 && scores.Max() > scores[0] ? 1 : 0 };
        AuditResult plain = new AuditSession(oracle, images, options).Run();
        plain.FlaggedQueries.ShouldBeNull();
        flagged = 0;
        AuditResult counted = new AuditSession(oracle, images, options with { FlaggedCost = 1 }).Run();
        counted.FlaggedQueries.ShouldBe(flagged);
        counted.Queries.ShouldBe(plain.Queries);
        counted.Levels.Select(level => level.RobustAccuracy).ShouldBe(plain.Levels.Select(level => level.RobustAccuracy));

        const double Cost = 10;
        AuditResult dear = new AuditSession(oracle, images, options with { FlaggedCost = Cost }).Run();
        dear.Levels.SelectMany(level => level.Stages).ShouldAllBe(stage => stage.Queries + ((Cost - 1) * stage.FlaggedQueries) <= stage.Attacked * stage.Budget);
        dear.FlaggedQueries!.Value.ShouldBeGreaterThan(0);
        if (labelsOnly)
        {
            dear.Queries.ShouldBeLessThan(counted.Queries, "answers of another class take most of the budget");
        }

        Should.Throw<InputException>(() => new AuditSession(oracle, images, options with { FlaggedCost = 400 }).Run()).Message.ShouldEndWith("whose queries are all flagged, at 400 each; give more.");
    }

    [Fact]
    public void Without_labels_no_clean_accuracy_is_claimed()
    {
        using var oracle = new TinyClassifier();
        ImageSet unlabelled = Images.WithLabels([.. Enumerable.Repeat(ImageSet.Unlabelled, Images.Count)]);
        AuditResult audit = new AuditSession(oracle, unlabelled, new AuditOptions { Epsilons = [0.02, 0.1], Budget = 100 }).Run();
        audit.CleanAccuracy.ShouldBeNull();
        audit.Warnings.ShouldContain(warning => warning.Contains("no labels"));
        audit.Levels[0].RobustAccuracy.Of.ShouldBe(12);

        using NamedOptimizer square = NamedOptimizer.Create("square");
        var options = new AttackOptions { Loss = new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.1 }, Limits = new RunLimits { Iterations = int.MaxValue, Budget = 20 } };
        AttackResult labelled = new BlackBoxAttack(oracle, square.Optimizer, options).Run(Images), predicted = new BlackBoxAttack(oracle, square.Optimizer, options).Run(unlabelled);
        (labelled.LabelsPredicted, predicted.LabelsPredicted).ShouldBe((false, true));
        labelled.RobustAccuracy(labelled.Runs[0]).ShouldNotBeNull();
        predicted.RobustAccuracy(predicted.Runs[0]).ShouldBeNull();
    }

    [Fact]
    public void The_files_for_build_servers_say_what_failed()
    {
        using var oracle = new TinyClassifier();
        AuditResult audit = new AuditSession(oracle, Images, new AuditOptions { Epsilons = [0.02, 0.3], Budget = 300, Require = 0.9 }).Run();
        audit.Passed.ShouldBe(false);

        using var xml = new MemoryStream();
        AuditFiles.WriteJUnit(audit, xml);
        XElement suite = XDocument.Parse(System.Text.Encoding.UTF8.GetString(xml.ToArray())).Root!.Element("testsuite")!;
        (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value).ShouldBe(("2", "1"));
        suite.Elements("testcase").Select(test => test.Element("failure") is not null).ShouldBe([false, true]);

        using var sarif = new MemoryStream();
        AuditFiles.WriteSarif(audit, sarif);
        using JsonDocument document = JsonDocument.Parse(sarif.ToArray());
        JsonElement run = document.RootElement.GetProperty("runs")[0];
        document.RootElement.GetProperty("version").GetString().ShouldBe("2.1.0");
        run.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("level").GetString()).ShouldBe(["note", "error"]);

        using var json = new MemoryStream();
        audit.WriteTo(json);
        using JsonDocument read = JsonDocument.Parse(json.ToArray());
        Text(AuditResult.Parse(read.RootElement)).ShouldBe(Text(audit));
    }

    [Fact]
    public void Impossible_questions_are_refused()
    {
        using var oracle = new TinyClassifier();
        Should.Throw<ArgumentException>(() => new AuditOptions { Epsilons = [] });
        Should.Throw<ArgumentOutOfRangeException>(() => new AuditOptions { Epsilons = [0] });
        Should.Throw<ArgumentOutOfRangeException>(() => new AuditOptions { Epsilons = [0.1], Require = 1.5 });
        Should.Throw<ArgumentOutOfRangeException>(() => new AuditOptions { Epsilons = [0.1], Budget = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new AuditOptions { Epsilons = [0.1], FlaggedCost = 0.5 });
        Should.Throw<InputException>(() => new AuditSession(oracle, Images, new AuditOptions { Epsilons = [2] }).Run()).Message.ShouldContain("width of the box");
        ImageSet allWrong = TinyClassifier.Images([0, 1], wrong: [0, 1]);
        Should.Throw<InputException>(() => new AuditSession(oracle, allWrong, new AuditOptions { Epsilons = [0.1] }).Run()).Message.ShouldContain("nothing to attack");
        oracle.All.ShouldBe(2);
    }

    private static string Text(AuditResult audit)
    {
        using var stream = new MemoryStream();
        (audit with { Seconds = 0, OverheadQueries = 0, Levels = [.. audit.Levels.Select(level => level with { Stages = [.. level.Stages.Select(stage => stage with { Folder = null })], Images = [.. level.Images.OrderBy(i => i.Name, StringComparer.Ordinal)] })] }).WriteTo(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    // The least margin of any image in ball and box: each pixel goes as far as it may against the difference of two classes' weights.
    private static double WorstMargin(int index, double epsilon)
    {
        ReadOnlySpan<float> image = Images.Image(index).Span;
        double worst = double.PositiveInfinity;
        int label = Images.Label(index);
        for (int other = 0; other < TinyClassifier.Classes; other++)
        {
            if (other == label)
            {
                continue;
            }

            double[] clean = TinyClassifier.Logits(image);
            double margin = clean[label] - clean[other];
            for (int i = 0; i < image.Length; i++)
            {
                float[] up = image.ToArray(), down = image.ToArray();
                up[i] = (float)Math.Min(1, image[i] + epsilon);
                down[i] = (float)Math.Max(0, image[i] - epsilon);
                double[] higher = TinyClassifier.Logits(up), lower = TinyClassifier.Logits(down);
                margin += Math.Min(higher[label] - higher[other], lower[label] - lower[other]) - (clean[label] - clean[other]);
            }

            worst = Math.Min(worst, margin);
        }

        return worst;
    }
}
