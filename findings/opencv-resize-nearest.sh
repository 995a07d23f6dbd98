#!/usr/bin/env bash
# OpenCV 4.13.0 (OpenCvSharp4): a nearest-pixel Resize in an ONNX model ignores nearest_mode, so halving takes the other pixel.
#
# Resize with mode "nearest" and ONNX's defaults halves 0, 1, 2, 3 to 0, 2: the middle of two pixels goes down. OpenCV takes 1, 3. With "floor" it is the same, and "ceil", 1, 3 by the text, agrees by chance. Enlarging to twice the size, the modes
# round, floor and ceil give one and the same result in OpenCV, and three in ONNX Runtime.
# Surprising because coordinate_transformation_mode beside it is obeyed, and because a picture that is shifted by one pixel looks like the picture.
# Who meets it: networks that reduce maps by picking pixels (pyramids of features, exported interpolate with a scale below 1): maps that are added to each other are no longer aligned.
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
AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
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

float[] numbers = [0, 1, 2, 3];
(float[], float[]) Resize(int side, string coordinates, string nearest) => Both($"to {side}, {coordinates}, {nearest}", 13, [1, 1, 1, 4], numbers, [1, 1, 1, side],
    [Node("Resize", ["x", "", "", "s"], "y", Text("mode", "nearest"), Text("coordinate_transformation_mode", coordinates), Text("nearest_mode", nearest))], Longs("s", 1, 1, 1, side));
var (half, cvHalf) = Resize(2, "half_pixel", "round_prefer_floor");
var (floor, cvFloor) = Resize(8, "half_pixel", "floor");
var (ceiling, cvCeiling) = Resize(8, "half_pixel", "ceil");
var (round, cvRound) = Resize(8, "half_pixel", "round_prefer_floor");
bool same = half.SequenceEqual([0f, 2]) && cvHalf.SequenceEqual([1f, 3]) && cvFloor.SequenceEqual(cvCeiling) && cvRound.SequenceEqual(cvFloor) && round.SequenceEqual(cvRound)
    && floor.SequenceEqual([0f, 0, 0, 1, 1, 2, 2, 3]) && ceiling.SequenceEqual([0f, 1, 1, 2, 2, 3, 3, 3]);
return same ? 0 : 1;
END
dotnet run app.cs
