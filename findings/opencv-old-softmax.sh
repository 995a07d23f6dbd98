#!/usr/bin/env bash
# OpenCV 4.13.0 (OpenCvSharp4): Softmax in a model of ONNX version 12 or older is computed by the rule of version 13, so the result sums to more than 1.
#
# Up to version 12 Softmax with axis 1 makes one distribution of everything from axis 1 on; from version 13 on it makes one for each position along axis 1. Of a tensor of 1 x 2 x 2 x 2 ONNX Runtime's eight numbers sum to 1 in a model of version 11, and OpenCV's to 4.
# In a model of version 13 both sum to 4.
# Surprising because a model names the version whose rules it wants, and because the usual case, a table of one row of scores per picture, is the same in both versions.
# Who meets it: models of before 2021 with a softmax over a map, or over scores that were not flattened.
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

float[] numbers = [1, 2, 3, 4, -1, 0, 1.5f, 2];
float sum(float[] values) => values.Sum();
var (runtime, openCv) = Both("Softmax of version 11, axis 1", 11, [1, 2, 2, 2], numbers, [1, 2, 2, 2], [Node("Softmax", ["x"], "y", Int("axis", 1))]);
var (runtime13, openCv13) = Both("Softmax of version 13, axis 1", 13, [1, 2, 2, 2], numbers, [1, 2, 2, 2], [Node("Softmax", ["x"], "y", Int("axis", 1))]);
double[] right = numbers.Select(value => Math.Exp(value) / numbers.Sum(other => Math.Exp(other))).ToArray();
Console.WriteLine($"sums: version 11 {sum(runtime):F3} and {sum(openCv):F3}, version 13 {sum(runtime13):F3} and {sum(openCv13):F3}");
return runtime.Zip(right).All(pair => Math.Abs(pair.First - pair.Second) < 1e-5) && Math.Abs(sum(openCv) - 4) < 1e-4 && Math.Abs(sum(openCv13) - 4) < 1e-4 && Math.Abs(sum(runtime13) - 4) < 1e-4 ? 0 : 1;
END
dotnet run app.cs
