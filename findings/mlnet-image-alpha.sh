#!/usr/bin/env bash
# ML.NET 5.0.1 (Microsoft.ML.ImageAnalytics, SkiaSharp 2.88.9): the colours of a transparent picture are multiplied by its alpha while it is read.
#
# A half transparent pure red (255, 0, 0, 128) comes out of ExtractPixels as (128, 0, 0), and a fully transparent one as black. The faint (10, 200,
# 90, 30) becomes (1, 24, 11), from which the colours cannot be recovered. Pillow gives the stored values and drops the alpha in convert("RGB").
# Surprising because only the colours are extracted, MLImage calls its format Bgra32 and not a premultiplied one, and opaque pictures show nothing of
# it.
# Who meets it: whoever classifies logos, icons or cut-out products saved as PNG with a model that was trained on pixels read in Python.
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

// A PNG of four pixels: (255, 0, 0, 255), (255, 0, 0, 128), (255, 0, 0, 0), (10, 200, 90, 30).
byte[] png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAQAAAABCAYAAAD5PA/NAAAAGUlEQVR4nGP4z8Dw/z8DQ8N/BgYGrhNRcgA4sgXH3GNpZgAAAABJRU5ErkJggg==");
var ml = new MLContext(1);
var image = MLImage.CreateFromStream(new MemoryStream(png));
MLPixelFormat format = image.PixelFormat;
IDataView rows = ml.Data.LoadFromEnumerable([new Row { Image = image }]);
var extract = ml.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true);
float[] pixels = ml.Data.CreateEnumerable<Pixels>(extract.Fit(rows).Transform(rows), false).First().Values;
Console.WriteLine($"{format}; red, green, blue of the four pixels: {string.Join("  ", pixels.Chunk(3).Select(p => string.Join(" ", p)))}");
return pixels is [255, 0, 0, 128, 0, 0, 0, 0, 0, 1, 24, 11] ? 0 : 1;

class Row
{
    [ImageType(1, 4)]
    public MLImage? Image { get; set; }
}

class Pixels
{
    [ColumnName("Pixels")]
    public float[] Values { get; set; } = [];
}
END
dotnet run app.cs
