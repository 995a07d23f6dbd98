#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: OneHotEncoder takes 1.7 for category 1.
#
# With integer categories 1, 2, 3 and a float32 input, the fraction is cut off before the category is looked up: 1.7 is 1 and 2.999 is 2, while 4 and
# NaN are no category. With zeros = 0, where unknown categories are errors, 1.7 is accepted, too.
# Surprising because the operator's strict mode exists to catch values that were not in the training data.
# Who meets it: whoever passes a numeric column to an exported encoder: after scaling or an average, or a code such as 2.999 that came from a rounded
# computation.
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
string Encode(float x, int zeros)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { Floats("y") },
            Node =
            {
                new NodeProto
                {
                    Domain = "ai.onnx.ml",
                    OpType = "OneHotEncoder",
                    Input = { "x" },
                    Output = { "y" },
                    Attribute =
                    {
                        new AttributeProto { Name = "cats_int64s", Type = AttributeType.Ints, Ints = { 1, 2, 3 } },
                        new AttributeProto { Name = "zeros", Type = AttributeType.Int, I = zeros },
                    },
                },
            },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model, new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL });
    using var input = OrtValue.CreateTensorValueFromMemory(new[] { x }, [1, 1]);
    try
    {
        using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
        return string.Join(" ", answers[0].GetTensorDataAsSpan<float>().ToArray());
    }
    catch (OnnxRuntimeException)
    {
        return "an error";
    }
}

foreach (float x in new[] { 1, 1.7f, 2.999f, 4, float.NaN })
    Console.WriteLine($"{x}: {Encode(x, 1)}; with zeros = 0: {Encode(x, 0)}");
return Encode(1.7f, 1) == "1 0 0" && Encode(2.999f, 0) == "0 1 0" && Encode(4, 1) == "0 0 0" && Encode(4, 0) == "an error" ? 0 : 1;
END
dotnet run app.cs
