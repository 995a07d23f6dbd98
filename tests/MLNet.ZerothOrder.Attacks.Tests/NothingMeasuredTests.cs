using System.Text.Json;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

/// <summary>The bundled LeNet falls on every image. Behind operators that hide its slopes it must fall too, or the result must say that nothing was measured.</summary>
public sealed class NothingMeasuredTests : IDisposable
{
    private const int Attacked = 3;
    private static readonly ImageSet Digits = GeneratedDigits.Create(20);

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void The_classifier_itself_falls_without_a_warning()
    {
        AttackResult result = Attack(BundledFile.Path("mnist-lenet.onnx"));
        result.Runs[0].Summary.SuccessRate.ShouldBe(1);
        result.Warnings.ShouldBeEmpty();
        result.Runs[0].Images.ShouldAllBe(image => image.BlindSteps == 0);
        result.ToJson().ShouldNotContain("blindSteps");
    }

    /// <summary>Models that round their input, or that small changes do not reach; none of them falls at μ = 1e-4.</summary>
    public static TheoryData<string> Rounding => ["QDQ", "Round", "bytes", "truncating", "four bits", "black or white"];

    [Theory]
    [MemberData(nameof(Rounding))]
    [InlineData("float16")]
    [InlineData("float16 scores")]
    [InlineData("hundredth")]
    [InlineData("twentieth")]
    public void With_default_options_the_classifier_falls_behind_operators_that_hide_its_slopes(string kind)
    {
        var notes = new List<string>();
        AttackResult result = Attack(Save(kind), new AttackOptions { Note = notes.Add, Limits = new RunLimits { Iterations = kind == "black or white" ? 200 : 60 } });
        result.Runs[0].Images.ShouldAllBe(image => image.Success);
        RunSettings settings = result.Runs[0].Settings;
        bool isScaled = kind is "hundredth" or "twentieth";
        (settings.Smoothing > 5e-4).ShouldBe(!isScaled, $"μ = {settings.Smoothing}");
        (settings.DistortionWeight < 0.05).ShouldBe(isScaled, $"c = {settings.DistortionWeight}");
        (settings.DistortionWeightFrom is not null).ShouldBe(isScaled);
        notes.ShouldBe(isScaled ? [$"The weight of the distortion is c = {settings.DistortionWeight}, {settings.DistortionWeightFrom}."] : [$"The smoothing is μ = {settings.Smoothing:G4}, {settings.SmoothingFrom}."]);
        result.OverheadQueries.ShouldBe((4 * 17) + (isScaled ? 0 : 4 * 49) + result.Skipped.Count + (3 * Attacked) - (4 - Attacked) * (isScaled ? 17 : 66));
    }

    [Fact]
    public void In_l_infinity_the_weight_follows_the_scale_of_the_scores_and_changes_are_smaller_than_with_the_weight_of_l1()
    {
        AttackOptions options = new() { Limits = new RunLimits { Iterations = 60 }, Levels = null };
        AttackRun Run(string path, double? weight = null) => Attack(path, options with
        {
            Loss = weight is { } c ? new AttackLoss { Norm = DistortionNorm.LInfinity, DistortionWeight = c } : new AttackLoss { Norm = DistortionNorm.LInfinity },
        }).Runs[0];
        AttackRun usual = Run(BundledFile.Path("mnist-lenet.onnx")), scaled = Run(Save("hundredth")), paper = Run(BundledFile.Path("mnist-lenet.onnx"), 0.1);
        usual.Settings.DistortionWeight.ShouldBeInRange(1, 15);
        (usual.Settings.DistortionWeight / scaled.Settings.DistortionWeight).ShouldBe(100, 1, "two digits of c are kept");
        usual.Settings.DistortionWeightFrom!.ShouldStartWith("found from the slopes of the scores (");
        paper.Settings.DistortionWeightFrom.ShouldBeNull();
        foreach (((ImageResult ours, ImageResult hundredth), ImageResult theirs) in usual.Images.Zip(scaled.Images).Zip(paper.Images))
        {
            (ours.Success, hundredth.Success, theirs.Success).ShouldBe((true, true, true));
            ours.Distortion!.LInfinity.ShouldBeLessThan(0.75 * theirs.Distortion!.LInfinity);
            hundredth.Distortion!.LInfinity.ShouldBe(ours.Distortion!.LInfinity, 0.15 * ours.Distortion!.LInfinity);
        }
    }

