#!/usr/bin/env bash
# OpenCV 4.13.0 (OpenCvSharp4): a Cast to integers in an ONNX model does nothing, so 1.7 stays 1.7.
#
# A model casts 1.7, -1.7, 0.2 and 2 to int64 and back to float. ONNX Runtime gives 1, -1, 0, 2, and OpenCV the numbers that went in. Cast to bool and back keeps them too, so a mask made of them has values other than 0 and 1.
# Surprising because the model is loaded without a warning, and because casts are what exporters write for integer division, rounding towards zero, masks and one-hot codes: no number is wrong in a test with whole numbers.
# Who meets it: whoever runs a model in OpenCV that was checked in ONNX Runtime: quantising steps, indices computed in the graph, and thresholds.
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

float[] numbers = [1.7f, -1.7f, 0.2f, 2];
var (runtime, openCv) = Both("cast to int64 and back", 13, [1, 1, 1, 4], numbers, [1, 1, 1, 4], [Node("Cast", ["x"], "i", Int("to", 7)), Node("Cast", ["i"], "y", Int("to", 1))]);
var (runtimeMask, openCvMask) = Both("cast to bool and back", 13, [1, 1, 1, 4], numbers, [1, 1, 1, 4], [Node("Cast", ["x"], "b", Int("to", 9)), Node("Cast", ["b"], "y", Int("to", 1))]);
bool same = runtime.SequenceEqual([1f, -1, 0, 2]) && openCv.SequenceEqual(numbers) && runtimeMask.SequenceEqual([1f, 1, 1, 1]) && openCvMask.SequenceEqual(numbers);
return same ? 0 : 1;
END
dotnet run app.cs
