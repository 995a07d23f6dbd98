#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): a picture read with its alpha has the channels alpha, red, green, blue, and its colours are multiplied by alpha.
#
# read_image in the mode RGB_ALPHA of a half transparent red (255, 0, 0, 128) gives the channels 128, 128, 0, 0. In torchvision the mode of that name gives red, green, blue, alpha as stored: 255, 0, 0, 128. In the mode GRAY_ALPHA there is
# one channel, of numbers between 0 and 1, in which alpha is weighted as if it were red.
# Surprising because the mode's name says which channel comes last, and because opaque pictures in the mode RGB are right.
# Who meets it: whoever cuts the first three channels off, or composes the picture over a background: the classifier gets alpha, red and green.
set -euo pipefail
# TorchSharp's native library needs the C++ library of GCC 13. On older systems the repository's script builds what is missing.
here=$(cd "$(dirname "$0")" && pwd)
if [[ -x $here/../eng/libstdcxx.sh ]]; then "$here/../eng/libstdcxx.sh"; fi
export LD_LIBRARY_PATH=$here/../.cache/libstdcxx:${LD_LIBRARY_PATH:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package TorchSharp@0.107.0
#:package TorchVision@0.107.0
#:package libtorch-cpu-linux-x64@2.10.0
#:property PublishAot=false
#:property CreateHardLinksForCopyLocalIfPossible=true
using TorchSharp;
using static TorchSharp.torch;

torchvision.io.DefaultImager = new torchvision.io.SkiaImager();
// A PNG of four pixels: (255, 0, 0, 255), (255, 0, 0, 128), (255, 0, 0, 0), (10, 200, 90, 30).
File.WriteAllBytes("alpha.png", Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAQAAAABCAYAAAD5PA/NAAAAGUlEQVR4nGP4z8Dw/z8DQ8N/BgYGrhNRcgA4sgXH3GNpZgAAAABJRU5ErkJggg=="));
byte[] Channels(Tensor picture, int pixel) => Enumerable.Range(0, (int)picture.shape[0]).Select(c => picture[c, 0, pixel].item<byte>()).ToArray();
Tensor all = torchvision.io.read_image("alpha.png", torchvision.io.ImageReadMode.RGB_ALPHA);
byte[] half = Channels(all, 1), faint = Channels(all, 3);
Console.WriteLine($"RGB_ALPHA: (255, 0, 0, 128) is read as ({string.Join(", ", half)}), (10, 200, 90, 30) as ({string.Join(", ", faint)})");
Tensor grey = torchvision.io.read_image("alpha.png", torchvision.io.ImageReadMode.GRAY_ALPHA);
float[] values = grey.to(float32).contiguous().data<float>().ToArray();
Console.WriteLine($"GRAY_ALPHA: {grey.shape[0]} channel of {grey.dtype}: {string.Join(" ", values.Select(v => v.ToString("0.000")))}; 0.2989 alpha + 0.587 red of the second pixel, divided by 255: {(0.2989 * 128 + 0.587 * 128) / 255:0.000}");
return half is [128, 128, 0, 0] && faint[0] == 30 && faint[1] <= 2 && grey.shape[0] == 1 && Math.Abs(values[1] - (0.2989 + 0.587) * 128 / 255) < 0.01 ? 0 : 1;
END
dotnet run app.cs
