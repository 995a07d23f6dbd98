#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: NormalizeLpNorm computes something else when it is exported.
#
# With the norm Infinity, ML.NET divides a row by its largest absolute value and the exported model by its largest value: [-4, 0, 1] becomes [-1, 0,
# 0.25] in ML.NET and [-4, 0, 1] in ONNX. With ensureZeroMean, or NormalizeGlobalContrast, a row of equal numbers becomes zeros in ML.NET and NaN in
# ONNX. The norms L1 and L2 without it agree.
# Surprising because the export reports no problem, rows of positive numbers agree, and black pictures are the rows that do not.
# Who meets it: whoever normalises embeddings or pictures in the pipeline and deploys it as ONNX.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.OnnxConverter@0.23.1
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Norm = Microsoft.ML.Transforms.LpNormNormalizingEstimatorBase.NormFunction;

var ml = new MLContext(1);
bool Differs(string name, IEstimator<ITransformer> estimator, params float[] row)
{
    IDataView rows = ml.Data.LoadFromEnumerable([new Row { X = row }]);
    ITransformer model = estimator.Fit(rows);
    float[] expected = ml.Data.CreateEnumerable<Row>(model.Transform(rows), false).First().X;
    using var file = new MemoryStream();
    ml.Model.ConvertToOnnx(model, rows, file);
    using var session = new InferenceSession(file.ToArray());
    using var input = OrtValue.CreateTensorValueFromMemory(row, [1, 3]);
    using var answers = session.Run(new RunOptions(), ["X"], [input], ["X.output"]);
    float[] exported = answers[0].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"{name} of [{string.Join(" ", row)}]: ML.NET [{string.Join(" ", expected)}], ONNX [{string.Join(" ", exported)}]");
    return expected.Zip(exported).Any(pair => !(Math.Abs(pair.First - pair.Second) < 1e-5));
}

bool same = Differs("Infinity", ml.Transforms.NormalizeLpNorm("X", "X", Norm.Infinity), -4, 0, 1);
same &= !Differs("Infinity", ml.Transforms.NormalizeLpNorm("X", "X", Norm.Infinity), 4, 0, 1);
same &= Differs("L2, zero mean", ml.Transforms.NormalizeLpNorm("X", "X", Norm.L2, ensureZeroMean: true), 0, 0, 0);
same &= Differs("global contrast", ml.Transforms.NormalizeGlobalContrast("X", "X"), 0, 0, 0);
same &= !Differs("L2", ml.Transforms.NormalizeLpNorm("X", "X", Norm.L2), 0, 0, 0);
same &= !Differs("L1", ml.Transforms.NormalizeLpNorm("X", "X", Norm.L1), -4, 0, 1);
return same ? 0 : 1;

class Row
{
    [VectorType(3)]
    public float[] X { get; set; } = [];
}
END
dotnet run app.cs
