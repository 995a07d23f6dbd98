#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on an x64 CPU: the small probabilities of Sigmoid, and of LinearClassifier's LOGISTIC, are noise.
#
# At -14 they are 7 % off, at -17 a factor of two, many answers are exactly 0, and a larger argument often has a smaller answer. Softmax over [0, x],
# the same function, is right to six digits in the same runtime.
# Surprising because float32 itself reaches 1e-38.
# Who meets it: whoever takes the logarithm of a rare class's probability (cross-entropy becomes infinite), ranks rare positives, or estimates gradients from
# differences of scores. Logistic regressions are exported to these operators.
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

ValueInfoProto Floats(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
float[] Run(NodeProto node, int columns, float[] rows)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        Graph = new() { Name = "g", Input = { Floats("x") }, Output = { Floats("y") }, Node = { node } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(rows, [rows.Length / columns, columns]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>().ToArray();
}

var sigmoidNode = new NodeProto { OpType = "Sigmoid", Input = { "x" }, Output = { "y" } };
var softmaxNode = new NodeProto { OpType = "Softmax", Input = { "x" }, Output = { "y" } };
var linearNode = new NodeProto
{
    Domain = "ai.onnx.ml",
    OpType = "LinearClassifier",
    Input = { "x" },
    Output = { "label", "y" },
    Attribute =
    {
        new AttributeProto { Name = "coefficients", Type = AttributeType.Floats, Floats = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } },
        new AttributeProto { Name = "intercepts", Type = AttributeType.Floats, Floats = { 0, 0, 0 } },
        new AttributeProto { Name = "classlabels_ints", Type = AttributeType.Ints, Ints = { 0, 1, 2 } },
        new AttributeProto { Name = "post_transform", Type = AttributeType.String, S = ByteString.CopyFromUtf8("LOGISTIC") },
    },
};
float[] x = [-5, -8, -10, -12, -14, -15, -15.5f, -15.75f, -16, -16.5f, -17, -17.5f, -18, -20, -30];
float[] sigmoid = Run(sigmoidNode, 1, x);
float[] softmax = Run(softmaxNode, 2, x.SelectMany(value => new[] { 0, value }).ToArray());
float[] linear = Run(linearNode, 3, x.SelectMany(value => new[] { value, value, value }).ToArray());
double worstSoftmax = 0, worstSigmoid = 0, worstLinear = 0;
for (int i = 0; i < x.Length; i++)
{
    double exact = 1 / (1 + Math.Exp(-(double)x[i]));
    Console.WriteLine($"{x[i],6}: exact {exact:E3}, Sigmoid {sigmoid[i]:E3}, LinearClassifier {linear[3 * i]:E3}, Softmax {softmax[2 * i + 1]:E3}");
    worstSigmoid = Math.Max(worstSigmoid, Math.Abs(sigmoid[i] / exact - 1));
    worstLinear = Math.Max(worstLinear, Math.Abs(linear[3 * i] / exact - 1));
    worstSoftmax = Math.Max(worstSoftmax, Math.Abs(softmax[2 * i + 1] / exact - 1));
}

float[] dense = Run(sigmoidNode, 1, Enumerable.Range(0, 1 << 16).Select(i => -16 + i / 16384f).ToArray());
int decreases = Enumerable.Range(1, dense.Length - 1).Count(i => dense[i] < dense[i - 1]);
Console.WriteLine($"between -16 and -12, {decreases} of {dense.Length} steps upwards lower the answer; it takes {dense.Distinct().Count()} different values");
return worstSigmoid > 0.5 && worstLinear > 0.5 && worstSoftmax < 1e-5 && decreases > 1000 ? 0 : 1;
END
dotnet run app.cs
