#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: with words and pairs of words, the exported model gives the inverse document frequencies to the wrong n-grams.
#
# ProduceNgrams with length 2 and weighting Idf or TfIdf: "a b c d" of four short texts has the weights 0.29 1.39 0.29 0.69 ... in ML.NET and 0.29 0.29 1.39 1.39 ... in ONNX. It is the same list of weights in another
# order: the converter sorts the n-grams by length, as the operator wants them, and leaves the weights in the order of the slots. With words alone, pairs alone, or the weighting Tf the two agree.
# Surprising because the counts are right and every number is plausible, so a text classifier only becomes worse.
# Who meets it: whoever deploys a text model with TF-IDF as ONNX and looks at pairs of words too, which is the default length.
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
using Weighting = Microsoft.ML.Transforms.Text.NgramExtractingEstimator.WeightingCriteria;

var ml = new MLContext(1);
var rows = new[] { "a b c d", "a c", "a a d b", "b b c" }.Select(text => new Row { Text = text }).ToArray();
IEstimator<ITransformer> Grams(int length, bool shorter, Weighting weighting) => ml.Transforms.Text.TokenizeIntoWords("w", "Text")
    .Append(ml.Transforms.Conversion.MapValueToKey("k", "w"))
    .Append(ml.Transforms.Text.ProduceNgrams("o", "k", length, 0, shorter, weighting: weighting));
bool Agree(string name, int length, bool shorter, Weighting weighting)
{
    var results = Compare.Both(ml, Grams(length, shorter, weighting), rows);
    bool agree = results.All(result => Compare.Same(result.Expected, result.Exported));
    Console.WriteLine($"{name}, {weighting}: {(agree ? "the same" : $"ML.NET {Compare.Text(results[0].Expected)}, ONNX {Compare.Text(results[0].Exported)}")}");
    return agree;
}

bool asSeen = Agree("words", 1, true, Weighting.Idf) & Agree("pairs alone", 2, false, Weighting.Idf) & Agree("words and pairs", 2, true, Weighting.Tf)
    & !Agree("words and pairs", 2, true, Weighting.Idf) & !Agree("words and pairs", 2, true, Weighting.TfIdf);
return asSeen ? 0 : 1;

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
