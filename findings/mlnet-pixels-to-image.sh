#!/usr/bin/env bash
# ML.NET 5.0.1 (Microsoft.ML.ImageAnalytics, SkiaSharp 2.88.9): ConvertToImage wraps values outside 0..255, and does not undo ExtractPixels with the same offset.
#
# 256 becomes 0, 300 becomes 44 and -5 becomes 251; fractions are cut off. ExtractPixels computes (value - offset) / 127.5; ConvertToImage with offset
# 1 and scale 127.5 subtracts the offset once more, so that 68 comes back as 66. With offset 128 and scale 1 the two offsets add up to 256, and the
# wrap hides the mistake.
# Surprising because images saturate everywhere else, and because the parameters of the two transforms have the same names.
# Who meets it: whoever shows generated, denoised or adversarial pixels as pictures: white spots in black areas, black spots in white ones.
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
float[] Through(float scale, float offset, params float[] values)
{
    IDataView rows = ml.Data.LoadFromEnumerable([new Pixels { Values = values }]);
    var pipeline = ml.Transforms.ConvertToImage(1, 4, "Image", "Pixels", interleavedColors: true, scaleImage: scale, offsetImage: offset)
        .Append(ml.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true));
    return ml.Data.CreateEnumerable<Pixels>(pipeline.Fit(rows).Transform(rows), false).First().Values;
}

float[] values = [256, 300, -5, 254.9f, 0.9f, 99.5f, 1, 2, 3, 4, 5, 6];
float[] pixels = Through(1, 0, values);
Console.WriteLine($"values {string.Join(" ", values.Take(6))}: pixels {string.Join(" ", pixels.Take(6))}");
float[] original = [68, 1, 100, 200, 254, 127, 128, 64, 32, 16, 8, 4];
float[] back = Through(127.5f, 1, original.Select(value => (value - 1) / 127.5f).ToArray());
Console.WriteLine($"scale 127.5, offset 1: {string.Join(" ", original)} come back as {string.Join(" ", back)}");
float[] hidden = Through(1, 128, original.Select(value => value - 128).ToArray());
Console.WriteLine($"scale 1, offset 128: they come back as {string.Join(" ", hidden)}");
return pixels[..3] is [0, 44, 251] && back[0] == 66 && hidden.SequenceEqual(original) ? 0 : 1;

class Pixels
{
    [VectorType(12)]
    [ColumnName("Pixels")]
    public float[] Values { get; set; } = [];
}
END
dotnet run app.cs
