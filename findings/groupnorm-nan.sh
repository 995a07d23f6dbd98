#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: GroupNormalization of ordinary float32 numbers gives NaN.
#
# 64 numbers within 1 of 10,000 have a standard deviation of 0.6, and all answers are NaN; around 1,000 they are 5 % off. LayerNormalization and
# InstanceNormalization of the same numbers are right to 0.002. It is as if the variance were computed as mean of squares minus square of the mean,
# which cancels in float32.
# Surprising because the three operators are the same computation, and only one of them fails.
# Who meets it: whoever feeds a network with group normalisation unscaled values: timestamps, elevations, 16-bit images with a dark noise floor.
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
TensorProto Fill(string name, float value, int count) =>
    new() { Name = name, DataType = 1, Dims = { count }, FloatData = { Enumerable.Repeat(value, count) } };
double Error(string operation, float[] x, long[] shape, int parameters)
{
    var node = new NodeProto { OpType = operation, Input = { "x", "scale", "shift" }, Output = { "y" } };
    if (operation == "GroupNormalization")
        node.Attribute.Add(new AttributeProto { Name = "num_groups", Type = AttributeType.Int, I = 1 });
    byte[] model = new ModelProto
    {
        IrVersion = 10,
        OpsetImport = { new OperatorSetIdProto { Version = 21 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { Floats("y") },
            Initializer = { Fill("scale", 1, parameters), Fill("shift", 0, parameters) },
            Node = { node },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(x, shape);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    double mean = x.Average(value => (double)value), deviation = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + 1e-5);
    return answers[0].GetTensorDataAsSpan<float>().ToArray().Zip(x, (y, value) => Math.Abs(y - (value - mean) / deviation)).Max();
}

var random = new Random(1);
var errors = new Dictionary<float, double[]>();
foreach (float center in new[] { 0f, 100, 1_000, 10_000 })
{
    float[] x = Enumerable.Range(0, 64).Select(_ => center + 2 * random.NextSingle() - 1).ToArray();
    errors[center] =
    [
        Error("GroupNormalization", x, [1, 2, 32], 2), Error("LayerNormalization", x, [1, 64], 64), Error("InstanceNormalization", x, [1, 1, 64], 1),
    ];
    Console.WriteLine($"around {center}: largest error of GroupNormalization {errors[center][0]:g3}, Layer… {errors[center][1]:g3}, Instance… {errors[center][2]:g3}");
}

return double.IsNaN(errors[10_000][0]) && errors[1_000][0] > 0.01 && errors.Values.All(e => e[1] < 0.01 && e[2] < 0.01) ? 0 : 1;
END
dotnet run app.cs
