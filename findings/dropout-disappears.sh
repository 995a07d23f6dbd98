#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: a Dropout in training mode is random or absent, depending on what follows it.
#
# Between two operators it is removed when the session is made, at every level of graph optimisation but none: all calls give the same answer. As the
# last node of the graph, or if its mask is used, it stays and is random. A seed changes nothing about it.
# Surprising because training_mode=true asks for randomness in so many words; the optimiser removes the node as if it were in inference mode.
# Who meets it: whoever samples a network with dropout for its uncertainty (Monte Carlo dropout): the spread is 0, and looks like confidence.
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
bool Random(GraphOptimizationLevel level, bool last)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { Floats(last ? "dropped" : "y") },
            Initializer =
            {
                new TensorProto { Name = "ratio", DataType = 1, FloatData = { 0.5f } }, new TensorProto { Name = "training", DataType = 9, Int32Data = { 1 } },
            },
            Node =
            {
                new NodeProto { OpType = "Neg", Input = { "x" }, Output = { "negative" } },
                new NodeProto { OpType = "Dropout", Input = { "negative", "ratio", "training" }, Output = { "dropped" } },
                new NodeProto { OpType = "Neg", Input = { "dropped" }, Output = { "y" } },
            },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model, new SessionOptions { GraphOptimizationLevel = level });
    float[] x = new float[64];
    Array.Fill(x, 1);
    using var input = OrtValue.CreateTensorValueFromMemory(x, [64]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], [last ? "dropped" : "y"]);
    return answers[0].GetTensorDataAsSpan<float>().ToArray().Distinct().Count() > 1;
}

bool same = true;
foreach (var level in Enum.GetValues<GraphOptimizationLevel>())
{
    bool between = Random(level, last: false), last = Random(level, last: true);
    Console.WriteLine($"{level}: between two operators {(between ? "random" : "absent")}, as the last node {(last ? "random" : "absent")}");
    same &= last && between == (level == GraphOptimizationLevel.ORT_DISABLE_ALL);
}

return same ? 0 : 1;
END
dotnet run app.cs
