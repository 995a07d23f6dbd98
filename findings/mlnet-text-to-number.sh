#!/usr/bin/env bash
# ML.NET 5.0.1: ConvertType takes " 5" and "5 " for 5 and " 5 " for a missing number; a text that it cannot read is missing, an error, 0 or false, depending on the type.
#
# As Single, a space on either side of a number is ignored, and spaces on both sides make it NaN. As Int32 each of the three, and "5.0", stops the pass over the data with an error; as Byte they are 0, and so are "-1" and "300". As
# Boolean, "yes" and "1" are true, and "on", "2" and "5" are false.
# Surprising because a second space undoes what the first was allowed, and because Byte, which has no missing value, makes a plausible number of a wrong text while Int32, which has none either, refuses it.
# Who meets it: columns of text from files with aligned or padded numbers: some rows become missing, or 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:property PublishAot=false
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var ml = new MLContext(1);
string Converted<T>(string text, DataKind kind)
{
    IDataView rows = ml.Data.LoadFromEnumerable(new[] { new Row { Text = text } });
    try
    {
        return ml.Transforms.Conversion.ConvertType("Value", "Text", kind).Fit(rows).Transform(rows).GetColumn<T>("Value").First()!.ToString()!;
    }
    catch (InvalidOperationException)
    {
        return "error";
    }
}

bool same = true;
foreach ((string text, string expected) in new[]
{
    ("5", "5 5 5 False"), ("5 ", "5 error 0 False"), (" 5", "5 error 0 False"), (" 5 ", "NaN error 0 False"), ("5.0", "5 error 0 False"), ("-1", "-1 -1 0 False"), ("300", "300 300 0 False"), ("yes", "NaN error 0 True"), ("on", "NaN error 0 False"), ("2", "2 2 2 False"), ("1", "1 1 1 True"),
})
{
    string seen = $"{Converted<float>(text, DataKind.Single)} {Converted<int>(text, DataKind.Int32)} {Converted<byte>(text, DataKind.Byte)} {Converted<bool>(text, DataKind.Boolean)}";
    Console.WriteLine($"\"{text}\" as Single, Int32, Byte and Boolean: {seen}");
    same &= seen == expected;
}

return same ? 0 : 1;

class Row
{
    public string Text { get; set; } = "";
}
END
dotnet run app.cs
