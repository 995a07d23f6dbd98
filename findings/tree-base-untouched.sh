#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: a forest's base value is left out for a target that no leaf of the row mentions.
#
# base_values holds where each target starts: 10, 20 and 30 for three targets. A row whose leaves add 1 to the first target and nothing to the others gets 11, 0 and 0 in place of 11, 20 and 30. If the leaves add an
# explicit 0 to them, the answer is 11, 20, 30.
# Surprising because a leaf without a weight and one with the weight 0 mean the same, and because other rows of the same batch, with other leaves, have their base values.
# Who meets it: whoever exports a forest with several targets compactly, without its zeros, or boosted trees whose rounds stopped at different times: the classes or targets without a tree lose their prior.
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

AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };
AttributeProto Floats(string name, params float[] values) => new() { Name = name, Type = AttributeType.Floats, Floats = { values } };
ValueInfoProto Tensor(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };

// One question, x <= 0.5. The left leaf adds 1 to the first target; the right one adds 1 to each. With zeros, the left one also adds 0 to the others.
float[] Answers(bool zeros)
{
    long[] node = zeros ? [1, 1, 1, 2, 2, 2] : [1, 2, 2, 2], target = zeros ? [0, 1, 2, 0, 1, 2] : [0, 0, 1, 2];
    float[] weight = zeros ? [1, 0, 0, 1, 1, 1] : [1, 1, 1, 1];
    var forest = new NodeProto
    {
        Domain = "ai.onnx.ml",
        OpType = "TreeEnsembleRegressor",
        Input = { "x" },
        Output = { "y" },
        Attribute =
        {
            new AttributeProto { Name = "n_targets", Type = AttributeType.Int, I = 3 }, Floats("base_values", 10, 20, 30),
            Ints("nodes_treeids", 0, 0, 0), Ints("nodes_nodeids", 0, 1, 2), Ints("nodes_featureids", 0, 0, 0), Floats("nodes_values", 0.5f, 0, 0),
            new AttributeProto { Name = "nodes_modes", Type = AttributeType.Strings, Strings = { new[] { "BRANCH_LEQ", "LEAF", "LEAF" }.Select(ByteString.CopyFromUtf8) } },
            Ints("nodes_truenodeids", 1, 0, 0), Ints("nodes_falsenodeids", 2, 0, 0),
            Ints("target_treeids", new long[node.Length]), Ints("target_nodeids", node), Ints("target_ids", target), Floats("target_weights", weight),
        },
    };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        Graph = new() { Name = "g", Input = { Tensor("x") }, Output = { Tensor("y") }, Node = { forest } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var x = OrtValue.CreateTensorValueFromMemory(new float[] { 0, 1 }, [2, 1]);
    using var answers = session.Run(new RunOptions(), ["x"], [x], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>().ToArray();
}

float[] compact = Answers(false), written = Answers(true);
Console.WriteLine($"without zeros: left row {string.Join(" ", compact[..3])}, right row {string.Join(" ", compact[3..])}");
Console.WriteLine($"with zeros:    left row {string.Join(" ", written[..3])}, right row {string.Join(" ", written[3..])}");
return compact is [11, 0, 0, 11, 21, 31] && written is [11, 20, 30, 11, 21, 31] ? 0 : 1;
END
dotnet run app.cs
