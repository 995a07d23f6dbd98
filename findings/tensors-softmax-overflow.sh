#!/usr/bin/env bash
# System.Numerics.Tensors 11.0.0: SoftMax of ordinary logits is NaN.
#
# TensorPrimitives.SoftMax of 90 and 0 is NaN and 0, of -200 and -201 it is NaN and NaN; 80 and 79 are right. In double the same happens from 710 on. It divides the exponentials by their sum as they are, so they overflow above 88.7
# and all vanish below about -104.
# Surprising because a softmax depends on the differences only, and every library of the field subtracts the largest number first; this function exists to replace such loops.
# Who meets it: whoever turns a network's scores, which have no fixed scale, into probabilities: the confident rows, and in an attack the extreme ones, become NaN. Subtract TensorPrimitives.Max yourself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package System.Numerics.Tensors@11.0.0
#:property PublishAot=false
using System.Numerics.Tensors;

float[] Probabilities(params float[] logits)
{
    var probabilities = new float[logits.Length];
    TensorPrimitives.SoftMax<float>(logits, probabilities);
    Console.WriteLine($"SoftMax of {string.Join(", ", logits)}: {string.Join(", ", probabilities)}");
    return probabilities;
}

float[] high = Probabilities(90, 0), low = Probabilities(-200, -201), middle = Probabilities(80, 79);
var large = new double[2];
TensorPrimitives.SoftMax<double>(new double[] { 800, 799 }, large);
Console.WriteLine($"in double of 800, 799: {string.Join(", ", large)}");
return float.IsNaN(high[0]) && low.All(float.IsNaN) && Math.Abs(middle[0] - 0.7310586f) < 1e-5 && large.All(double.IsNaN) ? 0 : 1;
END
dotnet run app.cs
