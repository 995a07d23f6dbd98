#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on an x64 CPU: Tanh of float32 leaves [-1, 1], and Sigmoid leaves [0, 1].
#
# Some arguments between 7 and 9 have a tanh of 1.0000002, and Sigmoid reaches 1.0000001. Neither function is monotone: of neighbours 2^-15 apart, one
# in ten decreases.
# Surprising because the bound is what the functions are used for: atanh, sqrt(1 - y²) and log(1 - p) of the result are NaN.
# Who meets it: whoever undoes the squashing: policies with tanh actions, pixels kept in range by tanh, logits recovered from probabilities.
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
float[] x = Enumerable.Range(0, 1 << 20).Select(i => i / 32768f).ToArray();
bool same = true;
foreach (string function in new[] { "Tanh", "Sigmoid" })
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { Floats("y") },
            Node = { new NodeProto { OpType = function, Input = { "x" }, Output = { "y" } } },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(x, [x.Length]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    float[] y = answers[0].GetTensorDataAsSpan<float>().ToArray();
    int above = y.Count(value => value > 1), decreases = Enumerable.Range(1, y.Length - 1).Count(i => y[i] < y[i - 1]);
    Console.WriteLine($"{function}: {above} of {y.Length} values are above 1, at {string.Join(" ", x.Where((_, i) => y[i] > 1).Take(3))} …; largest {y.Max():R}; {decreases} decreases");
    same &= above > 0 && decreases > 10_000;
}

return same ? 0 : 1;
END
dotnet run app.cs
