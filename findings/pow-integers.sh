#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: Pow of integers is computed in double precision, so x to the power 1 is not x.
#
# 9007199254740993 to the power 1 is 9007199254740992, and 123456789 to the power 2 ends with 22, while Mul of it by itself gives 15241578750190521. Both inputs and the output are int64 and the true result fits. PyTorch and NumPy give it.
# Surprising because the operator has an int64 type of its own in ONNX, and a product of the same numbers is exact.
# Who meets it: hashes, identifiers and polynomial features of integers inside a model: two keys that differ become equal.
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

ValueInfoProto Integers(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 7 } } };
long Run(string type, long a, long b)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 15 } },
        Graph = new()
        {
            Name = "g",
            Input = { Integers("a"), Integers("b") },
            Output = { Integers("y") },
            Node = { new NodeProto { OpType = type, Input = { "a", "b" }, Output = { "y" } } },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var left = OrtValue.CreateTensorValueFromMemory(new[] { a }, [1]);
    using var right = OrtValue.CreateTensorValueFromMemory(new[] { b }, [1]);
    using var answers = session.Run(new RunOptions(), ["a", "b"], [left, right], ["y"]);
    long y = answers[0].GetTensorDataAsSpan<long>()[0];
    Console.WriteLine($"{type}({a}, {b}) = {y}");
    return y;
}

bool same = Run("Pow", 9007199254740993, 1) == 9007199254740992 && Run("Mul", 9007199254740993, 1) == 9007199254740993;
same &= Run("Pow", 123456789, 2) != 15241578750190521 && Run("Mul", 123456789, 123456789) == 15241578750190521;
return same ? 0 : 1;
END
dotnet run app.cs
