#!/usr/bin/env bash
# Debian 12's PyTorch 1.13.1 exported to ONNX, in ONNX Runtime 1.31.0: // and >> of integers round towards zero, torch.div rounds down.
#
# x // 3 becomes a bare Div, so -7 // 3 is -2 in place of -3, and the usual way to divide upwards, -(-x // 3), is wrong for positive numbers, too: it
# gives 33 for 100 in place of 34. torch.div(x, 3, rounding_mode="floor") of the same tensor is exported correctly.
# Surprising because both are the same function in PyTorch, and because the exporter neither refuses nor warns.
# Who meets it: whoever exports index arithmetic: windows and patches, relative positions, padding computed with a division upwards.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > export.py <<'END'
import torch

class Divisions(torch.nn.Module):
    def forward(self, x):
        return x // 3, -(-x // 3), x >> 1, torch.div(x, 3, rounding_mode="floor")

x = torch.tensor([-7, -3, -1, 7, 100])
names = ["down", "up", "shift", "div"]
for name, y in zip(names, Divisions()(x)):
    print(f"{name:5} PyTorch      {' '.join(str(v) for v in y.tolist())}")
torch.onnx.export(Divisions(), (x,), "model.onnx", input_names=["x"], output_names=names, opset_version=14)
END
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
using Microsoft.ML.OnnxRuntime;

using var session = new InferenceSession("model.onnx");
using var x = OrtValue.CreateTensorValueFromMemory(new long[] { -7, -3, -1, 7, 100 }, [5]);
string[] names = ["down", "up", "shift", "div"];
using var answers = session.Run(new RunOptions(), ["x"], [x], names);
long[][] values = answers.Select(answer => answer.GetTensorDataAsSpan<long>().ToArray()).ToArray();
for (int i = 0; i < 4; i++)
    Console.WriteLine($"{names[i],-5} ONNX Runtime {string.Join(" ", values[i])}");
return values[0] is [-2, -1, 0, 2, 33] && values[1] is [-2, -1, 0, 2, 33] && values[2] is [-3, -1, 0, 3, 50] && values[3] is [-3, -1, -1, 2, 33] ? 0 : 1;
END
python=$(command -v /usr/bin/python3 || command -v python3)   # Debian's own Python, which has Debian's packages
"$python" -W ignore export.py
dotnet run app.cs
