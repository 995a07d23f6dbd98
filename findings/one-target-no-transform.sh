#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: LinearRegressor and TreeEnsembleRegressor ignore post_transform LOGISTIC if they have one target.
#
# With LOGISTIC and two targets both operators return 1 / (1 + exp(-score)); with one target they return the score itself. PROBIT is applied to one target, too. LinearClassifier with one row of coefficients for two
# classes ignores SOFTMAX in the same way: its "probabilities" of a score of -3 are 4 and -3.
# Surprising because the transform is an attribute of the operator and has nothing to do with the number of targets, and because one target is the usual number.
# Who meets it: rates and probabilities fitted by regression: boosted trees with a logistic objective, converted with their log-odds in the leaves, return log-odds.
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

AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };
AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };
AttributeProto Floats(string name, params float[] values) => new() { Name = name, Type = AttributeType.Floats, Floats = { values } };
AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
ValueInfoProto Tensor(string name, int type = 1) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
float[] Answer(string kind, float input, params AttributeProto[] attributes)
{
    bool classifier = kind == "LinearClassifier";
    var node = new NodeProto { Domain = "ai.onnx.ml", OpType = kind, Input = { "x" }, Output = { "y" }, Attribute = { attributes } };
    if (classifier)
        node.Output.Insert(0, "label");
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
        Graph = new() { Name = "g", Input = { Tensor("x") }, Output = { Tensor("y") }, Node = { node } },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var x = OrtValue.CreateTensorValueFromMemory(new[] { input }, [1, 1]);
    using var answers = session.Run(new RunOptions(), ["x"], [x], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>().ToArray();
}

// The score of the linear models is the input; the tree has 0.25 in its left leaf, for each of its targets.
float[] Linear(int targets, string transform, float input) => Answer("LinearRegressor", input, Floats("coefficients", Enumerable.Repeat(1f, targets).ToArray()),
    Floats("intercepts", new float[targets]), Int("targets", targets), Text("post_transform", transform));
float[] Tree(int targets, string transform) => Answer("TreeEnsembleRegressor", 0, Int("n_targets", targets), Text("post_transform", transform),
    Ints("nodes_treeids", 0, 0, 0), Ints("nodes_nodeids", 0, 1, 2), Ints("nodes_featureids", 0, 0, 0), Floats("nodes_values", 0.5f, 0, 0),
    new AttributeProto { Name = "nodes_modes", Type = AttributeType.Strings, Strings = { new[] { "BRANCH_LEQ", "LEAF", "LEAF" }.Select(ByteString.CopyFromUtf8) } },
    Ints("nodes_truenodeids", 1, 0, 0), Ints("nodes_falsenodeids", 2, 0, 0),
    Ints("target_treeids", new long[2 * targets]), Ints("target_nodeids", Enumerable.Range(0, 2 * targets).Select(i => i / targets + 1L).ToArray()),
    Ints("target_ids", Enumerable.Range(0, 2 * targets).Select(i => (long)(i % targets)).ToArray()),
    Floats("target_weights", Enumerable.Range(0, 2 * targets).Select(i => i < targets ? 0.25f : 0.75f).ToArray()));
bool same = true;
foreach (string transform in new[] { "NONE", "LOGISTIC", "PROBIT" })
{
    float[] one = Linear(1, transform, 0.25f), two = Linear(2, transform, 0.25f), oneTree = Tree(1, transform), twoTrees = Tree(2, transform);
    Console.WriteLine($"score 0.25, {transform}: linear with one target {one[0]}, with two {two[0]}; trees with one target {oneTree[0]}, with two {twoTrees[0]}");
    same &= transform == "LOGISTIC" ? one[0] == 0.25f && oneTree[0] == 0.25f && Math.Abs(two[0] - 0.5622f) < 1e-3 && Math.Abs(twoTrees[0] - 0.5622f) < 1e-3 : one[0] == two[0] && oneTree[0] == twoTrees[0];
}

float[] pair = Answer("LinearClassifier", -3, Floats("coefficients", 1), Floats("intercepts", 0), Ints("classlabels_ints", 0, 1), Text("post_transform", "SOFTMAX"));
Console.WriteLine($"LinearClassifier, score -3, SOFTMAX: {string.Join(" ", pair)}");
return same && pair[0] == 4 && pair[1] == -3 ? 0 : 1;
END
dotnet run app.cs
