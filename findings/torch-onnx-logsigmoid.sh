#!/usr/bin/env bash
# Debian 12's PyTorch 1.13.1 exported to ONNX, in ONNX Runtime 1.31.0: logsigmoid is infinite below about -18.
#
# PyTorch computes logsigmoid(-20) = -20. It is exported as Log of Sigmoid, and ONNX Runtime's Sigmoid is exactly 0 there, so that the answer is minus
# infinity; at -15 it is off by 1 %. The same function written as -softplus(-x) is exported to an operator of its own and right to six digits.
# Surprising because the function exists to avoid this very logarithm of 0.
# Who meets it: whoever exports a loss, an energy or a score of a detector, or attacks a model by its log-probabilities.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > export.py <<'END'
import torch

class Scores(torch.nn.Module):
    def forward(self, x):
        return torch.nn.functional.logsigmoid(x), -torch.nn.functional.softplus(-x)

x = torch.tensor([-1.0, -15, -20, -40])
print("PyTorch:", Scores()(x)[0].tolist())
torch.onnx.export(Scores(), (x,), "model.onnx", input_names=["x"], output_names=["logsigmoid", "softplus"], opset_version=14)
END
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
using Microsoft.ML.OnnxRuntime;

using var session = new InferenceSession("model.onnx");
using var x = OrtValue.CreateTensorValueFromMemory(new float[] { -1, -15, -20, -40 }, [4]);
using var answers = session.Run(new RunOptions(), ["x"], [x], ["logsigmoid", "softplus"]);
float[] log = answers[0].GetTensorDataAsSpan<float>().ToArray(), soft = answers[1].GetTensorDataAsSpan<float>().ToArray();
Console.WriteLine($"ONNX Runtime, logsigmoid: {string.Join(" ", log)}");
Console.WriteLine($"ONNX Runtime, -softplus(-x): {string.Join(" ", soft)}");
return float.IsNegativeInfinity(log[2]) && Math.Abs(log[1] + 15) > 0.01 && Math.Abs(soft[2] + 20) < 1e-4 ? 0 : 1;
END
python=$(command -v /usr/bin/python3 || command -v python3)   # Debian's own Python, which has Debian's packages
"$python" -W ignore export.py
dotnet run app.cs
