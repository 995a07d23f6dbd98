#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: a model with feature selection answers only the first row of a batch when it is exported.
#
# SelectFeaturesBasedOnCount and SelectFeaturesBasedOnMutualInformation drop slots of a vector. If they drop any, the exported model returns one score, one probability and one label for any number of rows: those of the
# first. Conversion, loading and running report no problem. If all slots are kept, every row has its answer.
# Surprising because the model declares any number of rows for its inputs and outputs, a test with one row passes, and the answers of other transforms have as many rows as their inputs.
# Who meets it: whoever selects features in the pipeline and deploys it as ONNX in a service that batches requests: code that repeats a single row gives all callers the first one's answer.
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
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

var ml = new MLContext(1);
var random = new Random(1);
Row[] list = Enumerable.Range(0, 300).Select(i =>
{
    float x = random.NextSingle() - 0.5f, noise = random.NextSingle() - 0.5f;
    return new Row { Features = [x, i % 100 == 0 ? 1 : 0, noise], Label = x > 0 };
}).ToArray();
IDataView rows = ml.Data.LoadFromEnumerable(list);
(int Answers, bool Right) Scores(string name, IEstimator<ITransformer> selection)
{
    var model = selection.Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Label", "Selected")).Fit(rows);
    IDataView scored = model.Transform(rows);
    int slots = ((VectorDataViewType)scored.Schema["Selected"].Type).Size;
    float[] expected = scored.GetColumn<float>("Score").Take(4).ToArray();
    using var file = new MemoryStream();
    ml.Model.ConvertToOnnx(model, rows, file);
    using var session = new InferenceSession(file.ToArray(), new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL });
    using var x = OrtValue.CreateTensorValueFromMemory(list.Take(4).SelectMany(row => row.Features).ToArray(), [4, 3]);
    using var label = OrtValue.CreateTensorValueFromMemory(new bool[4], [4, 1]);
    using var answers = session.Run(new RunOptions(), ["Features", "Label"], [x, label], ["Score.output"]);
    float[] score = answers[0].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"{name}: {slots} of 3 features; scores of four rows, ML.NET [{string.Join(" ", expected)}], ONNX [{string.Join(" ", score)}]");
    return (score.Length, score.Zip(expected).All(pair => Math.Abs(pair.First - pair.Second) < 1e-3));
}

var select = ml.Transforms.FeatureSelection;
var all = Scores("by count, at least 1", select.SelectFeaturesBasedOnCount("Selected", "Features", 1));
var counted = Scores("by count, at least 10", select.SelectFeaturesBasedOnCount("Selected", "Features", 10));
var informative = Scores("by information, the best", select.SelectFeaturesBasedOnMutualInformation("Selected", "Features", "Label", 1));
return all == (4, true) && counted == (1, true) && informative == (1, true) ? 0 : 1;

class Row
{
    [VectorType(3)]
    public float[] Features { get; set; } = [];
    public bool Label { get; set; }
}
END
dotnet run app.cs
