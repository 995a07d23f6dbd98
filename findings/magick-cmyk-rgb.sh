#!/usr/bin/env bash
# Magick.NET 15.1.0: the red, green and blue of a CMYK picture are its cyan, magenta and yellow, so it is read as a negative.
#
# A CMYK JPEG of a white and a red half is exported by GetPixels().ToByteArray(PixelMapping.RGB) as black and cyan. The same file after ColorSpace = sRGB gives white and red. The mapping "RGB" names the first three channels and converts nothing.
# Surprising because the mapping asks for red, green and blue by name, files of other colour spaces that a JPEG may have (grey, YCbCr) come out right, and the result has three channels and no error.
# Who meets it: whoever classifies pictures collected from print shops, catalogues or the web: a few JPEG files in a thousand are CMYK, and the classifier sees their negatives. Check ColorSpace.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Magick.NET-Q8-AnyCPU@15.1.0
#:property PublishAot=false
using ImageMagick;

byte[] file;
using (var halves = new MagickImage(MagickColors.White, 32, 16))
{
    using var red = new MagickImage(MagickColors.Red, 16, 16);
    halves.Composite(red, 16, 0, CompositeOperator.Over);
    halves.ColorSpace = ColorSpace.CMYK;
    halves.Quality = 100;
    file = halves.ToByteArray(MagickFormat.Jpeg);
}

using var picture = new MagickImage(file);
byte[] Pixel(int x)
{
    using var pixels = picture.GetPixels();
    return pixels.ToByteArray(x, 8, 1, 1, PixelMapping.RGB)!;
}

Console.WriteLine($"read: {picture.ColorSpace}, {picture.ChannelCount} channels");
byte[] white = Pixel(8), red2 = Pixel(24);
Console.WriteLine($"PixelMapping.RGB: the white half is ({string.Join(", ", white)}), the red one ({string.Join(", ", red2)})");
picture.ColorSpace = ColorSpace.sRGB;
byte[] converted = Pixel(8);
Console.WriteLine($"after ColorSpace = sRGB the white half is ({string.Join(", ", converted)}), the red one ({string.Join(", ", Pixel(24))})");
return white.All(v => v < 10) && red2[0] < 10 && red2[1] > 245 && converted.All(v => v > 245) ? 0 : 1;
END
dotnet run app.cs
