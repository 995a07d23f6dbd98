#!/usr/bin/env bash
# OpenCV 4.13.0 (OpenCvSharp4): SAME_LOWER means SAME_UPPER, a pooling's dilations are ignored, and a one-sided padding of a sequence is put on both sides.
#
# With auto_pad SAME_LOWER the odd padding comes first: a filter (1, 10) over 1, 2, 3, 4 gives 10, 21, 32, 43. OpenCV gives 21, 32, 43, 4, which is SAME_UPPER. MaxPool of 4 numbers by windows of two with dilation 2 gives 2 numbers in ONNX Runtime and 3, those
# without dilation, in OpenCV. A Conv over a sequence with the pads (1, 0), a causal one, gives 4 numbers and in OpenCV 5, the last of which sees one input and an end that is not there.
# Surprising because each of these loads without a warning, because in a picture the same one-sided pads are right, and because a dilated convolution is right.
# Who meets it: converted models with SAME_LOWER; dilated pooling; temporal networks (speech, time series), whose sequences grow with each layer.
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
AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };
AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
TensorProto Floats(string name, long[] shape, params float[] values) => new() { Name = name, DataType = 1, Dims = { shape }, FloatData = { values } };

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

float[] numbers = [1, 2, 3, 4];
TensorProto filter = Floats("w", [1, 1, 1, 2], 1, 10), filter1 = Floats("w", [1, 1, 2], 1, 10);
var (lower, cvLower) = Both("Conv, SAME_LOWER", 13, [1, 1, 1, 4], numbers, [1, 1, 1, 4], [Node("Conv", ["x", "w"], "y", Text("auto_pad", "SAME_LOWER"))], filter);
var (upper, cvUpper) = Both("Conv, SAME_UPPER", 13, [1, 1, 1, 4], numbers, [1, 1, 1, 4], [Node("Conv", ["x", "w"], "y", Text("auto_pad", "SAME_UPPER"))], filter);
var (pool, cvPool) = Both("MaxPool, dilation 2", 13, [1, 1, 1, 4], [4, 1, 3, 2], [1, 1, 1, 2], [Node("MaxPool", ["x"], "y", Ints("kernel_shape", 1, 2), Ints("dilations", 1, 2))]);
var (dilated, cvDilated) = Both("Conv, dilation 2", 13, [1, 1, 1, 4], numbers, [1, 1, 1, 2], [Node("Conv", ["x", "w"], "y", Ints("dilations", 1, 2))], filter);
var (causal, cvCausal) = Both("Conv of a sequence, pads (1, 0)", 13, [1, 1, 4], numbers, [1, 1, 4], [Node("Conv", ["x", "w"], "y", Ints("pads", 1, 0))], filter1);
var (picture, cvPicture) = Both("Conv of a picture of one row, pads (0, 1, 0, 0)", 13, [1, 1, 1, 4], numbers, [1, 1, 1, 4], [Node("Conv", ["x", "w"], "y", Ints("pads", 0, 1, 0, 0))], filter);
bool same = lower.SequenceEqual([10f, 21, 32, 43]) && cvLower.SequenceEqual([21f, 32, 43, 4]) && cvUpper.SequenceEqual(upper) && cvUpper.SequenceEqual(cvLower)
    && pool.SequenceEqual([4f, 2]) && cvPool.SequenceEqual([4f, 3, 3]) && cvDilated.SequenceEqual(dilated)
    && causal.SequenceEqual([10f, 21, 32, 43]) && cvCausal.Length == 5 && cvPicture.SequenceEqual(picture) && picture.SequenceEqual(causal);
return same ? 0 : 1;
END
dotnet run app.cs
