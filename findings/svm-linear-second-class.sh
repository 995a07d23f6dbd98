#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: SVMClassifier in its linear form answers the second of two classes for every row.
#
# Without support vectors the operator has one row of coefficients for each class. With two classes, x for the first and -x for the second, x = 2 has the scores 2 and -2, and the label is the second class, as it is for
# x = -2. With a third class whose score is never the largest, the labels are right. The scores are right in both.
# Surprising because the larger score is the other class's, and a third class that never wins changes the winner.
# Who meets it: linear support vector machines converted to this operator: a classifier of two classes with a constant answer.
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

AttributeProto Floats(string name, params float[] values) => new() { Name = name, Type = AttributeType.Floats, Floats = { values } };
ValueInfoProto Tensor(string name, int type = 1) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
long[] Labels(params float[] coefficients)
{
    var node = new NodeProto
    {
        Domain = "ai.onnx.ml",
        OpType = "SVMClassifier",
        Input = { "x" },
        Output = { "label", "scores" },
        Attribute =
        {
            new AttributeProto { Name = "kernel_type", Type = AttributeType.String, S = ByteString.CopyFromUtf8("LINEAR") },
            Floats("kernel_params", 0, 0, 0), Floats("coefficients", coefficients), Floats("rho", 0),
            new AttributeProto { Name = "classlabels_ints", Type = AttributeType.Ints, Ints = { Enumerable.Range(0, coefficients.Length).Select(i => (long)i) } },
        },
    };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        Graph = new() { Name = "g", Input = { Tensor("x") }, Output = { Tensor("label", 7), Tensor("scores") }, Node = { node } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var x = OrtValue.CreateTensorValueFromMemory(new float[] { -2, -1, 1, 2 }, [4, 1]);
    using var answers = session.Run(new RunOptions(), ["x"], [x], ["label", "scores"]);
    float[] scores = answers[1].GetTensorDataAsSpan<float>().ToArray();
    long[] labels = answers[0].GetTensorDataAsSpan<long>().ToArray();
    Console.WriteLine($"{coefficients.Length} classes: labels of -2, -1, 1, 2 are {string.Join(" ", labels)}; scores {string.Join(", ", scores.Chunk(coefficients.Length).Select(row => string.Join(" ", row)))}");
    return labels;
}

return Labels(1, -1) is [1, 1, 1, 1] && Labels(1, -1, 0) is [1, 1, 0, 0] ? 0 : 1;
END
dotnet run app.cs
