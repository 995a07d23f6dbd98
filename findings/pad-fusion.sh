#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: graph optimisation changes the numbers and even the shape after a Pad before a pooling.
#
# A Pad with zeros followed by MaxPool is merged into the pooling's own padding, which never wins a maximum: for negative inputs the border is 0
# without optimisation and negative with it. With ceil_mode=1, Pad and AveragePool or MaxPool of an 8 x 8 picture give 4 x 4 values without
# optimisation, the last of them from no pixel, and 3 x 3 with it.
# Surprising because an optimisation is expected to keep results up to rounding, and a shape at all.
# Who meets it: whoever exports networks that pad explicitly before pooling without a ReLU in between (pre-activation and leaky networks, or PyTorch's
# average pooling).
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
AttributeProto Pair(string name, int value) => new() { Name = name, Type = AttributeType.Ints, Ints = { value, value } };
(long[] Shape, float[] Values) Run(GraphOptimizationLevel level, string operation, int kernel, int stride, int ceiling, int side, float fill)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { Floats("y") },
            Initializer = { new TensorProto { Name = "border", DataType = 7, Dims = { 8 }, Int64Data = { 0, 0, 1, 1, 0, 0, 1, 1 } } },
            Node =
            {
                new NodeProto { OpType = "Pad", Input = { "x", "border" }, Output = { "padded" } },
                new NodeProto
                {
                    OpType = operation,
                    Input = { "padded" },
                    Output = { "y" },
                    Attribute =
                    {
                        Pair("kernel_shape", kernel), Pair("strides", stride),
                        new AttributeProto { Name = "ceil_mode", Type = AttributeType.Int, I = ceiling },
                    },
                },
            },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model, new SessionOptions { GraphOptimizationLevel = level });
    float[] x = new float[side * side];
    Array.Fill(x, fill);
    using var input = OrtValue.CreateTensorValueFromMemory(x, [1, 1, side, side]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    var result = (answers[0].GetTensorTypeAndShape().Shape, answers[0].GetTensorDataAsSpan<float>().ToArray());
    Console.WriteLine($"{level}, {operation} of {side} x {side} pixels of {fill}, ceil_mode {ceiling}: {string.Join(" x ", result.Shape[2..])}: {string.Join(" ", result.Item2)}");
    return result;
}

var off = GraphOptimizationLevel.ORT_DISABLE_ALL;
var on = GraphOptimizationLevel.ORT_ENABLE_ALL;
bool same = Run(off, "MaxPool", 3, 2, 0, 4, -1).Values is [0, 0, 0, -1] && Run(on, "MaxPool", 3, 2, 0, 4, -1).Values is [-1, -1, -1, -1];
foreach (string operation in new[] { "AveragePool", "MaxPool" })
    same &= Run(off, operation, 2, 3, 1, 8, 1).Shape is [1, 1, 4, 4] && Run(on, operation, 2, 3, 1, 8, 1).Shape is [1, 1, 3, 3];
return same ? 0 : 1;
END
dotnet run app.cs
