#!/usr/bin/env bash
# System.Numerics.Tensors 11.0.0 on an x64 CPU: SinPi and CosPi of a span are not 0 where the functions are; of three numbers or fewer they are.
#
# TensorPrimitives.SinPi of four numbers of 100 is 5.9e-6, of three of them 0. CosPi(100.5) is -1.0e-5 in a span of four and 0 in a span of three. float.SinPi and float.CosPi give 0. It looks as if x were multiplied by pi, rounded, and handed to Sin.
# Surprising because exact zeros at whole numbers are what these functions exist for, beside Sin(pi x), and because the length of the span decides.
# Who meets it: window functions, filters and Fourier bases, and tests of one number that pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package System.Numerics.Tensors@11.0.0
#:property PublishAot=false
using System.Numerics.Tensors;

float Sine(float x, int copies)
{
    var values = new float[copies];
    TensorPrimitives.SinPi<float>(Enumerable.Repeat(x, copies).ToArray(), values);
    return values[0];
}

float Cosine(float x, int copies)
{
    var values = new float[copies];
    TensorPrimitives.CosPi<float>(Enumerable.Repeat(x, copies).ToArray(), values);
    return values[0];
}

foreach (float x in new[] { 1f, 100, 1001 })
{
    Console.WriteLine($"SinPi({x}): float.SinPi {float.SinPi(x)}, a span of one {Sine(x, 1)}, of 64 {Sine(x, 64):G3}; CosPi({x + 0.5f}): float.CosPi {float.CosPi(x + 0.5f)}, a span of one {Cosine(x + 0.5f, 1)}, of 64 {Cosine(x + 0.5f, 64):G3}");
}

return Sine(100, 1) == 0 && Math.Abs(Sine(100, 64)) > 1e-6 && Cosine(100.5f, 1) == 0 && Math.Abs(Cosine(100.5f, 64)) > 1e-6 ? 0 : 1;
END
dotnet run app.cs
