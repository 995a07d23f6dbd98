#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: trees with categorical splits give other scores when they are exported.
#
# FastTree and FastForest with CategoricalSplit ask at a node whether the row's category is one of a set. The exported model loads and runs, and its scores have little to do with ML.NET's: of nine categories, whose
# scores ML.NET gets right, FastTree's export gives eight one and the same. LightGBM with UseCategoricalSplit is converted, too, and ONNX Runtime cannot load the result. Without the option all agree.
# Surprising because the conversion reports no problem and every score is a plausible one.
# Who meets it: whoever uses the option for columns with many categories, which is what it is for, and deploys the forest as ONNX.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.FastTree@5.0.1
#:package Microsoft.ML.LightGbm@5.0.1
#:package Microsoft.ML.OnnxConverter@0.23.1
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

var ml = new MLContext(1);
var random = new Random(1);
string[] categories = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
float[] values = [3, -2, 0, 5, 1, -4, 2, 4, -1];
IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 900).Select(i => new Row { Category = categories[i % 9], Label = values[i % 9] + random.NextSingle() - 0.5f }));
string Scores(string name, IEstimator<ITransformer> trainer)
{
    var model = ml.Transforms.Categorical.OneHotEncoding("Encoded", "Category").Append(ml.Transforms.Concatenate("Features", "Encoded")).Append(trainer).Fit(rows);
    float[] expected = model.Transform(rows).GetColumn<float>("Score").Take(9).ToArray();
    using var file = new MemoryStream();
    ml.Model.ConvertToOnnx(model, rows, file);
    InferenceSession session;
    try
    {
        session = new InferenceSession(file.ToArray(), new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL });
    }
    catch (OnnxRuntimeException)
    {
        Console.WriteLine($"{name}: the exported model cannot be loaded");
        return "fails";
    }

    using var x = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [9, 1]);
    for (int i = 0; i < 9; i++)
        x.StringTensorSetElementAt(categories[i], i);
    using var label = OrtValue.CreateTensorValueFromMemory(new float[9], [9, 1]);
    using var answers = session.Run(new RunOptions(), ["Category", "Label"], [x, label], ["Score.output"]);
    session.Dispose();
    float[] exported = answers[0].GetTensorDataAsSpan<float>().ToArray();
    Console.WriteLine($"{name}, one row of each category");
    Console.WriteLine($"    ML.NET {string.Join(" ", expected.Select(score => $"{score,6:F2}"))}");
    Console.WriteLine($"    ONNX   {string.Join(" ", exported.Select(score => $"{score,6:F2}"))}");
    return expected.Zip(exported).Count(pair => Math.Abs(pair.First - pair.Second) > 0.5) switch { 0 => "agrees", >= 4 => "differs", _ => "differs little" };
}

string Tree(bool split) => Scores($"FastTree, CategoricalSplit = {split}", ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 20, NumberOfThreads = 1, CategoricalSplit = split }));
string Forest(bool split) => Scores($"FastForest, CategoricalSplit = {split}", ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 20, NumberOfThreads = 1, CategoricalSplit = split }));
string Light(bool split) => Scores($"LightGBM, UseCategoricalSplit = {split}", ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { NumberOfIterations = 20, NumberOfThreads = 1, UseCategoricalSplit = split, MinimumExampleCountPerGroup = 5, MinimumExampleCountPerLeaf = 5 }));
string[] seen = [Tree(false), Forest(false), Light(false), Tree(true), Forest(true), Light(true)];
return seen.SequenceEqual(["agrees", "agrees", "agrees", "differs", "differs", "fails"]) ? 0 : 1;

class Row
{
    public string Category { get; set; } = "";
    public float Label { get; set; }
}
END
dotnet run app.cs
