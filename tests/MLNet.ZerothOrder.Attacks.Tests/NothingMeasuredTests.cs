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

    [Theory]
    [InlineData("QDQ")]
    [InlineData("Round")]
    [InlineData("bytes")]
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
    public void A_weight_of_the_distortion_that_no_change_can_pay_for_is_obeyed_with_a_warning()
    {
        AttackResult result = Attack(Save("hundredth"), new AttackOptions { Loss = new AttackLoss { DistortionWeight = 0.1 } });
        result.Runs[0].Images.ShouldAllBe(image => !image.Success);
        result.Warnings.Single().ShouldContain("the loss never fell below that of the clean image (c = 0.1, ");
    }

    [Fact]
    public void Probabilities_that_the_user_insists_on_are_named_where_they_are_exactly_0_and_1()
    {
        AttackResult result = Attack(Save("sure"), new AttackOptions { Scores = ScoreKind.Probabilities }, new OnnxOracleOptions { Scores = ScoreKind.Probabilities });
        result.Runs[0].Images.ShouldAllBe(image => !image.Success);
        result.Warnings.Single().ShouldContain("probabilities are exactly 0 or 1");
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

    private static AttackResult Attack(string path, AttackOptions? options = null, OnnxOracleOptions? model = null)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, Digits, model);
        using NamedOptimizer optimizer = NamedOptimizer.Create("zo-lstm-plus");
        return new BlackBoxAttack(oracle, optimizer.Optimizer, (options ?? new AttackOptions()) with { Count = Attacked, Limits = new RunLimits { Iterations = 60 } }).Run(Digits);
    }

    private string Save(string kind)
    {
        OnnxWriter writer = new OnnxWriter().Input("x", kind == "bytes" ? OnnxWriter.UInt8 : OnnxWriter.Float32, "N", 1, 28, 28).Constant("levels", [], 255).Constant("factor", [], kind == "sure" ? 40 : 0.01f);
        writer = kind switch
        {
            "QDQ" => writer.Constant("scale", [], 1 / 255f).Raw("zero", OnnxWriter.UInt8, [], (byte)0).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"]).Node("DequantizeLinear", ["q", "scale", "zero"], ["inner"]),
            "Round" => writer.Node("Mul", ["x", "levels"], ["m"]).Node("Round", ["m"], ["r"]).Node("Div", ["r", "levels"], ["inner"]),
            "bytes" => writer.Node("Cast", ["x"], ["f"], ("to", (long)OnnxWriter.Float32)).Node("Div", ["f", "levels"], ["inner"]),
            _ => writer.Node("Identity", ["x"], ["inner"]),
        };
        writer.Body(BundledFile.Path("mnist-lenet.onnx"), ("image", "inner"), ("logits", "scores"));
        _ = kind switch
        {
            "hundredth" => writer.Node("Mul", ["scores", "factor"], ["y"]),
            "sure" => writer.Node("Mul", ["scores", "factor"], ["z"]).Node("Softmax", ["z"], ["y"], ("axis", 1L)),
            _ => writer.Node("Identity", ["scores"], ["y"]),
        };
        return writer.Output("y", OnnxWriter.Float32, "N", 10).Save(_temp.At($"{kind}.onnx"));
    }
}
