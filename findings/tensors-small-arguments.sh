#!/usr/bin/env bash
# System.Numerics.Tensors 10.0.0 on an x64 CPU: Tanh, Sinh, ExpM1 and LogP1 of small numbers are wrong by factors.
#
# TensorPrimitives.Tanh of eight numbers of 1e-8 is -0 for each, of one number 1e-8; at 1e-7 it is 40 % off. Sinh(1e-8) is 6e-8 in the long span.
# ExpM1 and LogP1 give 0 or 1.19e-7, also for a single number. They look like exp(x) - 1 and log(1 + x). Math and MathF are right to seven digits.
# Surprising because near 0 tanh(x) is simply x, because ExpM1 and LogP1 exist for small x only, and because a span of one number gives another answer
# than a span of eight.
# Who meets it: whoever applies recurrent networks, small steps or interest rates with these functions, or compares a vectorised loop with a plain one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:package System.Numerics.Tensors@10.0.0
using System.Numerics.Tensors;

bool same = true;
void Show(string name, Action<float[], float[]> function, Func<double, double> right, bool aloneIsRight)
{
    double worst = 0, worstAlone = 0;
    foreach (float x in new[] { 1e-8f, 1e-7f, 1e-6f, 1e-4f })
    {
        float[] many = new float[8], one = new float[1];
        function(Enumerable.Repeat(x, 8).ToArray(), many);
        function([x], one);
        Console.WriteLine($"{name}({x}): right {right(x):E3}, in a span of eight {many[0]:E3}, in a span of one {one[0]:E3}");
        worst = Math.Max(worst, Math.Abs(many[0] / right(x) - 1));
        worstAlone = Math.Max(worstAlone, Math.Abs(one[0] / right(x) - 1));
    }

    same &= worst > 0.5 && aloneIsRight == worstAlone < 1e-5;
}

Show("Tanh", (x, y) => TensorPrimitives.Tanh<float>(x, y), Math.Tanh, true);
Show("Sinh", (x, y) => TensorPrimitives.Sinh<float>(x, y), Math.Sinh, true);
Show("ExpM1", (x, y) => TensorPrimitives.ExpM1<float>(x, y), x => x + x * x / 2, false);
Show("LogP1", (x, y) => TensorPrimitives.LogP1<float>(x, y), x => x - x * x / 2, false);
return same ? 0 : 1;
END
dotnet run app.cs
