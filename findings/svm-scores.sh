#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: the scores of SVMClassifier are not those of the classes.
#
# For two classes the two columns are swapped: a row far on the side of class "b" gets the label "b" and the scores 4 for "a" and -4 for "b"; with post_transform LOGISTIC the label's probability is 0.02. For three classes
# the columns are the three comparisons a-b, a-c and b-c, of which there happen to be three, so that the largest is in the label's column by accident only. For four classes there are six columns. The labels are right.
# Surprising because the operator's scores are described as one for each class, the shapes agree for two and three classes, and LinearClassifier's scores are those of the classes.
# Who meets it: whoever thresholds or ranks an exported support vector machine without probabilities by its scores, or takes the largest for the class.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.AttributeProto.Types;

AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };
AttributeProto Floats(string name, params float[] values) => new() { Name = name, Type = AttributeType.Floats, Floats = { values } };
AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
ValueInfoProto Tensor(string name, int type = 1) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };

// A linear machine with one support vector of each class; the coefficients are those that libsvm stores: a row of them for each class but one.
(string[] Labels, float[] Scores) Classify(string transform, string[] classes, float[] vectors, float[] coefficients, float[] rows)
{
    var node = new NodeProto
    {
        Domain = "ai.onnx.ml",
        OpType = "SVMClassifier",
        Input = { "x" },
        Output = { "label", "scores" },
        Attribute =
        {
            Text("kernel_type", "LINEAR"), Floats("kernel_params", 0, 0, 0), Floats("support_vectors", vectors), Floats("coefficients", coefficients), Text("post_transform", transform),
            Ints("vectors_per_class", classes.Select(_ => 1L).ToArray()), Floats("rho", new float[classes.Length * (classes.Length - 1) / 2]),
            new AttributeProto { Name = "classlabels_strings", Type = AttributeType.Strings, Strings = { classes.Select(ByteString.CopyFromUtf8) } },
        },
    };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        Graph = new() { Name = "g", Input = { Tensor("x") }, Output = { Tensor("label", 8), Tensor("scores") }, Node = { node } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    int features = vectors.Length / classes.Length;
    using var x = OrtValue.CreateTensorValueFromMemory(rows, [rows.Length / features, features]);
    using var answers = session.Run(new RunOptions(), ["x"], [x], ["label", "scores"]);
    return (answers[0].GetStringTensorAsArray(), answers[1].GetTensorDataAsSpan<float>().ToArray());
}

// Class a at -1, class b at 1.
bool same = true;
foreach (string transform in new[] { "NONE", "LOGISTIC" })
{
    var (labels, scores) = Classify(transform, ["a", "b"], [-1, 1], [1, -1], [-2, 2]);
    Console.WriteLine($"two classes, {transform}: x = -2 is {labels[0]}, scores {scores[0]} {scores[1]}; x = 2 is {labels[1]}, scores {scores[2]} {scores[3]}");
    same &= labels is ["a", "b"] && scores[0] < scores[1] && scores[2] > scores[3];
}

// Classes at three corners of a triangle, and a row at each corner.
float[] corners = [0, 1, 0.9f, -0.5f, -0.9f, -0.5f];
var three = Classify("NONE", ["a", "b", "c"], corners, [1, -1, -1, 1, 1, -1], corners);
for (int row = 0; row < 3; row++)
    Console.WriteLine($"three classes: corner of {"abc"[row]} is {three.Labels[row]}, scores {string.Join(" ", three.Scores[(3 * row)..(3 * row + 3)])}");
var four = Classify("NONE", ["a", "b", "c", "d"], [1, 1, 1, -1, -1, 1, -1, -1], Enumerable.Repeat(1f, 12).ToArray(), [1, 1]);
Console.WriteLine($"four classes: {four.Scores.Length} scores for one row");
float[] last = three.Scores[6..];
return same && three.Labels is ["a", "b", "c"] && last.Max() > last[2] && four.Scores.Length == 6 ? 0 : 1;
END
dotnet run app.cs
