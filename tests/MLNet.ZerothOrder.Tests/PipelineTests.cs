using Microsoft.ML;
using Microsoft.ML.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class PipelineTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void An_attack_stands_anywhere_in_a_pipeline()
    {
        var pipeline = _ml.Transforms.CopyColumns("image", "Features")
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.ZerothOrder().BlackBoxAttack(Digits.Options))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.Transforms.CopyColumns("image", "Adversarial"))
            .Append(_ml.Transforms.ApplyOnnxModel("logits", "image", Digits.LeNet));
        ITransformer fitted = pipeline.Fit(_ml.View(3));
        IDataView scored = fitted.Transform(_ml.View(12));

        // ONNX Runtime as ML.NET runs it agrees on every adversarial row.
        int[] predicted = [.. scored.GetColumn<float[]>("logits").Select(scores => Array.IndexOf(scores, scores.Max()))];
        predicted.ShouldBe(scored.GetColumn<int>("AdversarialLabel"));
        scored.GetColumn<bool>("Success").ShouldContain(true);
    }

    [Fact]
    public void Cross_validation_gives_the_accuracy_under_attack()
    {
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Key", "Label", keyData: _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 10).Select(i => new Value { Label = i }))).Fit(_ml.View(1)).Transform(_ml.View(20));
        var pipeline = _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { LabelColumnName = "Key" })
            .Append(_ml.Transforms.CopyColumns("image", "Adversarial"))
            .Append(_ml.Transforms.ApplyOnnxModel("logits", "image", Digits.LeNet))
            .Append(_ml.Transforms.CopyColumns("Score", "logits"))
            .Append(_ml.Transforms.CopyColumns("PredictedLabel", "AdversarialLabel"));

        foreach (var fold in _ml.MulticlassClassification.CrossValidate(data, pipeline, numberOfFolds: 2, labelColumnName: "Key"))
        {
            RobustnessMetrics robustness = _ml.ZerothOrder().EvaluateRobustness(fold.ScoredHoldOutSet);
            robustness.Attacked.ShouldBeGreaterThan(0);
            fold.Metrics.MicroAccuracy.ShouldBe(robustness.AccuracyUnderAttack, 1e-9);
        }
    }

    [Fact]
    public void Robustness_is_what_the_rows_say()
    {
        const int Count = 25;
        Digits.Digit[] rows = [.. Digits.Rows(Count)];
        rows[0].Label = (rows[0].Label + 1) % 10;
        IDataView attacked = _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { Attack = Digits.Options.Attack with { Limits = new RunLimits { Iterations = 3 } } })
            .Fit(_ml.View(2)).Transform(_ml.Data.LoadFromEnumerable(rows));
        AttackedDigit[] seen = _ml.Read(attacked);
        RobustnessMetrics metrics = _ml.ZerothOrder().EvaluateRobustness(attacked);
        AttackedDigit[] hit = [.. seen.Where(row => row.Success)];

        (metrics.Rows, metrics.Attacked, metrics.Successes).ShouldBe((Count, seen.Count(row => row.Queries > 0), hit.Length));
        hit.Length.ShouldBeInRange(1, Count - 2);
        metrics.SuccessRate.ShouldBe((double)hit.Length / metrics.Attacked);
        metrics.SuccessRateInterval95.Low.ShouldBeLessThan(metrics.SuccessRate);
        metrics.SuccessRateInterval95.High.ShouldBeGreaterThan(metrics.SuccessRate);
        metrics.CleanAccuracy.ShouldBe((double)metrics.Attacked / Count);
        metrics.AccuracyUnderAttack.ShouldBe((double)(metrics.Attacked - hit.Length) / Count);
        metrics.TotalQueries.ShouldBe(seen.Sum(row => row.Queries));
        metrics.Distortion!.Max.ShouldBe(hit.Max(row => row.Distortion), 1e-6);
        foreach (long budget in (long[])[0, 21, 64, 148, 253, long.MaxValue])
        {
            metrics.AccuracyAt(budget).ShouldBe((metrics.Attacked - hit.Count(row => row.QueriesToSuccess <= budget)) / (double)Count, 1e-12);
        }

        long[] first = [.. hit.Select(row => row.QueriesToSuccess).Order()];
        metrics.MedianQueriesToSuccess.ShouldBe((first[(first.Length - 1) / 2] + first[first.Length / 2]) / 2.0);
    }

    [Fact]
    public void Robustness_of_nothing_is_not_a_number()
    {
        IDataView attacked = _ml.ZerothOrder().BlackBoxAttack(Digits.Options).Fit(_ml.View(2)).Transform(_ml.View(0));
        RobustnessMetrics metrics = _ml.ZerothOrder().EvaluateRobustness(attacked);

        metrics.Rows.ShouldBe(0);
        metrics.SuccessRate.ShouldBe(double.NaN);
        metrics.SuccessRateInterval95.ShouldBe(new Interval(0, 1));
        metrics.Distortion.ShouldBeNull();
    }

    [Fact]
    public void Robustness_wants_the_attacks_columns()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => _ml.ZerothOrder().EvaluateRobustness(_ml.View(2))).Message
            .ShouldContain("Could not find attack column 'Success'; the columns are Id, Features, Label");
    }

    private sealed class Value
    {
        public int Label { get; set; }
    }
}
