#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: TreeEnsembleClassifier's label contradicts its probabilities.
#
# A boosted binary classifier has log-odds in its leaves and post_transform LOGISTIC. If every leaf is positive, the label is class 1 only for
# log-odds above 0.5, so that a row with log-odds 0.3 gets the probabilities 0.43 and 0.57 and the label 0. One negative leaf anywhere in the forest,
# even one that no row reaches, moves the threshold to 0 and the label to 1. With post_transform SOFTMAX that forest returns no probabilities but its
# raw sum and the negative of it.
# Surprising because the label is decided before the transform, by a rule that looks at the signs of all leaves.
# Who meets it: whoever exports a boosted classifier trained on mostly positive rows, or with a base score folded into its leaves, and uses the label output.
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
AttributeProto Text(string name, params string[] values) =>
    new() { Name = name, Type = AttributeType.Strings, Strings = { values.Select(ByteString.CopyFromUtf8) } };
ValueInfoProto Tensor(string name, int type) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };

// Rows with x <= 0.5 get the first leaf. All rows here are 0.
(long Label, float[] Scores) Classify(string transform, float first, float second)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        Graph = new()
        {
            Name = "g",
            Input = { Tensor("x", 1) },
            Output = { Tensor("label", 7), Tensor("y", 1) },
            Node =
            {
                new NodeProto
                {
                    Domain = "ai.onnx.ml",
                    OpType = "TreeEnsembleClassifier",
                    Input = { "x" },
                    Output = { "label", "y" },
                    Attribute =
                    {
                        Ints("nodes_treeids", 0, 0, 0), Ints("nodes_nodeids", 0, 1, 2), Ints("nodes_featureids", 0, 0, 0),
                        Floats("nodes_values", 0.5f, 0, 0), Text("nodes_modes", "BRANCH_LEQ", "LEAF", "LEAF"),
                        Ints("nodes_truenodeids", 1, 0, 0), Ints("nodes_falsenodeids", 2, 0, 0),
                        Ints("class_treeids", 0, 0), Ints("class_nodeids", 1, 2), Ints("class_ids", 0, 0),
                        Floats("class_weights", first, second), Ints("classlabels_int64s", 0, 1),
                        new AttributeProto { Name = "post_transform", Type = AttributeType.String, S = ByteString.CopyFromUtf8(transform) },
                    },
                },
            },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = OrtValue.CreateTensorValueFromMemory(new float[1], [1, 1]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["label", "y"]);
    var result = (answers[0].GetTensorDataAsSpan<long>()[0], answers[1].GetTensorDataAsSpan<float>().ToArray());
    Console.WriteLine($"{transform}, leaves {first} and {second}: label {result.Item1}, scores {string.Join(" ", result.Item2)}");
    return result;
}

var positive = Classify("LOGISTIC", 0.3f, 1);
var mixed = Classify("LOGISTIC", 0.3f, -1);
var softmax = Classify("SOFTMAX", 0.3f, -1);
return positive.Label == 0 && positive.Scores[1] > 0.57f && mixed.Label == 1 && mixed.Scores[1] > 0.57f && softmax.Scores[1] == 0.3f ? 0 : 1;
END
dotnet run app.cs
