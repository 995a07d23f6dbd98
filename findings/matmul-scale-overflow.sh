#!/usr/bin/env bash
# ONNX Runtime 1.31.0 on the CPU: graph optimisation moves a scaling behind the product that it was meant to keep in range.
#
# Rows around 1e20 are multiplied by 1e-30, so that their product with weights of 1e25 is about 1e15. Without optimisation, and at the basic level, it is. At the extended level and by default the product is infinite: the
# constant becomes a factor of the MatMul, which is applied after the sum. Values around 1e-30, scaled up before a product with 1e-20, become 0 in the same way. If the model does not declare the rank of its input, all levels
# are right.
# Surprising because all inputs, intermediates and answers of the model are ordinary float32 numbers, and only the order of the steps, which the model states, keeps them so.
# Who meets it: physical quantities in SI units, unscaled sums, likelihoods: models that convert units before a linear layer.
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

ValueInfoProto Tensor(string name) => new() { Name = name, Type = new() { TensorType = new() { ElemType = 1 } } };
float[] Product(float values, float scale, float weights, GraphOptimizationLevel level, bool declared = true)
{
    ValueInfoProto input = Tensor("x");
    if (declared)
        input.Type.TensorType.Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" }, new TensorShapeProto.Types.Dimension { DimValue = 3 } } };
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { input },
            Output = { Tensor("y") },
            Initializer =
            {
                new TensorProto { Name = "scale", DataType = 1, FloatData = { scale } },
                new TensorProto { Name = "weights", DataType = 1, Dims = { 3, 2 }, FloatData = { Enumerable.Repeat(weights, 6) } },
            },
            Node =
            {
                new NodeProto { OpType = "Mul", Input = { "x", "scale" }, Output = { "scaled" } },
                new NodeProto { OpType = "MatMul", Input = { "scaled", "weights" }, Output = { "y" } },
            },
        },
    }.ToByteArray();
    using var session = new InferenceSession(model, new SessionOptions { GraphOptimizationLevel = level });
    using var x = OrtValue.CreateTensorValueFromMemory(new[] { values, 2 * values, 3 * values }, [1, 3]);
    using var answers = session.Run(new RunOptions(), ["x"], [x], ["y"]);
    return answers[0].GetTensorDataAsSpan<float>().ToArray();
}

bool same = true;
foreach ((float values, float scale, float weights) in new[] { (1e20f, 1e-30f, 1e25f), (1e-30f, 1e30f, 1e-20f) })
{
    foreach (var level in new[] { GraphOptimizationLevel.ORT_DISABLE_ALL, GraphOptimizationLevel.ORT_ENABLE_BASIC, GraphOptimizationLevel.ORT_ENABLE_EXTENDED, GraphOptimizationLevel.ORT_ENABLE_ALL })
    {
        float[] product = Product(values, scale, weights, level), undeclared = Product(values, scale, weights, level, declared: false);
        Console.WriteLine($"{values} times {scale}, times {weights}, {level}: {string.Join(" ", product)}; with an input of unknown rank {string.Join(" ", undeclared)}");
        double expected = 6.0 * values * scale * weights;
        same &= level >= GraphOptimizationLevel.ORT_ENABLE_EXTENDED ? product[0] == 0 || float.IsInfinity(product[0]) : Math.Abs(product[0] / expected - 1) < 1e-4;
        same &= Math.Abs(undeclared[0] / expected - 1) < 1e-4;
    }
}

return same ? 0 : 1;
END
dotnet run app.cs
