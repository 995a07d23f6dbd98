#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: the mean of a large plane drifts by percents.
#
# GlobalAveragePool of a plane of 3000 x 3000 numbers, all 0.1, is 0.098; ReduceMean over the two axes is 0.101, and over the rows of a column of nine
# million 0.107. At 1000 x 1000 the first is already 0.2 % off.
# Surprising because the true mean is the number itself; NumPy's mean of the same float32 plane is right to five digits.
# Who meets it: whoever pools large feature maps (satellite and medical images, spectrograms, segmentation scores) or computes a loss inside a model.
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
float Mean(string operation, long[] axes, params long[] shape)
{
    var node = new NodeProto { OpType = operation, Input = { "x" }, Output = { "y" } };
    if (axes.Length > 0)
        node.Attribute.Add(new AttributeProto { Name = "axes", Type = AttributeType.Ints, Ints = { axes } });
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new() { Name = "g", Input = { Floats("x") }, Output = { Floats("y") }, Node = { node } },
    }.ToByteArray();
    float[] x = new float[shape.Aggregate(1L, (product, length) => product * length)];
    Array.Fill(x, 0.1f);
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(x, shape);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    float mean = answers[0].GetTensorDataAsSpan<float>()[0];
    Console.WriteLine($"{operation} of [{string.Join(", ", shape)}]{(axes.Length > 0 ? $" over axes {string.Join(", ", axes)}" : "")}: {mean:R}, {10 * Math.Abs(mean - 0.1):P3} off");
    return mean;
}

bool Off(float mean, double least) => Math.Abs(mean - 0.1) > 0.1 * least;
Mean("GlobalAveragePool", [], 1, 1, 224, 224);
Mean("GlobalAveragePool", [], 1, 1, 512, 512);
bool same = Off(Mean("GlobalAveragePool", [], 1, 1, 1000, 1000), 0.0001);
same &= Off(Mean("GlobalAveragePool", [], 1, 1, 3000, 3000), 0.01);
same &= Off(Mean("ReduceMean", [2, 3], 1, 1, 3000, 3000), 0.005);
same &= Off(Mean("ReduceMean", [0], 9_000_000, 1), 0.03);
return same ? 0 : 1;
END
dotnet run app.cs
