#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: a sequence of length 0 sets the state of LSTM, GRU and RNN to zero.
#
# Of two sequences with initial states, one has the length 0 in sequence_lens. Its last state Y_h, and Y_c of LSTM, is 0 in place of the initial state: no step was taken, and the state is lost. The other sequence is
# right.
# Surprising because after n steps the last state is that of step n, so that after none it is the initial one, which is an input of the same operator; TensorFlow's dynamic_rnn returns it.
# Who meets it: whoever serves streams in batches and carries the states from call to call: a stream without new samples forgets its past.
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

ValueInfoProto Tensor(string name, int type = 1) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
bool same = true;
foreach ((string kind, int gates) in new[] { ("LSTM", 4), ("GRU", 3), ("RNN", 1) })
{
    string[] inputs = kind == "LSTM" ? ["x", "w", "r", "", "lengths", "h", "c"] : ["x", "w", "r", "", "lengths", "h"];
    string[] outputs = kind == "LSTM" ? ["", "yh", "yc"] : ["", "yh"];
    var node = new NodeProto { OpType = kind, Input = { inputs }, Output = { outputs }, Attribute = { new AttributeProto { Name = "hidden_size", Type = AttributeType.Int, I = 1 } } };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 14 } },
        Graph = new()
        {
            Name = "g",
            Node = { node },
            Input = { inputs.Where(name => name != "").Select(name => Tensor(name, name == "lengths" ? 6 : 1)) },
            Output = { outputs.Skip(1).Select(name => Tensor(name)) },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);

    // Three steps of two sequences, all ones; the weights are 0.5, the initial states 0.25 and 0.75.
    float[][] States(int[] lengths)
    {
        var values = new Dictionary<string, OrtValue>
        {
            ["x"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1f, 6).ToArray(), [3, 2, 1]),
            ["w"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(0.5f, gates).ToArray(), [1, gates, 1]),
            ["r"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(0.5f, gates).ToArray(), [1, gates, 1]),
            ["lengths"] = OrtValue.CreateTensorValueFromMemory(lengths, [2]),
            ["h"] = OrtValue.CreateTensorValueFromMemory(new float[] { 0.25f, 0.75f }, [1, 2, 1]),
            ["c"] = OrtValue.CreateTensorValueFromMemory(new float[] { 0.25f, 0.75f }, [1, 2, 1]),
        };
        string[] names = [.. inputs.Where(name => name != "")];
        using var answers = session.Run(new RunOptions(), names, names.Select(name => values[name]).ToArray(), outputs.Skip(1).ToArray());
        return answers.Select(answer => answer.GetTensorDataAsSpan<float>().ToArray()).ToArray();
    }

    float[][] full = States([3, 2]), empty = States([0, 2]);
    Console.WriteLine($"{kind}, initial states 0.25 and 0.75: after 3 and 2 steps {string.Join("; ", full.Select(state => string.Join(" ", state)))}; after 0 and 2 steps {string.Join("; ", empty.Select(state => string.Join(" ", state)))}");
    same &= empty.All(state => state[0] == 0) && full.Zip(empty).All(pair => pair.First[1] == pair.Second[1] && pair.First[0] != 0);
}

return same ? 0 : 1;
END
dotnet run app.cs
