#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on an x64 processor with AVX2 but without VNNI: integer products of uint8 with int8 are wrong, even in sign.
#
# 64 products of 255 and 127 are 2,072,640 and MatMulInteger gives 1,048,544: pairs of products are added in 16 bits, which saturate. Of random bytes most sums are wrong and some have the other sign. With both operands uint8, or both int8, every sum is exact, and so is everything in the browser's
# onnxruntime-web and on processors with VNNI.
# Surprising because ONNX defines the operator on integers and the sum fits into its int32. The pages about quantisation mention a loss of accuracy on such processors and a smaller range of weights as the remedy.
# Who meets it: quantised models with int8 weights, the default of the tools: their answers depend on the server's processor, and an attack that was found on one machine is judged on another.
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

ValueInfoProto Tensor(string name, int type) => new() { Name = name, Type = new() { TensorType = new() { ElemType = type } } };
const int Length = 64, Count = 100;

// The type 2 is uint8 and 3 is int8. Answers the largest and the number of differences from exact sums, and the number of wrong signs.
(int Wrong, int Signs) Compare(int left, int right, byte[] a, byte[] b, string name)
{
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { Tensor("a", left) },
            Output = { Tensor("y", 6) },
            Initializer = { new TensorProto { Name = "b", DataType = right, Dims = { Length, b.Length / Length }, RawData = ByteString.CopyFrom(b) } },
            Node = { new NodeProto { OpType = "MatMulInteger", Input = { "a", "b" }, Output = { "y" } } },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model);
    using var input = left == 2 ? OrtValue.CreateTensorValueFromMemory(a, [1, Length]) : OrtValue.CreateTensorValueFromMemory(a.Select(v => (sbyte)v).ToArray(), [1, Length]);
    using var answers = session.Run(new RunOptions(), ["a"], [input], ["y"]);
    int[] y = answers[0].GetTensorDataAsSpan<int>().ToArray();
    int columns = b.Length / Length;
    int[] exact = [.. Enumerable.Range(0, columns).Select(j => Enumerable.Range(0, Length).Sum(k => (left == 2 ? a[k] : (sbyte)a[k]) * (right == 2 ? b[k * columns + j] : (sbyte)b[k * columns + j])))];
    int worst = Enumerable.Range(0, columns).MaxBy(j => Math.Abs((long)y[j] - exact[j]));
    var result = (y.Zip(exact).Count(p => p.First != p.Second), y.Zip(exact).Count(p => Math.Sign(p.First) != Math.Sign(p.Second)));
    Console.WriteLine($"{name}: {result.Item1} of {columns} sums are wrong, {result.Item2} in sign, such as {y[worst]} in place of {exact[worst]}");
    return result;
}

var random = new Random(1);
byte[] row = new byte[Length], weights = new byte[Length * Count];
random.NextBytes(row);
random.NextBytes(weights);
bool vnni = File.Exists("/proc/cpuinfo") && File.ReadAllText("/proc/cpuinfo").Contains("vnni");
Console.WriteLine($"the processor has VNNI: {vnni}");
bool wrong = Compare(2, 3, [.. Enumerable.Repeat((byte)255, Length)], [.. Enumerable.Repeat((byte)127, Length)], "255 by 127, uint8 by int8").Wrong == 1;
var mixed = Compare(2, 3, row, weights, "random bytes, uint8 by int8");
bool exact = Compare(2, 2, row, weights, "random bytes, uint8 by uint8").Wrong == 0 && Compare(3, 3, row, weights, "random bytes, int8 by int8").Wrong == 0;
return exact && (vnni ? !wrong : wrong && mixed.Wrong > Count / 4 && mixed.Signs > 0) ? 0 : 1;
END
dotnet run app.cs
