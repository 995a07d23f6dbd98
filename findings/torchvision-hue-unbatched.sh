#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): adjust_hue does nothing to a picture of three dimensions; the same picture in a batch of one changes.
#
# adjust_hue(x, 0.5) of a picture 3 x H x W returns its pixels; of the same picture as 1 x 3 x H x W it returns the opposite colours: (200, 30, 10) becomes (10, 180, 200). ColorJitter(hue: 0.5) shares it. There is no error.
# Surprising because brightness, contrast and saturation accept both shapes, and because torchvision's function of that name is documented for [..., 3, H, W].
# Who meets it: data sets that transform one picture at a time, before the batch is made: the hue is never varied, and a test of robustness to hue reports a perfect score.
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

Tensor picture = torch.tensor(new float[] { 200, 30, 10 }, new long[] { 3, 1, 1 }) / 255;
string Text(Tensor pixels) => string.Join(", ", (pixels * 255).reshape(3).data<float>().ToArray().Select(v => v.ToString("0")));
Tensor alone = F.adjust_hue(picture, 0.5), batch = F.adjust_hue(picture.unsqueeze(0), 0.5);
Console.WriteLine($"hue of ({Text(picture)}) by half a turn: alone ({Text(alone)}), in a batch of one ({Text(batch)})");
var jitter = torchvision.transforms.ColorJitter(hue: 0.5f);
int changed = Enumerable.Range(0, 50).Count(_ => !jitter.call(picture).allclose(picture, 1e-3, 1e-3)), changedBatch = Enumerable.Range(0, 50).Count(_ => !jitter.call(picture.unsqueeze(0)).allclose(picture, 1e-3, 1e-3));
Console.WriteLine($"ColorJitter(hue: 0.5) changed {changed} of 50 pictures, and {changedBatch} of 50 batches of one");
return alone.allclose(picture) && !batch.allclose(picture, 0.1, 0.1) && changed == 0 && changedBatch > 25 ? 0 : 1;
END
dotnet run app.cs
