#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: Range of float32 can end with the limit that it should stop before.
#
# Range(0, 0.3, 0.1) has four elements, the last of them exactly the limit 0.3; Range(0, 0.7, 0.1) has seven and stops before it. The number of
# elements is computed in double precision from the float32 arguments, in which 0.3 is a little more than three times 0.1.
# Surprising because the interval is half-open, and because the frameworks that export arange as Range count in double precision from 0.3 and 0.1
# themselves, which gives three.
# Who meets it: whoever exports a time axis, anchor grid or positional encoding: the tensor is one longer than in training, for some step sizes only.
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

ValueInfoProto Floats(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1, Shape = new() } } };
byte[] model = new ModelProto
{
    IrVersion = 8,
    OpsetImport = { new OperatorSetIdProto { Version = 13 } },
    Graph = new()
    {
        Name = "g",
        Input = { Floats("start"), Floats("limit"), Floats("step") },
        Output = { new ValueInfoProto { Name = "y", Type = new() { TensorType = new() { ElemType = 1 } } } },
        Node = { new NodeProto { OpType = "Range", Input = { "start", "limit", "step" }, Output = { "y" } } },
    },
}.ToByteArray();
using var session = new InferenceSession(model);
float[] Range(float limit, float step)
{
    using var zero = OrtValue.CreateTensorValueFromMemory(new float[1], []);
    using var end = OrtValue.CreateTensorValueFromMemory(new[] { limit }, []);
    using var by = OrtValue.CreateTensorValueFromMemory(new[] { step }, []);
    using var answers = session.Run(new RunOptions(), ["start", "limit", "step"], [zero, end, by], ["y"]);
    float[] y = answers[0].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"Range(0, {limit}, {step}): {string.Join(" ", y.Select(value => value.ToString("R")))}");
    return y;
}

float[] three = Range(0.3f, 0.1f), seven = Range(0.7f, 0.1f);
return three.Length == 4 && three[^1] >= 0.3f && seven.Length == 7 ? 0 : 1;
END
dotnet run app.cs
