#!/usr/bin/env bash
# OpenCV 4.13.0 (OpenCvSharp4): LogSoftmax, ReduceLogSumExp and Softplus are infinite where their results are ordinary numbers.
#
# LogSoftmax of 0 and -120 is 0 and -120 in ONNX Runtime, and 0 and minus infinity in OpenCV: the logarithm is taken of a probability that is too small for a float, from a difference of 104 on. ReduceLogSumExp of 100 and 100 is 100.69 and infinite, and so is Softplus of 100.
# Surprising because these operators exist to avoid just this, and because Softmax beside them does subtract the largest number.
# Who meets it: classifiers that end in LogSoftmax and are sure, in OpenCV: an average of such logarithms over pictures or crops is minus infinity, and a product of 0 with it is NaN.
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
AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };
AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

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

var (log, cvLog) = Both("LogSoftmax of 0 and -120", 13, [1, 1, 1, 2], [0, -120], [1, 1, 1, 2], [Node("LogSoftmax", ["x"], "y", Int("axis", 3))]);
var (soft, cvSoft) = Both("Softmax of 1000 and 1000", 13, [1, 1, 1, 2], [1000, 1000], [1, 1, 1, 2], [Node("Softmax", ["x"], "y", Int("axis", 3))]);
var (sum, cvSum) = Both("ReduceLogSumExp of 100 and 100", 11, [1, 1, 1, 2], [100, 100], [1, 1, 1, 1], [Node("ReduceLogSumExp", ["x"], "y", Ints("axes", 3), Int("keepdims", 1))]);
var (plus, cvPlus) = Both("Softplus of 20 and 100", 13, [1, 1, 1, 2], [20, 100], [1, 1, 1, 2], [Node("Softplus", ["x"], "y")]);
bool same = log.SequenceEqual([0f, -120]) && cvLog[0] == 0 && float.IsNegativeInfinity(cvLog[1]) && cvSoft.SequenceEqual([0.5f, 0.5f])
    && Math.Abs(sum[0] - (100 + Math.Log(2))) < 1e-3 && float.IsPositiveInfinity(cvSum[0]) && plus[1] == 100 && Math.Abs(cvPlus[0] - 20) < 1e-3 && float.IsPositiveInfinity(cvPlus[1]);
return same ? 0 : 1;
END
dotnet run app.cs
