#!/usr/bin/env bash
# ML.NET 5.0.1 (Microsoft.ML.ImageAnalytics, SkiaSharp 2.88.9): ResizeImages takes the nearest pixel and averages nothing.
#
# A chessboard of 8 x 8 single pixels, black and white, becomes an all black picture of 4 x 4. Enlarged, a step of two pixels stays a step. No option
# of the transform changes the interpolation.
# Surprising because every training pipeline resizes with at least bilinear interpolation: thin strokes vanish or alias, and a model's accuracy drops
# with no error anywhere.
# Who meets it: whoever feeds photographs through ResizeImages to an ONNX model.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML.OnnxRuntime@1.31.0
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.30.2
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.ImageAnalytics@5.0.1
#:package SkiaSharp.NativeAssets.Linux.NoDependencies@2.88.9
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

var ml = new MLContext(1);
byte[] board = Enumerable.Range(0, 64).SelectMany(i => (i / 8 + i) % 2 == 0 ? new byte[] { 0, 0, 0, 255 } : [255, 255, 255, 255]).ToArray();
float[] Resize(int side)
{
    IDataView rows = ml.Data.LoadFromEnumerable([new Row { Image = MLImage.CreateFromPixels(8, 8, MLPixelFormat.Bgra32, board) }]);
    var pipeline = ml.Transforms.ResizeImages("Image", side, side, "Image", ImageResizingEstimator.ResizingKind.Fill)
        .Append(ml.Transforms.ExtractPixels("Pixels", "Image", colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red));
    return ml.Data.CreateEnumerable<Pixels>(pipeline.Fit(rows).Transform(rows), false).First().Values;
}

float[] small = Resize(4), large = Resize(24);
Console.WriteLine($"8 x 8 chessboard as 4 x 4: {string.Join(" ", small)}");
Console.WriteLine($"as 24 x 24: {string.Join(" ", large.Distinct().Order())} are all values in it");
return small.Distinct().Count() == 1 && large.All(value => value is 0 or 255) ? 0 : 1;

class Row
{
    [ImageType(8, 8)]
    public MLImage? Image { get; set; }
}

class Pixels
{
    [ColumnName("Pixels")]
    public float[] Values { get; set; } = [];
}
END
dotnet run app.cs
