#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: with SOFTMAX_ZERO, a row whose scores are all zero has the probabilities NaN.
#
# SOFTMAX_ZERO is the softmax of the scores that are not zero, and zeros stay zeros. A LinearClassifier of three classes gives 0.43, 0.57 and 0 for the scores 0.3, 0.6 and 0, and NaN for 0, 0 and 0, since nothing is divided by nothing. LinearRegressor with several targets does the same.
# The label is the first class. SOFTMAX gives thirds.
# Surprising because zero scores are what the transform was made for, and a row of zeros, an empty text or an empty basket, is the commonest input that has them.
# Who meets it: models of counts and sparse features without intercepts. NaN is larger and smaller than no threshold, so that such a row is neither accepted nor refused.
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
AttributeProto Floats(string name, params float[] values) => new() { Name = name, Type = AttributeType.Floats, Floats = { values } };
float[] Probabilities(string transform, float a, float b)
{
    var node = new NodeProto { OpType = "LinearClassifier", Domain = "ai.onnx.ml", Input = { "x" }, Output = { "label", "y" } };
    node.Attribute.Add(Floats("coefficients", 1, 0, 0, 1, 0, 0));
    node.Attribute.Add(Floats("intercepts", 0, 0, 0));
    node.Attribute.Add(new AttributeProto { Name = "classlabels_ints", Type = AttributeType.Ints, Ints = { 0, 1, 2 } });
    node.Attribute.Add(new AttributeProto { Name = "post_transform", Type = AttributeType.String, S = ByteString.CopyFromUtf8(transform) });
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 } },
        Graph = new() { Name = "g", Input = { Tensor("x") }, Output = { Tensor("label", 7), Tensor("y") }, Node = { node } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(new[] { a, b }, [1, 2]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["label", "y"]);
    float[] y = answers[1].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"{transform} of {a}, {b} and 0: {string.Join(", ", y)}; label {answers[0].GetTensorDataAsSpan<long>()[0]}");
    return y;
}

bool same = Math.Abs(Probabilities("SOFTMAX_ZERO", 0.3f, 0.6f)[1] - 0.5744f) < 1e-3;
same &= Probabilities("SOFTMAX_ZERO", 0, 0).All(float.IsNaN);
same &= Math.Abs(Probabilities("SOFTMAX", 0, 0)[0] - 1 / 3f) < 1e-3;
return same ? 0 : 1;
END
dotnet run app.cs
