#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on an x64 CPU: MaxPool removes NaN.
#
# Of the windows with one NaN, only those keep it that have it at one particular position near the end. A window of two NaN gives -3.4028235E+38, a
# number that is nowhere in the input. Max of two tensors keeps every NaN.
# Surprising because convolutions and activations pass NaN on, so that one pooling layer turns a broken network's output into plausible numbers.
# Who meets it: whoever checks for NaN at the end of an image classifier, or marks missing pixels by NaN.
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
float Pool(float[] x, int height, int width)
{
    var window = new AttributeProto { Name = "kernel_shape", Type = AttributeType.Ints, Ints = { height, width } };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { Floats("y") },
            Node = { new NodeProto { OpType = "MaxPool", Input = { "x" }, Output = { "y" }, Attribute = { window } } },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(x, [1, 1, height, width]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>()[0];
}

bool same = true;
foreach (var (height, width) in new[] { (2, 2), (3, 3), (4, 4) })
{
    string row = "";
    for (int position = 0; position < height * width; position++)
    {
        float[] x = Enumerable.Range(1, height * width).Select(i => (float)i).ToArray();
        x[position] = float.NaN;
        row += float.IsNaN(Pool(x, height, width)) ? "N" : ".";
    }

    Console.WriteLine($"window {height} x {width}, NaN at each position (N: NaN, .: a number): {row}");
    same &= row.Contains('.');
}

float two = Pool([float.NaN, float.NaN], 1, 2);
Console.WriteLine($"window of two NaN: {two:R}");
return same && two == float.MinValue ? 0 : 1;
END
dotnet run app.cs
