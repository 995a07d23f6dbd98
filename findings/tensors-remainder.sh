#!/usr/bin/env bash
# System.Numerics.Tensors 11.0.0 on an x64 CPU: Remainder of a span gives numbers outside the divisor's range; of one number it is right.
#
# 100,000,001 as float32 is 100,000,000, whose remainder by 3 is 1, and TensorPrimitives.Remainder of one such number says so. Of eight of them it is 0. Of 10,000 random numbers below 1e9 more than 1,000 remainders by 3 are not between 0
# and 3: they go from -64 to 64. In double, 1e16 has the remainder 0 in place of 1. It is as if x - y trunc(x / y) were computed with rounded steps.
# Surprising because the operator % is exact for all floating-point numbers, on which the remainder is defined, and because the length of the span decides.
# Who meets it: wrapping of angles, phases, times and hashes: an index computed from the remainder is negative or out of range.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package System.Numerics.Tensors@11.0.0
#:property PublishAot=false
using System.Numerics.Tensors;

float Of(float x, int copies)
{
    var remainders = new float[copies];
    TensorPrimitives.Remainder<float>(Enumerable.Repeat(x, copies).ToArray(), 3f, remainders);
    return remainders[0];
}

float alone = Of(1e8f, 1), eight = Of(1e8f, 8);
Console.WriteLine($"remainder of 1e8 by 3: % {1e8f % 3f}, a span of one {alone}, a span of eight {eight}");
var random = new Random(1);
float[] numbers = Enumerable.Range(0, 10000).Select(_ => (float)(random.NextDouble() * 1e9)).ToArray(), remainders = new float[numbers.Length];
TensorPrimitives.Remainder<float>(numbers, 3f, remainders);
int wrong = numbers.Zip(remainders).Count(p => p.First % 3f != p.Second), outside = remainders.Count(r => r < 0 || r >= 3);
Console.WriteLine($"of 10,000 numbers below 1e9: {wrong} remainders by 3 are wrong, {outside} are not in [0, 3), from {remainders.Min()} to {remainders.Max()}");
var large = new double[8];
TensorPrimitives.Remainder<double>(Enumerable.Repeat(1e16, 8).ToArray(), 3.0, large);
Console.WriteLine($"in double: 1e16 by 3 is {large[0]}, % gives {1e16 % 3.0}");
return alone == 1 && eight != 1 && outside > 100 && large[0] != 1e16 % 3.0 ? 0 : 1;
END
dotnet run app.cs
