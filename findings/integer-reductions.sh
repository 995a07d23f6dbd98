#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on an x64 CPU: sums of integers are computed in double precision.
#
# ReduceSum of the int64 numbers 9007199254740993 and 0 is 9007199254740992: a sum with a single term that is not 0 changes it. Sums of int32 stop at
# 2147483647, where Add of the same numbers wraps round. ReduceMax of the same int64 numbers is exact.
# Surprising because integers have no rounding, and because Add and ReduceSum disagree about an overflow.
# Who meets it: whoever sums or selects by a mask identifiers, hashes, or timestamps in nanoseconds (which are above 2^53) inside a model.
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

T Run<T>(string operation, int type, params T[] x)
    where T : unmanaged
{
    ValueInfoProto Tensor(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { Tensor("x") },
            Output = { Tensor("y") },
            Node = { new NodeProto { OpType = operation, Input = { Enumerable.Repeat("x", operation == "Add" ? 2 : 1) }, Output = { "y" } } },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(x, [x.Length]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    T y = answers[0].GetTensorDataAsSpan<T>()[0];
    Console.WriteLine($"{operation} of {typeof(T).Name} {string.Join(", ", x)}: {y}");
    return y;
}

long large = (1L << 53) + 1;
bool same = Run("ReduceSum", 7, large, 0L) == large - 1;
same &= Run("ReduceMax", 7, large, 0L) == large;
same &= Run("ReduceSum", 6, int.MaxValue, int.MaxValue) == int.MaxValue;
same &= Run("Add", 6, int.MaxValue) == -2;
return same ? 0 : 1;
END
dotnet run app.cs
