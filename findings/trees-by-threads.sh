#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: with two threads or more, a row's score from a forest depends on how many rows are asked with it.
#
# TreeEnsembleRegressor of 100 trees gives the same bits for 1, 2, 10 and 50 rows a call, and other last bits for most rows in a call of 200. With one
# thread all sizes agree. It looks as if large batches were split by trees among the threads and small ones by rows.
# Surprising because each row is a separate sum, tests use few rows, and the number of threads is by default the machine's.
# Who meets it: whoever compares a batch job's scores with a service's, caches scores, or estimates gradients from small differences of them.
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

const int Trees = 100, Features = 5, Rows = 200;
var random = new Random(1);
AttributeProto Ints(string name, IEnumerable<int> values) =>
    new() { Name = name, Type = AttributeType.Ints, Ints = { values.Select(value => (long)value) } };
AttributeProto Floats(string name, IEnumerable<float> values) => new() { Name = name, Type = AttributeType.Floats, Floats = { values } };
ValueInfoProto Tensor(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };

// Each tree: one question and two leaves.
var nodes = Enumerable.Range(0, 3 * Trees).ToArray();
var leaves = nodes.Where(i => i % 3 > 0).ToArray();
var forest = new NodeProto
{
    Domain = "ai.onnx.ml",
    OpType = "TreeEnsembleRegressor",
    Input = { "x" },
    Output = { "y" },
    Attribute =
    {
        Ints("nodes_treeids", nodes.Select(i => i / 3)),
        Ints("nodes_nodeids", nodes.Select(i => i % 3)),
        Ints("nodes_featureids", nodes.Select(_ => random.Next(Features))),
        Floats("nodes_values", nodes.Select(_ => random.NextSingle())),
        new AttributeProto
        {
            Name = "nodes_modes",
            Type = AttributeType.Strings,
            Strings = { nodes.Select(i => ByteString.CopyFromUtf8(i % 3 == 0 ? "BRANCH_LEQ" : "LEAF")) },
        },
        Ints("nodes_truenodeids", nodes.Select(i => i % 3 == 0 ? 1 : 0)),
        Ints("nodes_falsenodeids", nodes.Select(i => i % 3 == 0 ? 2 : 0)),
        Ints("target_treeids", leaves.Select(i => i / 3)),
        Ints("target_nodeids", leaves.Select(i => i % 3)),
        Ints("target_ids", leaves.Select(_ => 0)),
        Floats("target_weights", leaves.Select(_ => random.NextSingle() - 0.5f)),
        new AttributeProto { Name = "n_targets", Type = AttributeType.Int, I = 1 },
    },
};
byte[] model = new ModelProto
{
    IrVersion = 8,
    OpsetImport = { new OperatorSetIdProto { Version = 13 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 } },
    Graph = new() { Name = "g", Input = { Tensor("x") }, Output = { Tensor("y") }, Node = { forest } },
}.ToByteArray();
float[] x = Enumerable.Range(0, Rows * Features).Select(_ => random.NextSingle()).ToArray();
float[] Scores(int threads, int batch)
{
    using var session = new InferenceSession(model, new SessionOptions { IntraOpNumThreads = threads });
    var scores = new List<float>();
    for (int row = 0; row < Rows; row += batch)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(x[(row * Features)..((row + batch) * Features)], [batch, Features]);
        using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
        scores.AddRange(answers[0].GetTensorDataAsSpan<float>());
    }

    return [.. scores];
}

float[] alone = Scores(1, 1);
bool same = true;
foreach (int threads in new[] { 1, 2, 3 })
{
    foreach (int batch in new[] { 1, 10, 50, 200 })
    {
        int differing = Scores(threads, batch).Where((score, row) => score != alone[row]).Count();
        Console.WriteLine($"{threads} threads, {batch} rows a call: {differing} of {Rows} scores differ from the row alone");
        same &= threads > 1 && batch == Rows ? differing > 0 : differing == 0;
    }
}

return same ? 0 : 1;
END
dotnet run app.cs
