#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: RoiAlign with mode "max" gives 0.25 for a region of ones, and about 0 for a region of negative numbers.
#
# A map of ones is pooled by the average to 1 and by the maximum to 0.25: the maximum is taken over the four weighted neighbours of each sample in place of the interpolated samples. Of a map of -1 the maximum is -0.25, larger than
# any number of the map. How far it is off depends on where the samples lie between the pixels.
# Surprising because a maximum below the average of the same samples is impossible, and the text of ONNX has every sample interpolated first. For sampling ratios besides 1 a warning
# says that version 1.13 will correct it; with 1, as here, there is none.
# Who meets it: detectors and mask networks with maximum-pooled regions.
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

ValueInfoProto Tensor(string name, int type = 1) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
float Pool(string mode, float value)
{
    var node = new NodeProto { OpType = "RoiAlign", Input = { "x", "rois", "batch" }, Output = { "y" } };
    node.Attribute.Add(new AttributeProto { Name = "mode", Type = AttributeType.String, S = ByteString.CopyFromUtf8(mode) });
    node.Attribute.Add(new AttributeProto { Name = "sampling_ratio", Type = AttributeType.Int, I = 1 });
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 16 } },
        Graph = new() { Name = "g", Input = { Tensor("x"), Tensor("rois"), Tensor("batch", 7) }, Output = { Tensor("y") }, Node = { node } },
    }.ToByteArray();
    using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
    using var session = new InferenceSession(model, options);
    using var map = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(value, 16).ToArray(), [1, 1, 4, 4]);
    using var region = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 1, 3, 3 }, [1, 4]);   // its only sample is at (1.5, 1.5), in the middle of four pixels
    using var batch = OrtValue.CreateTensorValueFromMemory(new long[] { 0 }, [1]);
    using var answers = session.Run(new RunOptions(), ["x", "rois", "batch"], [map, region, batch], ["y"]);
    float y = answers[0].GetTensorDataAsSpan<float>()[0];
    Console.WriteLine($"a map of {value}, pooled by {mode}: {y}");
    return y;
}

bool same = Pool("avg", 1) == 1 && Pool("avg", -1) == -1;
same &= Pool("max", 1) < 0.5 && Pool("max", -1) > -0.5;
return same ? 0 : 1;
END
dotnet run app.cs
