using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class FitTests
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<AttackTraining, string> Trainings => new()
    {
        { AttackTraining.FineTune, "zo-lstm-plus" },
        { AttackTraining.FromScratch, "zo-lstm-plus" },
        { AttackTraining.FineTune, "zo-lstm-mnist" },
    };

    [Fact]
    public void Without_training_the_optimizer_stays_as_it_is()
    {
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { Optimizer = "zo-lstm-mnist" }).Fit(_ml.View(2));

        transformer.Optimizer!.Update.Values.ToArray().ShouldBe(OptimizerFile.Describe(BundledOptimizers.Read("zo-lstm-mnist"), "").Model.Update.Values.ToArray());
        transformer.Attack.Smoothing!.Value.ShouldBe(1e-4, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Trainings))]
    public void Fit_learns_on_its_rows(AttackTraining training, string optimizer)
    {
        BlackBoxAttackOptions options = Digits.Options with
        {
            Optimizer = optimizer,
            Training = training,
            TrainingRows = 12,
            // Many validations, of which some is better than the bundled weights, whatever the last bits of the scores.
            Trainer = new TrainerOptions { Problems = 20, SideBySide = 2, Epoch = 2, Horizon = 20, FinalRate = 1, Gradient = MetaGradient.Parse("directions:16") },
        };
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(options).Fit(_ml.View(16, GeneratedDigits.TrainSeed));
        using BlackBoxAttackTransformer again = _ml.ZerothOrder().BlackBoxAttack(options).Fit(_ml.View(16, GeneratedDigits.TrainSeed));
        LearnedModel bundled = OptimizerFile.Describe(BundledOptimizers.Read(optimizer), "").Model;

        transformer.Optimizer!.Kind.ShouldBe(bundled.Kind);
        transformer.Optimizer.TrainedOn.ShouldContain("rows of a data view");
        double.IsFinite(transformer.Optimizer.ValidationLoss).ShouldBeTrue();
        OptimizerFile.ToBytes(transformer.Optimizer).ShouldBe(OptimizerFile.ToBytes(again.Optimizer!));
        Weights(transformer.Optimizer).ShouldNotBe(Weights(bundled));
        _ml.Read(transformer.Transform(_ml.View(3))).Length.ShouldBe(3);
    }

    [Fact]
    public void A_hand_designed_optimizer_gets_its_smoothing_measured_once()
    {
        BlackBoxAttackOptions options = Digits.Options with { Optimizer = "zo-adam", Attack = Digits.Options.Attack with { Scores = null } };
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(options).Fit(_ml.View(5));

        transformer.Optimizer.ShouldBeNull();
        transformer.Attack.Smoothing!.Value.ShouldBeInRange(1e-6, 1e-2);
        transformer.Attack.Scores.ShouldBe(ScoreKind.Logits);
        using BlackBoxAttackTransformer fixedSmoothing = _ml.ZerothOrder().BlackBoxAttack(
            options with { Attack = options.Attack with { Smoothing = transformer.Attack.Smoothing, Scores = ScoreKind.Logits }, LookAhead = 1 }).Fit(_ml.View(0));
        _ml.Read(fixedSmoothing.Transform(_ml.View(4))).Select(row => row.Bits).ShouldBe(_ml.Read(transformer.Transform(_ml.View(4))).Select(row => row.Bits));
    }

    [Fact]
    public void Trees_can_be_attacked_though_they_have_no_gradients()
    {
        IDataView data = Points.View(_ml, 120, 2);
        FastTreeBinaryTrainer trainer = _ml.BinaryClassification.Trainers.FastTree("Is", numberOfLeaves: 8, numberOfTrees: 20, minimumExampleCountPerLeaf: 2);
        ITransformer model = trainer.Fit(data);
        IDataView attacked = Attack(model, data, "Is");

        RobustnessMetrics metrics = _ml.ZerothOrder().EvaluateRobustness(attacked);
        metrics.CleanAccuracy.ShouldBeGreaterThan(0.95);
        metrics.SuccessRate.ShouldBeGreaterThan(0.5);
        IDataView rescored = model.Transform(_ml.Transforms.CopyColumns("Features", "Adversarial").Fit(attacked).Transform(attacked));
        rescored.GetColumn<bool>("PredictedLabel").ShouldBe(rescored.GetColumn<bool>("AdversarialLabel"));
    }

    [Fact]
    public void An_apply_ONNX_model_chain_is_the_same_target_as_its_file()
    {
        ITransformer chain = _ml.Transforms.CopyColumns("image", "Features").Append(_ml.Transforms.ApplyOnnxModel("logits", "image", Digits.LeNet)).Fit(_ml.View(1));
        BlackBoxAttackOptions options = Digits.Options with { Attack = Digits.Options.Attack with { Limits = new RunLimits { Iterations = 5 } } };
        using BlackBoxAttackTransformer file = _ml.ZerothOrder().BlackBoxAttack(options).Fit(_ml.View(2));
        using BlackBoxAttackTransformer model = _ml.ZerothOrder().BlackBoxAttack(
            options with { ModelPath = null, Target = _ml.ZerothOrder().FromTransformer(chain, "Features", "logits") }).Fit(_ml.View(2));

        _ml.Read(model.Transform(_ml.View(3))).Select(row => row.Bits).ShouldBe(_ml.Read(file.Transform(_ml.View(3))).Select(row => row.Bits));
    }

    [Fact]
    public void Channels_may_lie_pixel_by_pixel()
    {
        using var folder = new TempFolder();
        var planes = new TinyClassifier { Image = new ImageShape(3, 4, 4), Gain = 8 };
        TinyClassifier pixels = planes with { Layout = ImageLayout.Nhwc };
        float[][] images = [.. Enumerable.Range(0, 6).Select(planes.Pixels)];
        IDataView byPlane = _ml.Data.LoadFromEnumerable(images.Select(image => new Colour { Features = image, Label = Class(planes, image) }));
        IDataView byPixel = _ml.Data.LoadFromEnumerable(images.Select(image => new Colour { Features = Interleaved(image), Label = Class(planes, image) }));
        using BlackBoxAttackTransformer a = _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { ModelPath = planes.Save(folder.File("planes.onnx")) }).Fit(byPlane);
        using BlackBoxAttackTransformer b = _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { ModelPath = pixels.Save(folder.File("pixels.onnx")) }).Fit(byPixel);

        float[][] expected = [.. a.Transform(byPlane).GetColumn<float[]>("Adversarial")];
        float[][] seen = [.. b.Transform(byPixel).GetColumn<float[]>("Adversarial")];
        a.Transform(byPlane).GetColumn<bool>("Success").ShouldContain(true);
        seen.ShouldBe(expected.Select(Interleaved));
    }

    [Theory]
    [InlineData("Features", "Features", "The model gives no column 'Scores'")]
    [InlineData("Features", "Label", "of type")]
    [InlineData("Pixels", "Score", "does not run with only a column 'Pixels' of 6 floats")]
    public void A_model_that_does_not_fit_is_refused(string input, string score, string message)
    {
        IDataView data = Points.View(_ml);
        ITransformer model = Points.Linear(_ml, data);
        string wanted = message.Contains("'Scores'", StringComparison.Ordinal) ? "Scores" : score == "Label" ? "PredictedLabel" : score;
        Refused(new BlackBoxAttackOptions { Target = _ml.ZerothOrder().FromTransformer(model, input, wanted), Attack = Points.Attack }, data).ShouldContain(message);
    }

    [Fact]
    public void Options_that_do_not_go_together_are_refused()
    {
        IDataView data = _ml.View(2);
        Refused(new BlackBoxAttackOptions(), data).ShouldBe("There is no classifier to attack; give ModelPath or Target.");
        Refused(Digits.Options with { Target = _ml.ZerothOrder().FromOnnx(Digits.LeNet) }, data).ShouldContain("give one classifier");
        Refused(Digits.Options with { ModelPath = "nowhere.onnx" }, data).ShouldContain("'nowhere.onnx' does not exist");
        Refused(Digits.Options with { Optimizer = "zo-lstm-plos" }, data).ShouldContain("did you mean 'zo-lstm-plus'?");
        Refused(Digits.Options with { Optimizer = "missing.onnx" }, data).ShouldContain("missing.onnx");
        Refused(Digits.Options with { Optimizer = "zo-sgd", Training = AttackTraining.FineTune }, data).ShouldContain("hand-designed and cannot learn");
        Refused(Digits.Options with { Settings = new OptimizerSettings() }, data).ShouldContain("has no Settings");
        Refused(Digits.Options with { Attack = new AttackOptions { Count = 3 } }, data).ShouldContain("Attack.Count has no effect");
        Refused(Digits.Options with { Attack = new AttackOptions { Trials = 2 } }, data).ShouldContain("Attack.Trials has no effect");
        Refused(Digits.Options with { Minimum = 1 }, data).ShouldContain("a Minimum below Maximum");
        Refused(Digits.Options with { Maximum = 0.5f, Attack = new AttackOptions() }, data).ShouldContain("outside 0..0.5");
        Refused(Digits.Options with { ClassNames = ["a", "b"] }, data).ShouldContain("2 class names are given");
        Refused(Digits.Options, Points.View(_ml)).ShouldContain("has 6 values per row");
        Refused(Digits.Options with { Attack = new AttackOptions() }, _ml.View(0)).ShouldContain("Fit got no rows");
    }

    [Fact]
    public void A_label_that_is_no_class_is_named()
    {
        Digits.Digit[] rows = [.. Digits.Rows(2)];
        rows[1].Label = 10;
        Refused(Digits.Options with { Attack = new AttackOptions() }, _ml.Data.LoadFromEnumerable(rows)).ShouldBe("Label 10 of column 'Label' is outside 0..9 for a classifier with 10 classes; correct the labels.");
        IDataView points = Points.View(_ml);
        ITransformer model = Points.Linear(_ml, points);
        Refused(new BlackBoxAttackOptions { Target = _ml.ZerothOrder().FromTransformer(model), LabelColumnName = "Name", Attack = Points.Attack }, points).ShouldContain(
            "Label 'class 0' of column 'Name' is not among the classes 0, 1, 2; give the classes' names");
    }

    [Fact]
    public void A_failing_model_is_an_oracle_exception()
    {
        IDataView data = Points.View(_ml);
        ITransformer model = _ml.Transforms.CustomMapping<Points.Point, Failing>((_, _) => throw new InvalidOperationException("no answer today"), null).Fit(data);
        Should.Throw<OracleException>(() => _ml.ZerothOrder().BlackBoxAttack(
            new BlackBoxAttackOptions { Target = _ml.ZerothOrder().FromTransformer(new OnlyFeatures(model)), Attack = Points.Attack }).Fit(data)).Message.ShouldContain("The model failed on a call of");
    }

    private static float[] Weights(LearnedModel model) => model.Query is { } query ? [.. model.Update.Values, .. query.Values] : [.. model.Update.Values];

    private static int Class(TinyClassifier classifier, float[] image) => Array.IndexOf(classifier.Expected(image), classifier.Expected(image).Max());

    private static float[] Interleaved(float[] image) => [.. Enumerable.Range(0, image.Length).Select(i => image[(i % 3 * 16) + (i / 3)])];

    private IDataView Attack(ITransformer model, IDataView data, string label) => _ml.ZerothOrder().BlackBoxAttack(
        new BlackBoxAttackOptions { Target = _ml.ZerothOrder().FromTransformer(model), LabelColumnName = label, Attack = Points.Attack with { Smoothing = 0.15 } }).Fit(data).Transform(data);

    private string Refused(BlackBoxAttackOptions options, IDataView data) => Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(options).Fit(data)).Message;

    private sealed class Colour
    {
        [VectorType(48)]
        public float[] Features { get; set; } = [];

        public int Label { get; set; }
    }

    private sealed class Failing
    {
        [VectorType(3)]
        public float[] Score { get; set; } = [];
    }

    // Gives the columns that the inner model wants besides the features.
    private sealed class OnlyFeatures(ITransformer inner) : ITransformer
    {
        private readonly MLContext _own = new();

        public bool IsRowToRowMapper => false;

        public IDataView Transform(IDataView input) => inner.Transform(Extend(input));

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(Points.View(_own).Schema);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public void Save(ModelSaveContext ctx) => throw new NotSupportedException();

        private IDataView Extend(IDataView input) => _own.Data.LoadFromEnumerable(
            input.GetColumn<float[]>("Features").Select(features => new Points.Point { Features = features }).ToArray());
    }
}
