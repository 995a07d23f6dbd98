#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: an empty text hashes to "missing" in ML.NET and to an ordinary slot in the exported model.
#
# OneHotHashEncoding of "" is a row of zeros in ML.NET, which takes an empty text for a missing value. The exported graph hashes the empty text like any other and sets a slot, one that real
# categories share. All other texts agree.
# Surprising because MurmurHash agrees bit for bit on every text that one would try, and empty cells are the most frequent special value in tables.
# Who meets it: whoever deploys a model with hashed categories as ONNX: rows with an empty cell are scored as if they had some category.
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
var rows = new[] { "Rome", "", "Oslo", "Lima", "Cairo" }.Select(text => new Row { Text = text }).ToArray();
var results = Compare.Both(ml, ml.Transforms.Categorical.OneHotHashEncoding("o", "Text", numberOfBits: 3), rows);
for (int i = 0; i < rows.Length; i++)
{
    Console.WriteLine($"'{rows[i].Text}': ML.NET {Compare.Text(results[i].Expected)}, ONNX {Compare.Text(results[i].Exported)}");
}

bool others = results.Where((_, i) => i != 1).All(result => Compare.Same(result.Expected, result.Exported));
return others && results[1].Expected.Sum() == 0 && results[1].Exported.Sum() == 1 ? 0 : 1;

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
