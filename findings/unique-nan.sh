#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: Unique loses numbers when one value is NaN.
#
# If NaN comes first, it is the only value returned: [NaN 3 1 2] gives [NaN]. Anywhere else the NaN itself is dropped: [3 NaN 1 2] gives [1 2 3].
# Surprising because ordinary numbers disappear without an error, and the answer depends on where the missing value stands.
# Who meets it: whoever counts categories or tokens inside a model whose column has missing values.
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
byte[] model = new ModelProto
{
    IrVersion = 8,
    OpsetImport = { new OperatorSetIdProto { Version = 13 } },
    Graph = new()
    {
        Name = "g",
        Input = { Floats("x") },
        Output = { Floats("y") },
        Node = { new NodeProto { OpType = "Unique", Input = { "x" }, Output = { "y" } } },
    },
}.ToByteArray();
using var session = new InferenceSession(model);
string Unique(params float[] x)
{
    using var input = OrtValue.CreateTensorValueFromMemory(x, [x.Length]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    string y = string.Join(" ", answers[0].GetTensorDataAsSpan<float>().ToArray());
    Console.WriteLine($"Unique of [{string.Join(" ", x)}]: [{y}]");
    return y;
}

bool same = Unique(3, 1, 2, 1) == "1 2 3";
same &= Unique(float.NaN, 3, 1, 2) == "NaN";
same &= Unique(3, float.NaN, 1, 2) == "1 2 3";
return same ? 0 : 1;
END
dotnet run app.cs
