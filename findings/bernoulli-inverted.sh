#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: Bernoulli draws the wrong way round.
#
# ONNX says that Bernoulli(p) gives 1 with probability p. ONNX Runtime gives 1 with probability 1 - p: of 100,000 draws with p = 0.1, about 90,000 are
# ones.
# Surprising because p = 0.5, the value of most tests, looks right, and because the operator is a published standard.
# Who meets it: whoever exports a model that samples: stochastic depth, random masks, randomised smoothing, binary latent variables.
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
    OpsetImport = { new OperatorSetIdProto { Version = 15 } },
    Graph = new()
    {
        Name = "g",
        Input = { Floats("p") },
        Output = { Floats("y") },
        Node = { new NodeProto { OpType = "Bernoulli", Input = { "p" }, Output = { "y" } } },
    },
}.ToByteArray();
using var session = new InferenceSession(model);
bool inverted = true;
foreach (float p in new[] { 0.1f, 0.5f, 0.9f })
{
    float[] draws = new float[100_000];
    Array.Fill(draws, p);
    using var input = OrtValue.CreateTensorValueFromMemory(draws, [draws.Length]);
    using var answers = session.Run(new RunOptions(), ["p"], [input], ["y"]);
    double mean = answers[0].GetTensorDataAsSpan<float>().ToArray().Average();
    Console.WriteLine($"p = {p}: share of ones {mean:F3}");
    inverted &= Math.Abs(mean - (1 - p)) < 0.02;
}

return inverted ? 0 : 1;
END
dotnet run app.cs
