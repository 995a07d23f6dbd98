#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: with one NaN, TopK leaves out the largest number.
#
# The two largest of [1 NaN 3 NaN 2] are 1 and NaN, and the three largest NaN, 3 and 2; the one largest is 3. So the largest number is found for K = 1 and 3 and lost for K = 2. PyTorch and NumPy treat NaN as the
# largest number, and another order would leave it out; either keeps the 3.
# Surprising because a number in the answer is smaller than one that is left out, and because a larger K loses what a smaller one has found.
# Who meets it: top-5 accuracies, beam search and non-maximum suppression after a network that gives NaN for one class.
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

ValueInfoProto Tensor(string name, int type) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
byte[] model = new ModelProto
{
    IrVersion = 8,
    OpsetImport = { new OperatorSetIdProto { Version = 13 } },
    Graph = new()
    {
        Name = "g",
        Input = { Tensor("x", 1), Tensor("k", 7) },
        Output = { Tensor("y", 1), Tensor("i", 7) },
        Node = { new NodeProto { OpType = "TopK", Input = { "x", "k" }, Output = { "y", "i" } } },
    },
}.ToByteArray();
using var session = new InferenceSession(model);
string Largest(long count, params float[] x)
{
    using var numbers = OrtValue.CreateTensorValueFromMemory(x, [x.Length]);
    using var k = OrtValue.CreateTensorValueFromMemory(new[] { count }, [1]);
    using var answers = session.Run(new RunOptions(), ["x", "k"], [numbers, k], ["y"]);
    string y = string.Join(" ", answers[0].GetTensorDataAsSpan<float>().ToArray());
    Console.WriteLine($"the {count} largest of [{string.Join(" ", x)}]: {y}");
    return y;
}

const float NaN = float.NaN;
bool same = Largest(1, 1, NaN, 3, NaN, 2) == "3" && Largest(2, 1, NaN, 3, NaN, 2) == "1 NaN" && Largest(3, 1, NaN, 3, NaN, 2).Contains('3');
same &= Largest(2, 1, 0, 3, 0, 2) == "3 2";
return same ? 0 : 1;
END
dotnet run app.cs