    /// <summary>
    /// A linear margin whose slopes are all a. A direction's slope is normal with the deviation a√d, so 32 of them tell a within a third, and c is known: 0.3 a, less where a default run has not a query for each value; √d as much in ℓ2 and ℓ∞.
    /// </summary>
    [Theory]
    [InlineData(28, 28)]
    [InlineData(60, 70)]
    [InlineData(224, 224)]
    public void The_weight_follows_the_slopes_the_norm_and_the_size_of_the_image(int height, int width)
    {
        int d = height * width;
        const double Slope = 8;
        using var oracle = new DelegateOracle(d, 2, (x, _, scores) =>
        {
            double sum = 0;
            foreach (float value in x)
            {
                sum += value - 0.5;
            }

            (scores[0], scores[1]) = (10, (float)(Slope * sum));
        });
        using NamedOptimizer optimizer = NamedOptimizer.Create("zo-prox");
        float[] image = [.. Enumerable.Repeat(0.5f, d)];
        double Weight(DistortionNorm norm)
        {
            var loss = new AttackLoss { Norm = norm };
            AttackObjective[] objectives = [.. Enumerable.Range(0, 4).Select(_ => new AttackObjective(image, 0, 2, loss) { Shape = new ImageShape(1, height, width) })];
            return RunScale.Choose(oracle, [optimizer.Optimizer], objectives, new AttackOptions { Loss = loss }).Weight;
        }

        Weight(DistortionNorm.L1).ShouldBe(0.3 * Slope * Math.Sqrt(Math.Min(1, 4201.0 / d)), 0.8 * Slope * Math.Sqrt(Math.Min(1, 4201.0 / d)) / 3);
        double l2 = Weight(DistortionNorm.L2), most = Weight(DistortionNorm.LInfinity);
        most.ShouldBe(0.2 * Slope * Math.Sqrt(d), 0.2 * Slope * Math.Sqrt(d) / 3);
        (most / l2).ShouldBe(0.2 * 28 / 0.3, 1, "both grow with √d");
    }

