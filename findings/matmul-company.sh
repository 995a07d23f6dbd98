#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on an x64 CPU: a row's product depends on how many rows are multiplied with it, if the weights are an input.
#
# MatMul of one row of 128 numbers with a column of weights gives other last bits than the same row in a call of 4, 8 or 64 rows, and so do the last
# rows of a call of 63. If the weights are a constant of the model, all sizes agree.
# Surprising because constant or not, the weights are the same numbers, and because many numbers of rows agree with each other, so that a test of two
# sizes passes.
# Who meets it: whoever feeds weights to a model (adapters, ensembles, attention between two activations) and caches or compares scores row by row.
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

const int Width = 128, Rows = 64;
var random = new Random(7);
float[] Numbers(int count) => Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1).ToArray();
float[] weights = Numbers(Width), x = Numbers(Rows * Width);
ValueInfoProto Floats(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
InferenceSession Load(bool constant)
{
    var graph = new GraphProto
    {
        Name = "g",
        Input = { Floats("x") },
        Output = { Floats("y") },
        Node = { new NodeProto { OpType = "MatMul", Input = { "x", "w" }, Output = { "y" } } },
    };
    if (constant)
        graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { Width, 1 }, FloatData = { weights } });
    else
        graph.Input.Add(Floats("w"));
    var model = new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = graph };
    return new InferenceSession(model.ToByteArray(), new SessionOptions { IntraOpNumThreads = 1 });
}

float[] Run(InferenceSession session, int rows)
{
    using var input = OrtValue.CreateTensorValueFromMemory(x[..(rows * Width)], [rows, Width]);
    using var w = OrtValue.CreateTensorValueFromMemory(weights, [Width, 1]);
    OrtValue[] inputs = session.InputNames.Count == 1 ? [input] : [input, w];
    using var answers = session.Run(new RunOptions(), session.InputNames, inputs, ["y"]);
    return answers[0].GetTensorDataAsSpan<float>().ToArray();
}

bool same = true;
foreach (bool constant in new[] { true, false })
{
    using var session = Load(constant);
    float[] all = Run(session, Rows);
    int differing = 0;
    foreach (int rows in new[] { 1, 2, 3, 4, 8, 63 })
    {
        int count = Run(session, rows).Where((y, row) => y != all[row]).Count();
        Console.WriteLine($"weights {(constant ? "constant" : "an input")}, {rows} rows: {count} differ from the same rows in a call of {Rows}");
        differing += count;
    }

    same &= constant == (differing == 0);
}

return same ? 0 : 1;
END
dotnet run app.cs
