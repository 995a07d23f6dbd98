#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: OneHot gives rows of zeros for indices that are not whole, where ONNX casts them.
#
# ONNX says that indices of another type than int64 are cast to int64 before use. So 1.7 is 1 and -0.5 is 0. ONNX Runtime gives rows without a one for both. The cast as a node in front of it gives the ones.
# Surprising because the operator OneHotEncoder of the same runtime does cast, so that the two disagree about 1.7, and because no row without a one should be possible for an index in range.
# Who meets it: class numbers or bins that were computed in float32 and are not quite whole, such as a value divided by the width of its bin.
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

ValueInfoProto Floats(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
string[] Rows(bool cast, float[] indices)
{
    var graph = new GraphProto { Name = "g", Input = { Floats("x") }, Output = { Floats("y") } };
    graph.Initializer.Add(cast ? new TensorProto { Name = "depth", DataType = 7, Int64Data = { 4 } } : new TensorProto { Name = "depth", DataType = 1, FloatData = { 4 } });
    graph.Initializer.Add(new TensorProto { Name = "values", DataType = 1, Dims = { 2 }, FloatData = { 0, 1 } });
    if (cast)
    {
        graph.Node.Add(new NodeProto { OpType = "Cast", Input = { "x" }, Output = { "i" }, Attribute = { new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = 7 } } });
    }

    graph.Node.Add(new NodeProto { OpType = "OneHot", Input = { cast ? "i" : "x", "depth", "values" }, Output = { "y" } });
    using var session = new InferenceSession(new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = graph }.ToByteArray());
    using var input = OrtValue.CreateTensorValueFromMemory(indices, [indices.Length]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    return [.. answers[0].GetTensorDataAsSpan<float>().ToArray().Chunk(4).Select(row => string.Concat(row))];
}

float[] indices = [2, 1.7f, -0.5f, 0.1f * 30];
string[] direct = Rows(false, indices), cast = Rows(true, indices);
for (int i = 0; i < indices.Length; i++)
{
    Console.WriteLine($"index {indices[i]:G9}: {direct[i]}, with Cast {cast[i]}");
}

return direct is ["0010", "0000", "0000", _] && cast is ["0010", "0100", "1000", "0001"] ? 0 : 1;
END
dotnet run app.cs
