#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: the bands of MelWeightMatrix end below the upper edge that was asked for.
#
# With 20 bands from 100 to 8,000 Hz the last band ends at 7,102 Hz, with 8 bands at 6,148 Hz, with one band at 3,223 Hz; what lies above has the weight 0 in every band. It is as if the edges of n bands were spaced by an
# (n + 2)th of the interval where n + 1 steps are needed. The lower edge is respected.
# Surprising because the lower and the upper edge are arguments of the operator, because the matrix TensorFlow makes under the same description ends at the upper edge, and because all bands are shifted by it: the
# energy of a tone appears in a neighbouring band.
# Who meets it: speech and music models whose features were computed outside in training and are computed in the model in service.
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

const int Length = 4096, Rate = 16000, Lower = 100, Upper = 8000;
ValueInfoProto Tensor(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
TensorProto Integer(string name, long value) => new() { Name = name, DataType = 7, Int64Data = { value } };
TensorProto Number(string name, float value) => new() { Name = name, DataType = 1, FloatData = { value } };
static double Mel(double hertz) => 2595 * Math.Log10(1 + hertz / 700);
static double Hertz(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);

bool low = true, exact = true;
foreach (int bands in new[] { 1, 8, 20, 40, 80 })
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 17 } },
        Graph = new()
        {
            Name = "g",
            Output = { Tensor("y") },
            Initializer = { Integer("bands", bands), Integer("length", Length), Integer("rate", Rate), Number("lower", Lower), Number("upper", Upper) },
            Node = { new NodeProto { OpType = "MelWeightMatrix", Input = { "bands", "length", "rate", "lower", "upper" }, Output = { "y" } } },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var answers = session.Run(new RunOptions(), Array.Empty<string>(), Array.Empty<OrtValue>(), ["y"]);
    float[] weights = answers[0].GetTensorDataAsSpan<float>().ToArray();
    double HertzOf(int bin) => (double)bin * Rate / Length;
    int[] used = Enumerable.Range(0, Length / 2 + 1).Where(bin => Enumerable.Range(0, bands).Any(band => weights[bin * bands + band] > 0)).ToArray();
    double step = (Mel(Upper) - Mel(Lower)) / (bands + 2);
    double explained = Hertz(Mel(Upper) - step);
    Console.WriteLine($"{bands} bands from {Lower} to {Upper} Hz cover {HertzOf(used[0]):F0} to {HertzOf(used[^1]):F0} Hz; one step of {bands + 2} below the upper edge is {explained:F0} Hz");
    low &= HertzOf(used[^1]) < Upper - 200;
    exact &= Math.Abs(HertzOf(used[^1]) - explained) < 20 && Math.Abs(HertzOf(used[0]) - Lower) < 20;
}

return low && exact ? 0 : 1;
END
dotnet run app.cs
