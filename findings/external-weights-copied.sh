#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on Linux: external weights of a MatMul are mapped and then copied; those of an Add are only mapped.
#
# Loading a model whose 64 MiB of weights are in a file of their own takes hardly any memory if an Add uses them, and 64 MiB if a MatMul does: they
# are packed into another order when the session is made. With the session entry session.disable_prepacking = 1 the MatMul takes none, too, and reads
# the mapped file when it runs.
# Surprising because external data is the way to share large weights between processes, and the layers that have large weights do not share them.
# Who meets it: whoever runs many processes over one model, or sizes a container by the file's size.
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

const int Side = 4096;
File.WriteAllBytes("weights.bin", new byte[4 * Side * Side]);
long Load(string operation, bool packing)
{
    ValueInfoProto Floats(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
    var weights = new TensorProto { Name = "w", DataType = 1, Dims = { Side, Side }, DataLocation = TensorProto.Types.DataLocation.External };
    weights.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "weights.bin" });
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { Floats("x") },
            Output = { Floats("y") },
            Initializer = { weights },
            Node = { new NodeProto { OpType = operation, Input = { "x", "w" }, Output = { "y" } } },
        },
    }.ToByteArray();
    File.WriteAllBytes("model.onnx", model);
    var options = new SessionOptions { IntraOpNumThreads = 1 };
    if (!packing)
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
    long before = Resident();
    using var session = new InferenceSession("model.onnx", options);
    long grown = Resident() - before;
    Console.WriteLine($"{operation}{(packing ? "" : " without packing")}: {grown} MiB more resident memory");
    return grown;
}

// Pages of the process that are its own, not those of mapped files, in MiB.
long Resident() => long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;

Load("Add", true);   // starts the runtime
return Load("Add", true) < 16 && Load("MatMul", false) < 16 && Load("MatMul", true) > 48 ? 0 : 1;
END
dotnet run app.cs
