#!/usr/bin/env bash
# ML.NET 5.0.1 (Microsoft.ML.OnnxTransformer) with ONNX Runtime 1.31.0: ApplyOnnxModel fails on three shapes that ONNX allows, with messages about something else.
#
# A model with one number as its answer (rank 0) fails with "Value cannot be null", one whose rows may have any length with "Length of memory (3) must
# match product of dimensions (0)", and an output without a shape with a null reference. ONNX Runtime runs all three.
# Surprising because the messages name neither the model nor the shape. Passing a shape for the input helps in the second case.
# Who meets it: whoever applies exported models with losses as outputs, with dynamic axes, or made by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.OnnxTransformer@5.0.1
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:property PublishAot=false
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;

var ml = new MLContext(1);
TensorShapeProto Shape(params object[] lengths) => new()
{
    Dim = { lengths.Select(d => d is string name ? new TensorShapeProto.Types.Dimension { DimParam = name } : new TensorShapeProto.Types.Dimension { DimValue = (int)d }) },
};
string Try(string name, string operation, TensorShapeProto input, TensorShapeProto? output, bool keepDims, int[]? given = null)
{
    var node = new NodeProto { OpType = operation, Input = { "x" }, Output = { "y" } };
    if (!keepDims)
        node.Attribute.Add(new AttributeProto { Name = "keepdims", Type = AttributeProto.Types.AttributeType.Int, I = 0 });
    byte[] model = new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
        Graph = new()
        {
            Name = "g",
            Input = { new ValueInfoProto { Name = "x", Type = new() { TensorType = new() { ElemType = 1, Shape = input } } } },
            Output = { new ValueInfoProto { Name = "y", Type = new() { TensorType = new() { ElemType = 1, Shape = output } } } },
            Node = { node },
        },
    }.ToByteArray();
    File.WriteAllBytes("model.onnx", model);
    using (var session = new InferenceSession(model))
    {
        using var x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3 }, [1, 3]);
        session.Run(new RunOptions(), ["x"], [x], ["y"]).Dispose();
    }

    string result;
    try
    {
        IDataView rows = ml.Data.LoadFromEnumerable([new Row { Values = [1, 2, 3] }]);
        var apply = given == null
            ? ml.Transforms.ApplyOnnxModel(["y"], ["x"], "model.onnx")
            : ml.Transforms.ApplyOnnxModel(["y"], ["x"], "model.onnx", new Dictionary<string, int[]> { ["x"] = given }, recursionLimit: 100);
        IDataView answers = apply.Fit(rows).Transform(rows);
        result = string.Join(" ", answers.Preview().RowView[0].Values.Last().Value is VBuffer<float> y ? y.DenseValues() : []);
    }
    catch (Exception e)
    {
        result = e.GetBaseException().Message.Split('\n')[0];
    }

    Console.WriteLine($"{name}: {result}");
    return result;
}

string scalar = Try("one number", "ReduceSum", Shape("N", 3), Shape(), false);
string any = Try("rows of any length", "Neg", Shape("N", "M"), Shape("N", "M"), true);
string given = Try("rows of any length, shape given", "Neg", Shape("N", "M"), Shape("N", "M"), true, [1, 3]);
string none = Try("output without a shape", "Neg", Shape("N", 3), null, true);
return scalar.Contains("cannot be null") && any.Contains("product of dimensions") && given == "-1 -2 -3" && none.Contains("Object reference") ? 0 : 1;

class Row
{
    [VectorType(3)]
    [ColumnName("x")]
    public float[] Values { get; set; } = [];
}
END
dotnet run app.cs
