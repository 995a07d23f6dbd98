#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: the scale of NormalizeGlobalContrast is lost in the export.
#
# NormalizeGlobalContrast(scale: 3) multiplies by 3 in ML.NET; the exported model does not. With scale 1 the two agree.
# Surprising because scale is one of the three settings of the transform, the others are exported, and a model on top keeps working with features of a third of their size: only its scores move.
# Who meets it: whoever normalises pictures or spectra with a scale and deploys the pipeline as ONNX.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.OnnxConverter@0.23.1
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
var ml = new MLContext(1);
var rows = new[] { new Row { X = [1, 2, 3, 6] }, new Row { X = [-1, 2, -3, 4] } };
bool same = true;
foreach (float scale in new[] { 1f, 3f })
{
    foreach (var (expected, exported) in Compare.Both(ml, ml.Transforms.NormalizeGlobalContrast("o", "X", ensureUnitStandardDeviation: true, scale: scale), rows))
    {
        Console.WriteLine($"scale {scale}: ML.NET {Compare.Text(expected)}, ONNX {Compare.Text(exported)}");
        same &= Compare.Same(expected, exported.Select(value => value * scale).ToArray());
    }
}

return same ? 0 : 1;

class Row
{
    public string Text { get; set; } = "";
    [VectorType(4)]
    public float[] X { get; set; } = new float[4];
}

static class Compare
{
    // The column "o" of each row by ML.NET and by the exported model.
    public static (float[] Expected, float[] Exported)[] Both(MLContext ml, IEstimator<ITransformer> estimator, Row[] rows)
    {
        IDataView view = ml.Data.LoadFromEnumerable(rows);
        ITransformer model = estimator.Fit(view);
        float[][] expected = model.Transform(view).GetColumn<float[]>("o").ToArray();
        using var file = new MemoryStream();
        ml.Model.ConvertToOnnx(model, view, file);
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(file.ToArray(), options);
        return rows.Select((row, i) =>
        {
            var inputs = session.InputMetadata.Keys.Select(name => name == "Text"
                ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<string>(new[] { row.Text }, [1, 1]))
                : NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(row.X, [1, 4]))).ToList();
            using var answers = session.Run(inputs);
            return (expected[i], answers.First(answer => answer.Name == "o.output").AsEnumerable<float>().ToArray());
        }).ToArray();
    }

    public static string Text(float[] values) => "[" + string.Join(" ", values.Select(value => value.ToString("G4"))) + "]";

    public static bool Same(float[] a, float[] b) => a.Length == b.Length && a.Zip(b).All(pair => Math.Abs(pair.First - pair.Second) < 1e-4);
}
END
dotnet run app.cs
