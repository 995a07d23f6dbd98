#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: auto_pad SAME_UPPER does not keep the size of a dilated pooling.
#
# A pooling of a 9 x 9 picture with a 3 x 3 window, steps of 1 and SAME_UPPER gives 9 x 9. With dilations of 2 it gives 7 x 7, with 3 it gives 5 x 5, in MaxPool, AveragePool and LpPool: the picture is padded for the window
# without its dilation. Conv with the same attributes refuses to run, and says that the combination is not supported.
# Surprising because the mode is defined by the size of its result, the input's divided by the steps, and because of two operators with the same attributes one raises an error and the other returns something else.
# Who meets it: networks with parallel branches of pooling, converted from frameworks whose padding is "same": the branches no longer fit, or, where sizes are made equal later, they are shifted against each other.
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

ValueInfoProto Tensor(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };
string Size(string kind, long dilation)
{
    var node = new NodeProto
    {
        OpType = kind,
        Input = { "x" },
        Output = { "y" },
        Attribute = { Ints("kernel_shape", 3, 3), Ints("dilations", dilation, dilation), new AttributeProto { Name = "auto_pad", Type = AttributeType.String, S = ByteString.CopyFromUtf8("SAME_UPPER") } },
    };
    if (kind == "Conv")
        node.Input.Add("w");
    var graph = new GraphProto { Name = "g", Input = { Tensor("x") }, Output = { Tensor("y") }, Node = { node } };
    graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { 1, 1, 3, 3 }, FloatData = { Enumerable.Repeat(1f, 9) } });
    byte[] model = new ModelProto { IrVersion = 9, OpsetImport = { new OperatorSetIdProto { Version = 19 } }, Graph = graph }.ToByteArray();
    using var session = new InferenceSession(model, new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL });
    using var x = OrtValue.CreateTensorValueFromMemory(new float[81], [1, 1, 9, 9]);
    try
    {
        using var answers = session.Run(new RunOptions(), ["x"], [x], ["y"]);
        return string.Join(" x ", answers[0].GetTensorTypeAndShape().Shape[2..]);
    }
    catch (OnnxRuntimeException e)
    {
        return e.Message.Contains("Dilation not supported") ? "refused" : e.Message;
    }
}

bool same = true;
foreach (string kind in new[] { "MaxPool", "AveragePool", "LpPool", "Conv" })
{
    string[] sizes = [Size(kind, 1), Size(kind, 2), Size(kind, 3)];
    Console.WriteLine($"{kind} of 9 x 9 with SAME_UPPER: dilation 1 {sizes[0]}, dilation 2 {sizes[1]}, dilation 3 {sizes[2]}");
    same &= sizes.SequenceEqual(kind == "Conv" ? ["9 x 9", "refused", "refused"] : ["9 x 9", "7 x 7", "5 x 5"]);
}

return same ? 0 : 1;
END
dotnet run app.cs
