#!/usr/bin/env bash
# ML.NET 5.0.1: rows whose score is NaN do not count in any metric.
#
# A classifier that gives NaN for nine rows of ten and is right on the tenth is evaluated as accuracy 1, area under the curve 1. Regression and
# multiclass metrics leave such rows out, too. No public property of the metrics tells how many rows were left out.
# Surprising because a row without an answer is an error of the classifier, and a diverged network scores best of all.
# Who meets it: whoever tunes or compares models by these metrics: large learning rates, rows with missing values, attacks that drive a model into NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:package Microsoft.ML@5.0.1
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(1);
var binary = ml.BinaryClassification.Evaluate(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new Binary
{
    Label = i % 2 == 0, Score = i >= 2 ? float.NaN : i == 0 ? 1 : -1, Probability = i >= 2 ? float.NaN : i == 0 ? 0.9f : 0.1f, PredictedLabel = i == 0,
})));
var regression = ml.Regression.Evaluate(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new Number
{
    Label = i, Score = i >= 2 ? float.NaN : i,
})));
var multiclass = ml.MulticlassClassification.Evaluate(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new Class
{
    Label = (uint)(i % 2), Score = i >= 2 ? [float.NaN, float.NaN] : i == 0 ? [1, 0] : [0, 1], PredictedLabel = (uint)(i % 2),
})));
Console.WriteLine("18 of 20 rows have the score NaN, 2 are right:");
Console.WriteLine($"binary: accuracy {binary.Accuracy}, area under the curve {binary.AreaUnderRocCurve}, F1 {binary.F1Score}");
Console.WriteLine($"regression: R² {regression.RSquared}, mean absolute error {regression.MeanAbsoluteError}");
Console.WriteLine($"multiclass: accuracy {multiclass.MicroAccuracy}, rows in the confusion matrix {multiclass.ConfusionMatrix.Counts.Sum(row => row.Sum())}");
return binary.Accuracy == 1 && binary.AreaUnderRocCurve == 1 && regression.MeanAbsoluteError == 0 && multiclass.MicroAccuracy == 1 ? 0 : 1;

class Binary
{
    public bool Label { get; set; }
    public float Score { get; set; }
    public float Probability { get; set; }
    public bool PredictedLabel { get; set; }
}

class Number
{
    public float Label { get; set; }
    public float Score { get; set; }
}

class Class
{
    [KeyType(2)]
    public uint Label { get; set; }

    [VectorType(2)]
    public float[] Score { get; set; } = [];

    [KeyType(2)]
    public uint PredictedLabel { get; set; }
}
END
dotnet run app.cs
