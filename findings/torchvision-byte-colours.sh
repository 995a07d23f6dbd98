#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): adjust_saturation and adjust_contrast darken pictures of bytes; the same pictures as float32 are right.
#
# Both mix the picture with its grey version. The grey version of a byte picture is a float32 picture between 0 and 1, so the mix is with black: saturation 0 of (200, 30, 10) is (0, 0, 0) in place of (78, 78, 78), and contrast 0.5
# halves every value. rgb_to_grayscale of bytes, and the transform Grayscale, return these numbers between 0 and 1, of another type than their input.
# Surprising because brightness, sharpness, posterize and solarize of bytes are right, the result is a byte picture, and darker pictures are no rare augmentation.
# Who meets it: whoever augments pictures as read_image returns them, in bytes, by ColorJitter or AutoAugment: saturation and contrast are random darkening there, and a factor above 1 clips to white.
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

Tensor bytes = torch.tensor(new byte[] { 200, 100, 30, 90, 10, 20 }, new long[] { 3, 1, 2 });
Tensor floats = F.convert_image_dtype(bytes, float32);
float[] Bytes(Func<Tensor, Tensor> change) => change(bytes).to(float32).contiguous().data<float>().ToArray();
float[] Floats(Func<Tensor, Tensor> change) => (change(floats) * 255).contiguous().data<float>().ToArray();
bool same = true;
foreach ((string name, Func<Tensor, Tensor> change, bool wrong) in new (string, Func<Tensor, Tensor>, bool)[]
{
    ("saturation 0", p => F.adjust_saturation(p, 0), true), ("saturation 0.5", p => F.adjust_saturation(p, 0.5), true), ("contrast 0.5", p => F.adjust_contrast(p, 0.5), true), ("brightness 0.5", p => F.adjust_brightness(p, 0.5), false),
})
{
    float[] ofBytes = Bytes(change), ofFloats = Floats(change);
    Console.WriteLine($"{name} of the pixels (200, 30, 10) and (100, 90, 20), channel by channel: bytes {string.Join(" ", ofBytes)}, float32 * 255 {string.Join(" ", ofFloats.Select(v => v.ToString("0")))}");
    same &= wrong == ofBytes.Zip(ofFloats).Any(p => p.First < p.Second - 5);
}

Tensor grey = F.rgb_to_grayscale(bytes);
Console.WriteLine($"grey of the bytes: {grey.dtype} {string.Join(" ", grey.data<float>().ToArray())}");
return same && grey.dtype == float32 && Bytes(p => F.adjust_saturation(p, 0)).All(v => v == 0) ? 0 : 1;
END
dotnet run app.cs
