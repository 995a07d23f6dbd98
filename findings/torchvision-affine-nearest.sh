#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): affine takes the nearest pixel whatever interpolation is asked for; rotate interpolates.
#
# affine(picture, angle: 30, interpolation: Bilinear) of whole numbers gives whole numbers, the same ones as with Nearest. rotate(picture, 30, Bilinear), which turns the other way and
# is the same operation otherwise, gives fractions.
# Surprising because the argument is accepted, and because rotate and perspective obey it.
# Who meets it: augmentation by small shears and shifts, also within AutoAugment and RandAugment; tests of robustness to rotation, whose scores become steps.
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
using F = TorchSharp.torchvision.transforms.functional;

Tensor picture = torch.arange(16, dtype: float32).reshape(1, 1, 4, 4);
float[] Affine(InterpolationMode mode) => F.affine(picture, angle: 30f, interpolation: mode).data<float>().ToArray();
float[] Rotate(InterpolationMode mode) => F.rotate(picture, 30f, mode).contiguous().data<float>().ToArray();
foreach (var mode in new[] { InterpolationMode.Nearest, InterpolationMode.Bilinear })
{
    Console.WriteLine($"affine, {mode}: {string.Join(" ", Affine(mode))}");
    Console.WriteLine($"rotate, {mode}: {string.Join(" ", Rotate(mode).Select(v => v.ToString("G4")))}");
}

bool ignored = Affine(InterpolationMode.Bilinear).SequenceEqual(Affine(InterpolationMode.Nearest));
bool obeyed = Rotate(InterpolationMode.Bilinear).Any(v => Math.Abs(v - MathF.Round(v)) > 0.1);
return ignored && obeyed ? 0 : 1;
END
dotnet run app.cs
