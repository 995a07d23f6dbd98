#!/usr/bin/env bash
# OpenCV 4.13.0 (OpenCvSharp4): Tile along the columns mixes rows.
#
# (0 1 / 2 3) beside itself is (0 1 0 1 / 2 3 2 3), and a Tile by 2 along the columns gives that in ONNX Runtime. OpenCV gives (0 1 2 3 / 0 1 2 3): it repeats the whole picture in memory and writes the shape of the right answer over it. Along the rows or the channels,
# the first axis with more than one place, the two are the same.
# Surprising because the shape is right and every number of the input is in the output as often as it should be, and because a Tile of one row, as in most examples, is right.
# Who meets it: positional codes, grids of anchors and masks that are spread over a map, run in OpenCV: a detector's boxes are those of other cells.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OpenCvSharp4@4.13.0.20260627
#:package OpenCvSharp4.official.runtime.linux-x64@4.13.0.20260627
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:property PublishAot=false
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using OpenCvSharp;
using OpenCvSharp.Dnn;
using static Onnx.AttributeProto.Types;

ValueInfoProto Tensor(string name, int[] shape)
{
    var tensor = new TypeProto.Types.Tensor { ElemType = 1, Shape = new() };
    tensor.Shape.Dim.AddRange(shape.Select(side => new TensorShapeProto.Types.Dimension { DimValue = side }));
    return new() { Name = name, Type = new() { TensorType = tensor } };
}

NodeProto Node(string type, string[] inputs, string output, params AttributeProto[] attributes) => new() { Name = output, OpType = type, Input = { inputs }, Output = { output }, Attribute = { attributes } };
TensorProto Longs(string name, params long[] values) => new() { Name = name, DataType = 7, Dims = { values.Length }, Int64Data = { values } };

// The answers of ONNX Runtime and of OpenCV to a model from "x" to "y".
(float[] Runtime, float[] OpenCv) Both(string name, int opset, int[] shape, float[] x, int[] outputShape, NodeProto[] nodes, params TensorProto[] constants)
{
    var graph = new GraphProto { Name = "g", Input = { Tensor("x", shape) }, Output = { Tensor("y", outputShape) }, Node = { nodes }, Initializer = { constants } };
    byte[] model = new ModelProto { IrVersion = 7, OpsetImport = { new OperatorSetIdProto { Version = opset } }, Graph = graph }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(x, shape.Select(side => (long)side).ToArray());
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    float[] runtime = answers[0].GetTensorDataAsSpan<float>().ToArray();
    File.WriteAllBytes("model.onnx", model);
    using Net net = CvDnn.ReadNetFromOnnx("model.onnx")!;
    using Mat blob = Mat.FromPixelData(shape, MatType.CV_32FC1, x);
    net.SetInput(blob, "x");
    using Mat answer = net.Forward();
    var openCv = new float[answer.Total()];
    Marshal.Copy(answer.Data, openCv, 0, openCv.Length);
    string Numbers(float[] values) => string.Join(" ", values.Select(value => value.ToString("G4")));
    Console.WriteLine($"{name}:\n  ONNX Runtime {Numbers(runtime)}\n  OpenCV       {Numbers(openCv)} (shape {string.Join(" x ", Enumerable.Range(0, answer.Dims).Select(answer.Size))})");
    return (runtime, openCv);
}

float[] numbers = [0, 1, 2, 3], beside = [0, 1, 0, 1, 2, 3, 2, 3], below = [0, 1, 2, 3, 0, 1, 2, 3];
(float[], float[]) Tile(int[] shape, params int[] times) => Both($"{string.Join(" x ", shape)}, Tile by {string.Join(", ", times)}", 13, shape, numbers, shape.Zip(times, (side, count) => side * count).ToArray(),
    [Node("Tile", ["x", "r"], "y")], Longs("r", times.Select(count => (long)count).ToArray()));
var (columns, cvColumns) = Tile([1, 1, 2, 2], 1, 1, 1, 2);
var (rows, cvRows) = Tile([1, 1, 2, 2], 1, 1, 2, 1);
var (channels, cvChannels) = Tile([1, 1, 2, 2], 1, 2, 1, 1);
var (line, cvLine) = Tile([1, 1, 1, 4], 1, 1, 1, 2);
bool same = columns.SequenceEqual(beside) && cvColumns.SequenceEqual(below) && rows.SequenceEqual(below) && cvRows.SequenceEqual(below) && channels.SequenceEqual(below) && cvChannels.SequenceEqual(below) && line.SequenceEqual(below) && cvLine.SequenceEqual(below);
return same ? 0 : 1;
END
dotnet run app.cs
