#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: a BatchNormalization in training mode changes the constants of its own session, so the same input gets another answer at each call.
#
# It happens if the running mean and variance are not outputs of the graph, graph optimisation is on (the default), and the initial running mean
# equals the shift, or the variance the scale, as in every freshly initialised network. The optimiser merges the equal constants; the node then
# updates the statistics in place, and the merged shift and scale with them. Without optimisation, or with all three outputs declared, the answer is
# the right one at every call.
# Surprising because a session is held to be read-only, and because declaring one output changes another.
# Who meets it: whoever exports a network in training mode (Monte Carlo inference, test-time adaptation) and keeps only the scores.
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
TensorProto One(string name, float value) => new() { Name = name, DataType = 1, Dims = { 1 }, FloatData = { value } };

// The normalised value of the middle row at each of three calls. It is the middle, so it is the shift: 0.
float[] Middle(GraphOptimizationLevel level, params string[] outputs)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 15 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { outputs.Select(Floats) },
            Initializer = { One("scale", 1), One("shift", 0), One("mean", 0), One("variance", 1) },
            Node =
            {
                new NodeProto
                {
                    OpType = "BatchNormalization",
                    Input = { "x", "scale", "shift", "mean", "variance" },
                    Output = { "y", "newMean", "newVariance" },
                    Attribute = { new AttributeProto { Name = "training_mode", Type = AttributeProto.Types.AttributeType.Int, I = 1 } },
                },
            },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model, new SessionOptions { GraphOptimizationLevel = level });
    using var input = OrtValue.CreateTensorValueFromMemory(new float[] { 100, 101, 102 }, [3, 1]);
    float Call()
    {
        using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
        return answers[0].GetTensorDataAsSpan<float>()[1];
    }

    return [Call(), Call(), Call()];
}

float[] optimised = Middle(GraphOptimizationLevel.ORT_ENABLE_ALL, "y");
float[] plain = Middle(GraphOptimizationLevel.ORT_DISABLE_ALL, "y");
float[] declared = Middle(GraphOptimizationLevel.ORT_ENABLE_ALL, "y", "newMean", "newVariance");
Console.WriteLine($"three calls, optimised: {string.Join(" ", optimised)}");
Console.WriteLine($"not optimised: {string.Join(" ", plain)}");
Console.WriteLine($"optimised, all three outputs declared: {string.Join(" ", declared)}");
return optimised[0] < optimised[1] - 5 && optimised[1] < optimised[2] - 5 && plain.Concat(declared).All(value => Math.Abs(value) < 0.01) ? 0 : 1;
END
dotnet run app.cs
