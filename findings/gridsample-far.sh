#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: GridSample with padding_mode "border" gives 0, or the opposite border, for points far outside.
#
# A point beyond the right border has the value of the border's pixel, 39 here, up to the grid coordinate 1e6. At 1e8 and 1e12 bilinear sampling gives 0, and at 1e19 it gives 32, the pixel of the left border. With "zeros", 1e19 is not 0 but half of the left
# border. PyTorch gives 39 for all of them, and 0 with "zeros".
# Surprising because "border" means that every point outside has a value of the border, and 0 is nowhere in the picture.
# Who meets it: warps by a projection, where points near the horizon are divided by almost 0: lens models, bird's eye views, depth and stereo networks.
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
float[] Sample(string padding, float[] columns)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 16 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x"), Floats("grid") },
            Output = { Floats("y") },
            Node = { new NodeProto { OpType = "GridSample", Input = { "x", "grid" }, Output = { "y" }, Attribute = { new AttributeProto { Name = "padding_mode", Type = AttributeType.String, S = ByteString.CopyFromUtf8(padding) } } } },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var picture = OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, 64).Select(i => i == 0 ? 1f : i).ToArray(), [1, 1, 8, 8]);
    using var grid = OrtValue.CreateTensorValueFromMemory(columns.SelectMany(column => new[] { column, 0.125f }).ToArray(), [1, 1, columns.Length, 2]);   // 0.125 is the middle of the row 32 .. 39
    using var answers = session.Run(new RunOptions(), ["x", "grid"], [picture, grid], ["y"]);
    float[] y = answers[0].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"{padding}: {string.Join(", ", columns.Zip(y).Select(pair => $"at {pair.First} {pair.Second}"))}");
    return y;
}

float[] columns = [2, 1e3f, 1e6f, 1e8f, 1e12f, 1e19f];
float[] border = Sample("border", columns), zeros = Sample("zeros", columns);
return border is [39, 39, 39, 0, 0, not 39] && zeros is [0, 0, 0, 0, 0, not 0] ? 0 : 1;
END
dotnet run app.cs
