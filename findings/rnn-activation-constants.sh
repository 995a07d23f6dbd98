#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: in RNN and LSTM the activations ThresholdedRelu and Affine have other constants than ONNX says, so that Affine is always 0.
#
# ONNX says that activations without activation_alpha have the constants of the operators of the same names. ThresholdedRelu has alpha = 1, so that 0.5 becomes 0 and 2 stays. In an RNN 0.5 stays. Affine is alpha * x + beta; the
# operator of that name, removed since, had 1 and 0. In an RNN it is 0 for every input. With the constants written out both are right, and those of LeakyRelu, Elu and HardSigmoid are right without.
# Surprising because one rule covers all activations of the operator, and others of them follow it.
# Who meets it: linear recurrent layers (a filter, a running sum, a Kalman step) written as RNN with Affine: the state is 0 for ever.
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

// One step of one unit with the weight 1 and the state 0: the answer is the activation of the input.
float Activation(string name, float x, params float[] constants)
{
    var node = new NodeProto { OpType = "RNN", Input = { "x", "one", "one" }, Output = { "y" } };
    node.Attribute.Add(new AttributeProto { Name = "hidden_size", Type = AttributeType.Int, I = 1 });
    node.Attribute.Add(new AttributeProto { Name = "activations", Type = AttributeType.Strings, Strings = { ByteString.CopyFromUtf8(name) } });
    if (constants.Length > 0)
    {
        node.Attribute.Add(new AttributeProto { Name = "activation_alpha", Type = AttributeType.Floats, Floats = { constants[0] } });
        node.Attribute.Add(new AttributeProto { Name = "activation_beta", Type = AttributeType.Floats, Floats = { constants[1] } });
    }

    var one = new TensorProto { Name = "one", DataType = 1, Dims = { 1, 1, 1 }, FloatData = { 1 } };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 14 } },
        Graph = new() { Name = "g", Input = { Floats("x") }, Output = { Floats("y") }, Initializer = { one }, Node = { node } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(new[] { x }, [1, 1, 1]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    float y = answers[0].GetTensorDataAsSpan<float>()[0];
    Console.WriteLine($"{name}({string.Join(", ", constants.Prepend(x))}) = {y}");
    return y;
}

bool same = Activation("ThresholdedRelu", 0.5f) == 0.5f && Activation("ThresholdedRelu", 0.5f, 1, 0) == 0;
same &= Activation("Affine", 0.5f) == 0 && Activation("Affine", -3) == 0 && Activation("Affine", 0.5f, 1, 0) == 0.5f;
same &= Math.Abs(Activation("LeakyRelu", -1) + 0.01f) < 1e-6 && Math.Abs(Activation("HardSigmoid", 1) - 0.7f) < 1e-6;
return same ? 0 : 1;
END
dotnet run app.cs
