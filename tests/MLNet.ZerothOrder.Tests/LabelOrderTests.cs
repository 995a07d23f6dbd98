using Microsoft.ML;
using Microsoft.ML.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>The clean accuracy of an attack is ML.NET's own, whatever the labels are and in whatever order training met them.</summary>
public sealed class LabelOrderTests
{
    private static readonly string[] Words = ["zebra", "ant", "mole"];

    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("sdca", "Number", 0)]
    [InlineData("sdca", "Number", 1)]
    [InlineData("sdca", "Single", 2)]
    [InlineData("sdca", "Long", 1)]
    [InlineData("sdca", "Word", 1)]
    [InlineData("one versus all", "Number", 2)]
    [InlineData("one versus all", "Small", 1)]
    [InlineData("naive bayes", "Single", 1)]
    public void Clean_accuracy_is_that_of_ML_NET(string trainer, string label, int first)
    {
        // Training meets class `first` first, which becomes key 1.
        IDataView data = View(first), test = View((first + 1) % 3);
        ITransformer keys = _ml.Transforms.Conversion.MapValueToKey("Key", label).Fit(data);
        IDataView keyed = keys.Transform(data);
        ITransformer model = trainer switch
        {
            "sdca" => _ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Key", maximumNumberOfIterations: 20).Fit(keyed),
            "naive bayes" => _ml.MulticlassClassification.Trainers.NaiveBayes("Key").Fit(keyed),
            _ => _ml.MulticlassClassification.Trainers.OneVersusAll(_ml.BinaryClassification.Trainers.SdcaLogisticRegression("Key", maximumNumberOfIterations: 20), "Key").Fit(keyed),
        };
        IDataView testKeyed = keys.Transform(test);
        double expected = _ml.MulticlassClassification.Evaluate(model.Transform(testKeyed), "Key").MicroAccuracy;
        expected.ShouldBeGreaterThan(trainer == "naive bayes" ? 0.3 : 0.9);

        // The keys of training, keys in another order, and the labels themselves.
        Accuracy(model, testKeyed, "Key").ShouldBe(expected);
        Accuracy(model, _ml.Transforms.Conversion.MapValueToKey("Key", label).Fit(test).Transform(test), "Key").ShouldBe(expected);
        if (label is "Number" or "Word")
        {
            Accuracy(model, test, label).ShouldBe(expected);
        }
    }

    [Fact]
    public void The_class_of_an_adversarial_row_is_a_label_as_training_had_them()
    {
        IDataView data = View(1);
        ITransformer model = _ml.Transforms.Conversion.MapValueToKey("Key", "Number").Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Key", maximumNumberOfIterations: 20)).Fit(data).LastTransformer;
        IDataView attacked = Attack(model, data, "Number");
        int[] labels = [.. attacked.GetColumn<int>("Number")], found = [.. attacked.GetColumn<int>("AdversarialLabel")];
        bool[] success = [.. attacked.GetColumn<bool>("Success")];
        success.ShouldContain(true);
        found.ShouldAllBe(label => label == 7 || label == 3 || label == 9);
        found.Zip(labels).Zip(success).ShouldAllBe(row => (row.First.First != row.First.Second) == row.Second);
    }

    private double Accuracy(ITransformer model, IDataView data, string label) => _ml.ZerothOrder().EvaluateRobustness(Attack(model, data, label)).CleanAccuracy;

    private IDataView Attack(ITransformer model, IDataView data, string label) => _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
    {
        Target = _ml.ZerothOrder().FromTransformer(model, "Features", "Score"),
        LabelColumnName = label,
        Optimizer = "zo-sgd",
        Attack = Points.Attack with { Limits = new RunLimits { Iterations = label == "Number" ? 10 : 1 } },
    }).Fit(data).Transform(data);

    private IDataView View(int first) => _ml.Data.LoadFromEnumerable(Points.Rows(24).Skip(first).Select(point => new Row
    {
        Features = point.Features,
        Number = new[] { 7, 3, 9 }[point.Label],
        Single = new[] { 2f, 0f, 1f }[point.Label],
        Long = new[] { 2L, 1L, 0L }[point.Label],
        Small = new byte[] { 1, 2, 0 }[point.Label],
        Word = Words[point.Label],
    }).ToArray());

    private sealed class Row
    {
        [VectorType(Points.Dimension)]
        public float[] Features { get; set; } = [];

        public int Number { get; set; }

        public float Single { get; set; }

        public long Long { get; set; }

        public byte Small { get; set; }

        public string Word { get; set; } = "";
    }
}
