#!/usr/bin/env bash
# Debian 12's PyTorch 1.13.1 exported to ONNX, in ONNX Runtime 1.31.0: sums over repeated indices keep the last term only.
#
# scatter_add of 5, 6, 7 to the places 1, 1, 2 gives [0, 11, 7, 0] in PyTorch and [0, 6, 7, 0] in the exported model with opset 14, the exporter's
# default; with opset 16 it is right. index_put with accumulate=True loses terms with opset 16, too. The exporter warns about neither.
# Surprising because repeated indices are what these functions are for, and models without repeats in the test input agree.
# Who meets it: whoever exports graph networks, histograms, segment sums or voxel pooling.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > export.py <<'END'
import torch

class Scatter(torch.nn.Module):
    def forward(self, x, i):
        return torch.zeros(4).scatter_add(0, i, x)

class Put(torch.nn.Module):
    def forward(self, x, i):
        return torch.zeros(4).index_put((i,), x, accumulate=True)

x, i = torch.tensor([5.0, 6, 7]), torch.tensor([1, 1, 2])
print("PyTorch:", Scatter()(x, i).tolist(), Put()(x, i).tolist())
for name, module in (("scatter", Scatter()), ("put", Put())):
    for opset in (14, 16):
        torch.onnx.export(module, (x, i), f"{name}{opset}.onnx", input_names=["x", "i"], output_names=["y"], opset_version=opset)
END
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
using Microsoft.ML.OnnxRuntime;

float[] Run(string name)
{
    using var session = new InferenceSession(name + ".onnx");
    using var x = OrtValue.CreateTensorValueFromMemory(new float[] { 5, 6, 7 }, [3]);
    using var i = OrtValue.CreateTensorValueFromMemory(new long[] { 1, 1, 2 }, [3]);
    using var answers = session.Run(new RunOptions(), ["x", "i"], [x, i], ["y"]);
    float[] y = answers[0].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"{name}: [{string.Join(", ", y)}]");
    return y;
}

return Run("scatter14") is [0, 6, 7, 0] && Run("scatter16") is [0, 11, 7, 0] && Run("put14") is [0, 6, 7, 0] && Run("put16") is [0, 6, 7, 0] ? 0 : 1;
END
python=$(command -v /usr/bin/python3 || command -v python3)   # Debian's own Python, which has Debian's packages
"$python" -W ignore export.py
dotnet run app.cs
