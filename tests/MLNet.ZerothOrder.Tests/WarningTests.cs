using Microsoft.ML;
using Microsoft.ML.Runtime;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class WarningTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _log = [];

    public WarningTests() => _ml.Log += (_, e) =>
    {
        if (e.Source.Contains("BlackBoxAttack", StringComparison.Ordinal) && e.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Info)
        {
            lock (_log)
            {
                _log.Add($"{e.Kind}: {e.RawMessage}");
            }
        }
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_chooses_a_smoothing_that_sees_something_behind_an_input_in_bytes()
    {
        using BlackBoxAttackTransformer transformer = Fit(Digits.Options.Attack with { Limits = new RunLimits { Iterations = 60 } });

        transformer.Attack.Smoothing!.Value.ShouldBeGreaterThan(1e-3);
        transformer.Attack.Loss.HasDefaultWeight.ShouldBeFalse("rows do not choose a weight of their own");
        _ml.Read(transformer.Transform(_ml.View(2))).ShouldAllBe(row => row.Success);
        _log.ShouldContain(line => line.StartsWith("Info: The smoothing is μ = ", StringComparison.Ordinal));
        transformer.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void A_given_smoothing_that_sees_nothing_is_a_warning_of_the_transformer_and_once_in_the_log()
    {
        using BlackBoxAttackTransformer transformer = Fit(Digits.Options.Attack with { Smoothing = 1e-4 });
        transformer.Attack.Smoothing!.Value.ShouldBe(1e-4, 1e-9);
        transformer.Warnings.ShouldBeEmpty();

        _ml.Read(transformer.Transform(_ml.View(5))).ShouldAllBe(row => !row.Success);

        transformer.Warnings.Single().ShouldContain("all queries of the first steps gave the same scores (μ = 0.0001)");
        _log.Where(line => line.StartsWith("Warning: ", StringComparison.Ordinal)).ShouldBe([$"Warning: {transformer.Warnings.Single()}"]);
    }

    [Fact]
    public void What_is_not_guaranteed_for_the_classifier_is_a_warning_from_the_start()
    {
        string path = CompanyModels.All["dynamically quantised"]().Save(_folder.File("m.onnx"));
        BlackBoxAttackOptions options = Digits.Options with { ModelPath = path, Attack = Digits.Options.Attack with { Smoothing = 0.01, Loss = new AttackLoss { DistortionWeight = 0.1 } } };
        var rows = _ml.Data.LoadFromEnumerable(Array.Empty<Row>());
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(options).Fit(rows);
        transformer.Warnings.Single().ShouldContain("is asked one image a call");
        _log.ShouldContain($"Warning: {transformer.Warnings.Single()}");
    }

    private BlackBoxAttackTransformer Fit(AttackOptions attack)
    {
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 28, 28).Constant("levels", [], 255).Node("Mul", ["x", "levels"], ["m"]).Node("Round", ["m"], ["r"]).Node("Div", ["r", "levels"], ["inner"])
            .Body(Digits.LeNet, ("image", "inner"), ("logits", "scores")).Output("scores", OnnxWriter.Float32, "N", 10).Save(_folder.File("rounding.onnx"));
        return _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { ModelPath = path, Attack = attack }).Fit(_ml.View(3));
    }

    private sealed class Row
    {
        [Microsoft.ML.Data.VectorType(144)]
        public float[] Features { get; set; } = [];

        public int Label { get; set; }
    }
}
