#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: a k-means model changes when it is exported.
#
# The exported PredictedLabel counts clusters from 0, ML.NET's from 1; the export of classifiers keeps ML.NET's numbers. And a data column called C or
# Z comes out of the exported model with other content: C holds the centroids and Z an intermediate product, because the converter gives its own
# tensors these names without asking whether they are taken.
# Surprising because nothing fails: the model loads, the distances are right, and a column that the trainer never reads is overwritten.
# Who meets it: whoever clusters rows with columns named after coordinates or categories, or maps cluster numbers to names.
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

var ml = new MLContext(1);
IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new Row { Point = [i % 3 * 10, i], C = 7, Z = 8, W = 9 }));
var model = ml.Clustering.Trainers.KMeans("Point", numberOfClusters: 3).Fit(rows);
uint expected = ml.Data.CreateEnumerable<Cluster>(model.Transform(rows), false).First().PredictedLabel;
using var file = new MemoryStream();
ml.Model.ConvertToOnnx(model, rows, file);
using var session = new InferenceSession(file.ToArray(), new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR });
using var point = OrtValue.CreateTensorValueFromMemory(new float[] { 0, 0 }, [1, 2]);
using var c = OrtValue.CreateTensorValueFromMemory(new float[] { 7 }, [1, 1]);
using var z = OrtValue.CreateTensorValueFromMemory(new float[] { 8 }, [1, 1]);
using var w = OrtValue.CreateTensorValueFromMemory(new float[] { 9 }, [1, 1]);
string[] wanted = ["PredictedLabel.output", "C.output", "Z.output", "W.output"];
using var answers = session.Run(new RunOptions(), ["Point", "C", "Z", "W"], [point, c, z, w], wanted);
uint exported = answers[0].GetTensorDataAsSpan<uint>()[0];
float[][] columns = answers.Skip(1).Select(answer => answer.GetTensorDataAsSpan<float>().ToArray()).ToArray();
Console.WriteLine($"cluster of the first row: ML.NET {expected}, ONNX {exported}");
for (int i = 0; i < 3; i++)
    Console.WriteLine($"column {wanted[i + 1]} of a row with {7 + i}: {string.Join(" ", columns[i])}");
return exported == expected - 1 && columns[0].Length == 6 && columns[1].Length == 3 && columns[2] is [9] ? 0 : 1;

class Row
{
    [VectorType(2)]
    public float[] Point { get; set; } = [];
    public float C { get; set; }
    public float Z { get; set; }
    public float W { get; set; }
}

class Cluster
{
    public uint PredictedLabel { get; set; }
}
END
dotnet run app.cs
