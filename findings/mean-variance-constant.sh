#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: MeanVarianceNormalization gives NaN for a constant channel.
#
# A channel of fives should become zeros: ONNX defines the operator as (x - mean) / (deviation + 1e-9), so that it divides 0 by 1e-9. ONNX Runtime gives 0 / 0 = NaN. The channel 1, 2, 3 beside it is right. The same formula written with the
# operators of the definition gives zeros.
# Surprising because the small number in the definition is there for this case, and InstanceNormalization and LayerNormalization have it.
# Who meets it: whoever normalises pictures inside the model: a black frame, a blank page or a padded image becomes NaN, and so does its class.
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
AttributeProto Axes() => new() { Name = "axes", Type = AttributeType.Ints, Ints = { 0, 2, 3 } };
TensorProto Constant(string name, float value) => new() { Name = name, DataType = 1, FloatData = { value } };
float[] Run(params NodeProto[] nodes)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new() { Name = "g", Input = { Floats("x") }, Output = { Floats("y") }, Initializer = { nodes.Length > 1 ? [Constant("two", 2), Constant("small", 1e-9f)] : new TensorProto[0] }, Node = { nodes } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(new float[] { 5, 5, 5, 1, 2, 3 }, [1, 2, 1, 3]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>().ToArray();
}

NodeProto Node(string type, string[] inputs, string output) => new() { OpType = type, Input = { inputs }, Output = { output } };
NodeProto Mean(string input, string output) => new() { OpType = "ReduceMean", Input = { input }, Output = { output }, Attribute = { Axes() } };
float[] whole = Run(new NodeProto { OpType = "MeanVarianceNormalization", Input = { "x" }, Output = { "y" }, Attribute = { Axes() } });
float[] parts = Run(
    Mean("x", "mean"), Node("Pow", ["mean", "two"], "mean2"), Node("Pow", ["x", "two"], "x2"), Mean("x2", "square"), Node("Sub", ["square", "mean2"], "variance"),
    Node("Sqrt", ["variance"], "deviation"), Node("Sub", ["x", "mean"], "centred"), Node("Add", ["deviation", "small"], "divisor"), Node("Div", ["centred", "divisor"], "y"));
Console.WriteLine($"channels 5 5 5 and 1 2 3\n  operator:   {string.Join(" ", whole)}\n  definition: {string.Join(" ", parts)}");
return whole.Take(3).All(float.IsNaN) && Math.Abs(whole[5] - 1.2247f) < 1e-3 && parts.Take(3).All(v => v == 0) && Math.Abs(parts[5] - 1.2247f) < 1e-3 ? 0 : 1;
END
dotnet run app.cs
