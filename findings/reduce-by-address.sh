#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on an x64 CPU: a reduction's answer depends on the address of its input.
#
# The same nine numbers with a NaN among them are written to four neighbouring places of one buffer. ReduceMax finds the NaN at one of the nine
# positions only, and at which one depends on the place; for the other positions it returns the largest number. ReduceSum of the same thousand
# fractions has other last bits. Both follow the address modulo 16: a vectorised loop begins at the first aligned number.
# Surprising because nothing random is involved, yet the same file and the same row give NaN or a number, depending on where the allocator put them.
# Who meets it: whoever slices batches out of one large buffer, compares results bit by bit, or relies on NaN to mark missing values.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:property AllowUnsafeBlocks=true
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;

ValueInfoProto Floats(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
InferenceSession Load(string operation) => new(new ModelProto
{
    IrVersion = 7,
    OpsetImport = { new OperatorSetIdProto { Version = 12 } },
    Graph = new()
    {
        Name = "g",
        Input = { Floats("x") },
        Output = { Floats("y") },
        Node = { new NodeProto { OpType = operation, Input = { "x" }, Output = { "y" } } },
    },
}.ToByteArray());
using var max = Load("ReduceMax");
using var sum = Load("ReduceSum");
float[] buffer = GC.AllocateArray<float>(2000, pinned: true);
int start = Aligned();

// The first index at a multiple of 16 bytes.
unsafe int Aligned()
{
    fixed (float* first = buffer)
        return (int)((16 - (long)first % 16) % 16 / 4);
}

float Run(InferenceSession session, float[] x, int place)
{
    x.CopyTo(buffer, start + place);
    using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, new Memory<float>(buffer, start + place, x.Length), [x.Length]);
    using var answers = session.Run(new RunOptions(), ["x"], [input], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>()[0];
}

var random = new Random(1);
float[] fractions = Enumerable.Range(0, 1000).Select(_ => random.NextSingle()).ToArray();
var seen = new HashSet<string>();
var sums = new HashSet<float>();
for (int place = 0; place < 4; place++)
{
    string row = "";
    for (int position = 0; position < 9; position++)
    {
        float[] x = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        x[position] = float.NaN;
        row += float.IsNaN(Run(max, x, place)) ? "N" : ".";
    }

    float total = Run(sum, fractions, place);
    Console.WriteLine($"16k + {4 * place,2} bytes: ReduceMax with NaN at each position (N: NaN, .: a number) {row}; ReduceSum {total:R}");
    seen.Add(row);
    sums.Add(total);
}

return seen.Count > 1 && sums.Count > 1 ? 0 : 1;
END
dotnet run app.cs
