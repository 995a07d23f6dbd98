#!/usr/bin/env bash
# ML.NET 5.0.1 with Microsoft.ML.OnnxConverter 0.23.1, in ONNX Runtime 1.31.0: a category that was not in the training data gets an invented name.
#
# MapValueToKey followed by MapKeyToValue returns an empty text for an unknown text and NaN for an unknown number. The exported model returns the text
# "_Unused" and the number 0. Hash of a missing value is the missing key in ML.NET; exported, NaN and the empty text are hashed like any other value,
# and -0 gets another slot than 0.
# Surprising because known values agree, 0 is a plausible value, and "_Unused" can only be found in the converter's source.
# Who meets it: whoever exports a pipeline that returns labels or categories as text, or hashes features that have gaps.
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
IDataView known = ml.Data.LoadFromEnumerable([new Row { Text = "a", Number = 1 }, new Row { Text = "b", Number = 2 }]);
Row[] queries = [new() { Text = "a", Number = 1 }, new() { Text = "z", Number = 9 }, new() { Text = "", Number = float.NaN }, new() { Text = "b", Number = -0f }];
var transforms = ml.Transforms;
ITransformer model = transforms.Conversion.MapValueToKey("TextKey", "Text").Append(transforms.Conversion.MapKeyToValue("TextBack", "TextKey"))
    .Append(transforms.Conversion.MapValueToKey("NumberKey", "Number")).Append(transforms.Conversion.MapKeyToValue("NumberBack", "NumberKey"))
    .Append(transforms.Conversion.Hash("TextHash", "Text", numberOfBits: 8)).Append(transforms.Conversion.Hash("NumberHash", "Number", numberOfBits: 8)).Fit(known);
Answer[] own = ml.Data.CreateEnumerable<Answer>(model.Transform(ml.Data.LoadFromEnumerable(queries)), false).ToArray();
using var file = new MemoryStream();
ml.Model.ConvertToOnnx(model, known, file);
using var session = new InferenceSession(file.ToArray());
var exported = new List<Answer>();
foreach (Row row in queries)
{
    using var text = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [1, 1]);
    text.StringTensorSetElementAt(row.Text.AsSpan(), 0);
    using var number = OrtValue.CreateTensorValueFromMemory(new[] { row.Number }, [1, 1]);
    var inputs = session.InputNames.Select(name => name == "Text" ? text : number).ToArray();
    using var answers = session.Run(new RunOptions(), session.InputNames, inputs, ["TextBack.output", "NumberBack.output", "TextHash.output", "NumberHash.output"]);
    exported.Add(new Answer
    {
        TextBack = answers[0].GetStringElement(0), NumberBack = answers[1].GetTensorDataAsSpan<float>()[0],
        TextHash = answers[2].GetTensorDataAsSpan<uint>()[0], NumberHash = answers[3].GetTensorDataAsSpan<uint>()[0],
    });
}

string Show(Answer a) => $"'{a.TextBack}' {a.NumberBack} hashes {a.TextHash} {a.NumberHash}";
for (int i = 0; i < queries.Length; i++)
    Console.WriteLine($"'{queries[i].Text}' {queries[i].Number}: ML.NET {Show(own[i])}, ONNX {Show(exported[i])}");
return Show(own[0]) == Show(exported[0]) && own[1].TextBack == "" && exported[1].TextBack == "_Unused" && float.IsNaN(own[1].NumberBack)
    && exported[1].NumberBack == 0 && own[2].NumberHash == 0 && exported[2].NumberHash != 0 && own[3].NumberHash != exported[3].NumberHash ? 0 : 1;

class Row
{
    public string Text { get; set; } = "";
    public float Number { get; set; }
}

class Answer
{
    public string TextBack { get; set; } = "";
    public float NumberBack { get; set; }
    public uint TextHash { get; set; }
    public uint NumberHash { get; set; }
}
END
dotnet run app.cs
