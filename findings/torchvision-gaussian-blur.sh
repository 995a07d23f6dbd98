#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): gaussian_blur does not blur by a Gaussian: the weights grow from the middle outwards, and sigma has no effect.
#
# A single bright pixel, blurred with a kernel of 5 x 5, becomes four dots at the corners of the kernel, of 0.16 each, and its own row and column are 0. The weights along an axis are 0.4, 0.1, 0, 0.1, 0.4 for every
# sigma: they are proportional to x^2, as if the exponential of the formula were missing. sigma = 0.1 and sigma = 10 give the same picture.
# Surprising because flat areas stay as they are and edges look soft, so that the result passes for a blur, and because sigma is checked to be positive.
# Who meets it: augmentation (contrastive learning relies on this blur), tests of robustness to blur, smoothing of saliency maps. The transform GaussianBlur calls the same function.
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

Tensor dot = torch.zeros(1, 1, 9, 9);
dot[0, 0, 4, 4] = torch.tensor(1f);
float[] Row(float sigma, int row) => F.gaussian_blur(dot, 5, sigma)[0, 0, row].data<float>().ToArray();
foreach (float sigma in new[] { 0.1f, 1, 10 })
{
    Console.WriteLine($"sigma {sigma}: row of the bright pixel {string.Join(" ", Row(sigma, 4))}; two rows above {string.Join(" ", Row(sigma, 2).Select(v => v.ToString("G3")))}");
}

bool hollow = Row(1, 4).All(v => v == 0) && Math.Abs(Row(1, 2)[2] - 0.16f) < 1e-3 && Row(1, 2)[4] == 0;
bool noSigma = Row(0.1f, 2).Zip(Row(10, 2)).All(p => Math.Abs(p.First - p.Second) < 1e-6);
return hollow && noSigma ? 0 : 1;
END
dotnet run app.cs
