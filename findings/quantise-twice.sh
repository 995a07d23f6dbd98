#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: of two quantisations in a row, graph optimisation drops the second.
#
# A value is quantised with scale 0.1, dequantised, quantised with scale 0.37 and dequantised. Without optimisation the answers are multiples of 0.37.
# With it, at every level, they are multiples of 0.1, and 1 stays 1 in place of 1.11: the last quantisation does not take place.
# Surprising because the graph says exactly how to round, and a quantised model is checked on the hardware that obeys it.
# Who meets it: whoever joins two quantised networks, or simulates an accelerator's requantisation and compares it with its CPU run.
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

ValueInfoProto Floats(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
TensorProto Scale(string name, float value) => new() { Name = name, DataType = 1, FloatData = { value } };
TensorProto Zero(string name, int value) => new() { Name = name, DataType = 2, Int32Data = { value } };
NodeProto Node(string operation, string output, params string[] inputs) => new() { OpType = operation, Input = { inputs }, Output = { output } };
byte[] model = new ModelProto
{
    IrVersion = 8,
    OpsetImport = { new OperatorSetIdProto { Version = 13 } },
    Graph = new()
    {
        Name = "g",
        Input = { Floats("x") },
        Output = { Floats("y") },
        Initializer = { Scale("fine", 0.1f), Zero("fineZero", 128), Scale("coarse", 0.37f), Zero("coarseZero", 100) },
        Node =
        {
            Node("QuantizeLinear", "a", "x", "fine", "fineZero"), Node("DequantizeLinear", "b", "a", "fine", "fineZero"),
            Node("QuantizeLinear", "c", "b", "coarse", "coarseZero"), Node("DequantizeLinear", "y", "c", "coarse", "coarseZero"),
        },
    },
}.ToByteArray();
float[] x = [-1.5f, -1, -0.5f, 0, 0.5f, 1, 1.5f, 2, 2.5f, 50];
bool same = true;
foreach (var level in Enum.GetValues<GraphOptimizationLevel>())
{
    using var session = new InferenceSession(model, new SessionOptions { GraphOptimizationLevel = level });
    using var input = OrtValue.CreateTensorValueFromMemory(x, [x.Length]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    float[] y = answers[0].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"{level}: {string.Join(" ", x)} become {string.Join(" ", y)}");
    bool coarse = y.All(value => Math.Abs(value / 0.37f - MathF.Round(value / 0.37f)) < 1e-3);
    same &= coarse == (level == GraphOptimizationLevel.ORT_DISABLE_ALL);
}

return same ? 0 : 1;
END
dotnet run app.cs
