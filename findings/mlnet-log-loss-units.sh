#!/usr/bin/env bash
# ML.NET 5.0.1: the log-loss of two classes is in bits and can be infinite; the log-loss of several classes is in nats and cannot.
#
# The same two-class problem with probability 0.5 for every row has LogLoss 1 from BinaryClassification.Evaluate and 0.693 from
# MulticlassClassification.Evaluate. One row with probability 0 makes the first infinite; in the second it counts 34.5, as if the probability were
# 1e-15.
# Surprising because both are properties called LogLoss, described by the same formula.
# Who meets it: whoever compares a binary model with a multiclass one, or with log-losses from other tools (which use nats).
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
(double Binary, double Multiclass) LogLoss(params float[] probabilities)
{
    // Row i belongs to class 1 and has probability p of it.
    var binary = ml.BinaryClassification.Evaluate(ml.Data.LoadFromEnumerable(probabilities.Select(p => new Binary
    {
        Label = true, Score = p - 0.5f, Probability = p, PredictedLabel = p > 0.5f,
    }).Append(new Binary { Label = false, Score = -1, Probability = 0, PredictedLabel = false })));
    var multiclass = ml.MulticlassClassification.Evaluate(ml.Data.LoadFromEnumerable(probabilities.Select(p => new Class
    {
        Label = 1, Score = [1 - p, p], PredictedLabel = p > 0.5f ? 1u : 0,
    }).Append(new Class { Label = 0, Score = [1, 0], PredictedLabel = 0 })));
    int rows = probabilities.Length + 1;
    Console.WriteLine($"probabilities {string.Join(" ", probabilities)} of the true class: sum over the rows {rows * binary.LogLoss:F4} (binary), {rows * multiclass.LogLoss:F4} (multiclass)");
    return (rows * binary.LogLoss, rows * multiclass.LogLoss);
}

var half = LogLoss(0.5f, 0.5f);
var never = LogLoss(0);
return Math.Abs(half.Binary - 2) < 1e-4 && Math.Abs(half.Multiclass - 2 * Math.Log(2)) < 1e-4
    && double.IsPositiveInfinity(never.Binary) && Math.Abs(never.Multiclass - 34.5) < 0.1 ? 0 : 1;

class Binary
{
    public bool Label { get; set; }
    public float Score { get; set; }
    public float Probability { get; set; }
    public bool PredictedLabel { get; set; }
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
