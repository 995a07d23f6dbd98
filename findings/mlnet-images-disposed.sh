#!/usr/bin/env bash
# ML.NET 5.0.1 (Microsoft.ML.ImageAnalytics): transforming a view over the caller's own MLImage objects disposes them, so the second pass over the same list fails.
#
# A list of objects with an MLImage property is loaded by LoadFromEnumerable, and ExtractPixels is applied. The first pass gives the pixels. Afterwards the images in the
# caller's list are disposed: their Width throws, and a second pass over the same view fails.
# Surprising because an enumerable is the caller's, other columns of it can be read any number of times, and cross-validation, caching and Preview read views more than once.
# Who meets it: whoever keeps decoded pictures in memory to score them with two models, or to evaluate twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.ImageAnalytics@5.0.1
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

var ml = new MLContext(1);
var rows = new[] { new Row { Picture = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Bgra32, new byte[] { 1, 2, 3, 255, 4, 5, 6, 255 }) } };
IDataView view = ml.Data.LoadFromEnumerable(rows);
IDataView pixels = ml.Transforms.ExtractPixels("pixels", "Picture").Fit(view).Transform(view);

string Pass()
{
    try
    {
        return string.Join(" ", pixels.GetColumn<float[]>("pixels").Single());
    }
    catch (Exception e)
    {
        return e.GetBaseException().GetType().Name;
    }
}

string first = Pass(), second = Pass(), width;
try
{
    width = $"{rows[0].Picture!.Width}";
}
catch (Exception e)
{
    width = e.GetType().Name;
}

Console.WriteLine($"first pass: {first}\nsecond pass: {second}\nwidth of the caller's image: {width}");
return first.Split(' ').Length == 6 && second.EndsWith("Exception") && width.EndsWith("Exception") ? 0 : 1;

class Row
{
    [ImageType(1, 2)]
    public MLImage? Picture { get; set; }
}
END
dotnet run app.cs