    [Fact]
    public void A_tree_ensemble_falls_with_a_smoothing_that_is_a_fair_part_of_the_box()
    {
        (string path, ImageSet rows) = Forest();
        foreach (string name in new[] { "zo-lstm-plus", "zo-prox" })
        {
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, rows);
            using NamedOptimizer optimizer = NamedOptimizer.Create(name);
            AttackResult result = new BlackBoxAttack(oracle, optimizer.Optimizer, new AttackOptions()).Run(rows);
            result.Runs[0].Settings.Smoothing.ShouldBeInRange(0.09, 0.4);
            result.Runs[0].Settings.SmoothingFrom.ShouldStartWith("grown with ");
            result.Runs[0].Images.ShouldAllBe(image => image.BlindSteps < 5);
            result.Runs[0].Images.Count(image => image.Success).ShouldBeGreaterThanOrEqualTo(name == "zo-lstm-plus" ? 4 : 1, name);
            result.Warnings.ShouldBeEmpty();
        }
    }

    [Fact]
    public void Every_optimizer_gets_a_smoothing_that_sees_something_with_its_own_or_without()
    {
        string[] names = [.. new OptimizerRegistry().Names, .. BundledOptimizers.Names];
        NamedOptimizer[] optimizers = [.. names.Select(name => NamedOptimizer.Create(name))];
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Save("QDQ"), Digits);
        AttackResult result = new BlackBoxAttack(oracle, [.. optimizers.Select(o => o.Optimizer)], new AttackOptions { Count = 2, Limits = new RunLimits { Iterations = 6 } }).Run(Digits);
        result.Runs.Select(run => run.Optimizer).ShouldBe(optimizers.Select(o => o.Name.Short));
        foreach (AttackRun run in result.Runs)
        {
            run.Settings.Smoothing.ShouldBeGreaterThanOrEqualTo(1e-3, run.Optimizer);
            run.Images.ShouldAllBe(image => image.BlindSteps < 5, run.Optimizer);
        }

        foreach (NamedOptimizer optimizer in optimizers)
        {
            optimizer.Dispose();
        }
    }

    [Fact]
    public void A_model_that_answers_the_same_to_everything_gets_the_largest_smoothing_and_a_warning()
    {
        using var oracle = new DelegateOracle(16, 2, (_, _, scores) =>
        {
            scores[0] = 3;
            scores[1] = 1;
        });
        ImageSet images = new("flat", new ImageShape(1, 4, 4), [.. Enumerable.Repeat(0.5f, 32)], [0, 0]);
        foreach (string name in new[] { "zo-lstm-plus", "zo-adam" })
        {
            using NamedOptimizer optimizer = NamedOptimizer.Create(name);
            AttackResult result = new BlackBoxAttack(oracle, optimizer.Optimizer, new AttackOptions { Limits = new RunLimits { Iterations = 6 } }).Run(images);
            result.Runs[0].Settings.Smoothing.ShouldBe(0.3162, 1e-4);
            result.Warnings.Single().ShouldContain($"{optimizer.Name.Short}: for all 2 images all queries of the first steps gave the same scores (μ = 0.3162)");
        }
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("hundredth")]
    public void What_is_chosen_does_not_depend_on_how_queries_are_packed_or_on_an_interruption(string kind)
    {
        string path = Save(kind);
        var options = new AttackOptions { Count = Attacked, Limits = new RunLimits { Iterations = 8 } };
        string expected = Run(options, 2);
        Run(options with { BatchRows = 1 }, 1).ShouldBe(expected);
        Run(options with { BatchRows = 50, InFlight = 1 }, 3).ShouldBe(expected);
        foreach (int steps in new[] { 1, 10 })
        {
            Run(options, 2, steps).ShouldBeNull();
            Run(options, 2, int.MaxValue).ShouldBe(expected);
        }

        string Run(AttackOptions packed, int threads, int? steps = null)
        {
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, Digits, new OnnxOracleOptions { Threads = threads });
            using NamedOptimizer optimizer = NamedOptimizer.Create("zo-lstm-plus");
            using var stop = new CancellationTokenSource();
            AttackResult result = new AttackSession(oracle, Digits, [optimizer], packed) { Folder = steps is null ? null : _temp.At("run") }.Run(
                _ =>
                {
                    if (--steps == 0)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token);
            return result.Partial ? null! : $"{result.OverheadQueries} {result.Runs[0].Settings} {string.Join(' ', result.Runs[0].Images.Select(AttackOutcome.Of))}";
        }
    }

    [Theory]
    [InlineData("QDQ")]
    [InlineData("Round")]
    [InlineData("bytes")]
    [InlineData("four bits")]
    public void A_smoothing_below_one_step_of_the_models_input_is_obeyed_with_a_warning(string kind)
    {
        AttackResult result = Attack(Save(kind), new AttackOptions { Smoothing = 1e-4 });
        result.Runs[0].Images.ShouldAllBe(image => !image.Success && image.BlindSteps > 5);
        result.Runs[0].Settings.Smoothing.ShouldBe(1e-4);
        result.Warnings[0].ShouldBe(
            "zo-lstm-plus: for all 3 images all queries of the first steps gave the same scores (μ = 0.0001), so the attack had nothing to follow and its success rate there says nothing about robustness; "
            + "measure μ or give a larger one, or export the model without rounding of its input.");
    }

    [Fact]
    public void An_optimizer_that_moves_by_the_distortion_alone_is_told_of_too()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Save("bytes"), Digits);
        using NamedOptimizer optimizer = NamedOptimizer.Create("zo-adam", new NamedOptimizerOptions { Settings = SettingsFile.Read(BundledFile.Path("mnist-lenet.settings.json")) });
        AttackResult result = new BlackBoxAttack(oracle, optimizer.Optimizer, new AttackOptions { Count = Attacked, Smoothing = 1e-4, Limits = new RunLimits { Iterations = 60 } }).Run(Digits);
        result.Runs[0].Images.ShouldAllBe(image => !image.Success);
        result.Warnings[0].ShouldContain("zo-adam: for all 3 images the loss fell by less than a tenth (c = 0.1, μ = 0.0001)");
    }

    [Fact]
    public void A_weight_of_the_distortion_that_no_change_can_pay_for_is_obeyed_with_a_warning()
    {
        AttackResult result = Attack(Save("hundredth"), new AttackOptions { Loss = new AttackLoss { DistortionWeight = 0.1 } });
        result.Runs[0].Images.ShouldAllBe(image => !image.Success);
        result.Warnings.Single().ShouldContain("the loss fell by less than a tenth (c = 0.1, ");
    }

    [Fact]
    public void Probabilities_that_the_user_insists_on_are_named_where_they_are_exactly_0_and_1()
    {
        AttackResult result = Attack(Save("sure"), new AttackOptions { Scores = ScoreKind.Probabilities }, new OnnxOracleOptions { Scores = ScoreKind.Probabilities }, "zo-adam");
        result.Runs[0].Images.ShouldContain(image => !image.Success);
        result.Warnings.Single().ShouldMatch(@"^zo-adam: for (all 3|[12] of 3) images all queries of the first steps gave the same scores \(μ = 0\.3162; probabilities are exactly 0 or 1\)");
    }

    [Fact]
    public void Warnings_are_in_the_document_and_an_interrupted_run_resumes_to_the_same_ones()
    {
        string path = Save("bytes");
        AttackResult whole = Run("whole", 1000);
        whole.Warnings.Count.ShouldBe(2, "that of the run and that of the model");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_temp.At("whole/result.json")));
        AttackResult.Parse(json.RootElement).Warnings.ShouldBe(whole.Warnings);

        Run("cut", 20).Partial.ShouldBeTrue();
        AttackResult resumed = Run("cut", 1000);
        resumed.Warnings.ShouldBe(whole.Warnings);
        resumed.Runs[0].Images.Select(image => image.BlindSteps).ShouldBe(whole.Runs[0].Images.Select(image => image.BlindSteps));

        AttackResult Run(string folder, int steps)
        {
            using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, Digits);
            using NamedOptimizer optimizer = NamedOptimizer.Create("zo-lstm-plus");
            using var stop = new CancellationTokenSource();
            var options = new AttackOptions { Count = Attacked, Smoothing = 1e-4, Limits = new RunLimits { Iterations = 30 } };
            return new AttackSession(oracle, Digits, [optimizer], options) { Folder = _temp.At(folder) }.Run(
                _ =>
                {
                    if (--steps == 0)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token);
        }
    }

    [Fact]
    public void A_run_is_not_resumed_on_scores_from_behind_the_activation_that_it_was_started_in_front_of()
    {
        string path = Save("sure");
        var cut = new RunIdentity();
        var whole = new RunIdentity();
        using (OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path))
        {
            oracle.AddTo(cut);
        }

        using (OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Scores = ScoreKind.Probabilities }))
        {
            oracle.AddTo(whole);
        }

        Should.Throw<InputException>(() => cut.ThrowIfOther(whole, "F")).Message.ShouldContain("removed activation = Softmax, not none");
    }

    private static AttackResult Attack(string path, AttackOptions? options = null, OnnxOracleOptions? model = null, string name = "zo-lstm-plus")
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, Digits, model);
        using NamedOptimizer optimizer = NamedOptimizer.Create(name);
        return new BlackBoxAttack(oracle, optimizer.Optimizer, (options ?? new AttackOptions { Limits = new RunLimits { Iterations = 60 } }) with { Count = Attacked }).Run(Digits);
    }

    private string Save(string kind)
    {
        float levels = kind switch { "four bits" => 15, "black or white" => 1, _ => 255 }, factor = kind switch { "sure" => 200, "twentieth" => 0.05f, _ => 0.01f };
        OnnxWriter writer = new OnnxWriter().Input("x", kind == "bytes" ? OnnxWriter.UInt8 : OnnxWriter.Float32, "N", 1, 28, 28).Constant("levels", [], levels).Constant("factor", [], factor);
        writer = kind switch
        {
            "QDQ" => writer.Constant("scale", [], 1 / 255f).Raw("zero", OnnxWriter.UInt8, [], (byte)0).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]).Node("DequantizeLinear", ["q", "scale", "zero"], ["inner"]),
            "Round" or "four bits" or "black or white" => writer.Node("Mul", ["x", "levels"], ["m"]).Node("Round", ["m"], ["r"]).Node("Div", ["r", "levels"], ["inner"]),
            "truncating" => writer.Node("Mul", ["x", "levels"], ["m"]).Node("Cast", ["m"], ["u"], ("to", (long)OnnxWriter.UInt8)).Node("Cast", ["u"], ["f"], ("to", (long)OnnxWriter.Float32)).Node("Div", ["f", "levels"], ["inner"]),
            "bytes" => writer.Node("Cast", ["x"], ["f"], ("to", (long)OnnxWriter.Float32)).Node("Div", ["f", "levels"], ["inner"]),
            "float16" => writer.Node("Cast", ["x"], ["h"], ("to", (long)OnnxWriter.Float16)).Node("Cast", ["h"], ["inner"], ("to", (long)OnnxWriter.Float32)),
            _ => writer.Node("Identity", ["x"], ["inner"]),
        };
        writer.Body(BundledFile.Path("mnist-lenet.onnx"), ("image", "inner"), ("logits", "scores"));
        _ = kind switch
        {
            "hundredth" or "twentieth" => writer.Node("Mul", ["scores", "factor"], ["y"]),
            "sure" => writer.Node("Mul", ["scores", "factor"], ["z"]).Node("Softmax", ["z"], ["y"], ("axis", 1L)),
            "float16" or "float16 scores" => writer.Node("Cast", ["scores"], ["hy"], ("to", (long)OnnxWriter.Float16)).Node("Cast", ["hy"], ["y"], ("to", (long)OnnxWriter.Float32)),
            _ => writer.Node("Identity", ["scores"], ["y"]),
        };
        return writer.Output("y", OnnxWriter.Float32, "N", 10).Save(_temp.At($"{kind}.onnx"));
    }

    // Stumps on features of two prototypes, 0.12 from the threshold, as exporters of random forests write them.
    private (string Path, ImageSet Rows) Forest()
    {
        const int Features = 36, Trees = 61;
        static int ClassAbove(int feature) => feature % 2;
        static int Feature(long tree) => (int)(tree * tree * 5 % 23);
        long[] trees = [.. Enumerable.Range(0, 3 * Trees).Select(i => i / 3L)], nodes = [.. Enumerable.Range(0, 3 * Trees).Select(i => i % 3L)];
        bool[] isBranch = [.. nodes.Select(node => node == 0)];
        long[] leafTrees = [.. Enumerable.Range(0, 4 * Trees).Select(i => i / 4L)], leaves = [.. Enumerable.Range(0, 4 * Trees).Select(i => 1 + (i / 2 % 2L))];
        List<float> weights = [.. leafTrees.Select((tree, i) => (leaves[i] == 2 ? ClassAbove(Feature(tree)) : 1 - ClassAbove(Feature(tree))) == i % 2 ? 0.9f / Trees : 0.1f / Trees)];
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", Features).Node(
            "ai.onnx.ml.TreeEnsembleClassifier", ["x"], ["label", "y"], ("nodes_treeids", trees), ("nodes_nodeids", nodes),
            ("nodes_featureids", trees.Select((tree, i) => isBranch[i] ? Feature(tree) : 0L).ToArray()), ("nodes_modes", isBranch.Select(branch => branch ? "BRANCH_LEQ" : "LEAF").ToArray()),
            ("nodes_values", isBranch.Select(branch => branch ? 0.5f : 0).ToList()), ("nodes_truenodeids", isBranch.Select(branch => branch ? 1L : 0).ToArray()),
            ("nodes_falsenodeids", isBranch.Select(branch => branch ? 2L : 0).ToArray()), ("class_treeids", leafTrees), ("class_nodeids", leaves),
            ("class_ids", leafTrees.Select((_, i) => i % 2L).ToArray()), ("class_weights", weights), ("classlabels_int64s", new long[] { 0, 1 }), ("post_transform", "NONE"))
            .Output("label", OnnxWriter.Int64, "N").Output("y", OnnxWriter.Float32, "N", 2).Save(_temp.At("forest.onnx"));
        int[] labels = [.. Enumerable.Range(0, 6).Select(i => i % 2)];
        float[] pixels = [.. labels.SelectMany((label, i) => Enumerable.Range(0, Features).Select(f => 0.5f + (ClassAbove(f) == label ? 0.12f : -0.12f) + (0.02f * (float)Math.Sin((37 * i) + (11 * f)))))];
        return (path, new ImageSet("rows", new ImageShape(1, 1, Features), pixels, labels));
    }
}
