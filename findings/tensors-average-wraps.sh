#!/usr/bin/env bash
# System.Numerics.Tensors 10.0.0: the average of two bytes of 200 is 72, and of 256 bytes an exception.
#
# TensorPrimitives.Average and Sum add in the type of the elements and wrap silently. Average then converts the number of elements to that type, which
# throws an OverflowException for more than 255 bytes. Average of two ints of int.MaxValue is -1. LINQ's Average of the same numbers is exact.
# Surprising because an average lies between the smallest and the largest number, and because the same overflow is silent in one step and an exception
# in the next.
# Who meets it: whoever computes the brightness of a picture, or statistics of quantised tensors, from their bytes.
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

byte two = TensorPrimitives.Average<byte>([200, 200]);
int large = TensorPrimitives.Average<int>([int.MaxValue, int.MaxValue]);
string picture;
try
{
    picture = TensorPrimitives.Average<byte>(Enumerable.Repeat((byte)200, 256).ToArray()).ToString();
}
catch (OverflowException)
{
    picture = "OverflowException";
}

Console.WriteLine($"average of 200 and 200: {two}; of 256 bytes of 200: {picture}; of int.MaxValue twice: {large}");
return two == 72 && picture == "OverflowException" && large == -1 ? 0 : 1;
END
dotnet run app.cs
