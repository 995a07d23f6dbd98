#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: Attention with the smallest float as its mask returns 0 in place of the average.
#
# If every key of a row is masked by -3.4028235E+38, the operator's answer is 0. The same computation from MatMul, Add and Softmax gives the average
# of the values, 1.5; so does the operator itself with -1e38. With minus infinity the operator gives 0, too, and the computation in parts NaN.
# Surprising because the smallest float is the usual finite mask, chosen so that fully masked rows stay defined, and a slightly larger one gives
# another answer.
# Who meets it: whoever replaces a written-out attention by the operator (exporters do) in batches with padding.
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

ValueInfoProto Floats(string name, params long[] shape) => new()
{
    Name = name,
    Type = new() { TensorType = new() { ElemType = 1, Shape = new() { Dim = { shape.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }) } } } },
};
NodeProto Node(string operation, string output, params string[] inputs) => new() { OpType = operation, Input = { inputs }, Output = { output } };
float Run(float mask, params NodeProto[] nodes)
{
    byte[] model = new ModelProto
    {
        IrVersion = 10,
        OpsetImport = { new OperatorSetIdProto { Version = 23 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("q", 1, 1, 1, 4), Floats("k", 1, 1, 2, 4), Floats("v", 1, 1, 2, 4), Floats("mask", 1, 2) },
            Output = { Floats("y", 1, 1, 1, 4) },
            Initializer = { new TensorProto { Name = "half", DataType = 1, FloatData = { 0.5f } } },
            Node = { nodes },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model, new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR });
    using var q = OrtValue.CreateTensorValueFromMemory(new float[] { 0.1f, 0.2f, 0.3f, 0.4f }, [1, 1, 1, 4]);
    using var k = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 0, 0, 0, 0, 1, 0, 0 }, [1, 1, 2, 4]);
    using var v = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 1, 1, 1, 2, 2, 2, 2 }, [1, 1, 2, 4]);
    using var m = OrtValue.CreateTensorValueFromMemory(new[] { mask, mask }, [1, 2]);
    using var answers = session.Run(new RunOptions(), ["q", "k", "v", "mask"], [q, k, v, m], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>()[0];
}

NodeProto transpose = Node("Transpose", "kt", "k");
transpose.Attribute.Add(new AttributeProto { Name = "perm", Type = AttributeType.Ints, Ints = { 0, 1, 3, 2 } });
NodeProto[] parts =
[
    transpose, Node("MatMul", "products", "q", "kt"), Node("Mul", "scaled", "products", "half"), Node("Add", "masked", "scaled", "mask"),
    Node("Softmax", "weights", "masked"), Node("MatMul", "y", "weights", "v"),
];
var seen = new Dictionary<float, (float Operator, float Parts)>();
foreach (float mask in new[] { 0, -1e38f, float.MinValue, float.NegativeInfinity })
{
    seen[mask] = (Run(mask, Node("Attention", "y", "q", "k", "v", "mask")), Run(mask, parts));
    Console.WriteLine($"both keys masked by {mask}: Attention {seen[mask].Operator}, in parts {seen[mask].Parts}");
}

return seen[float.MinValue] is (0, 1.5f) && seen[-1e38f] is (1.5f, 1.5f) && seen[float.NegativeInfinity].Operator == 0
    && float.IsNaN(seen[float.NegativeInfinity].Parts) ? 0 : 1;
END
dotnet run app.cs
