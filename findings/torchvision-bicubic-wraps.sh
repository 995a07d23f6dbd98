#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): bicubic resizing of a byte picture turns white into black, and black into white, beside edges.
#
# Bicubic interpolation overshoots: beside a step from 0 to 255 it gives values below 0 and above 255. They are rounded and converted to bytes without a limit, so that they wrap round: -9 becomes 247, 264 becomes 8. A row 0, 0, 255,
# 255 enlarged to eight has the pixels 247 and 229 on its black side and 26 and 8 on its white one. torchvision limits them to 0 and 255.
# Surprising because the function rounds first, so the conversion to bytes has been thought of, and because bilinear resizing of the same picture is right.
# Who meets it: whoever feeds a network that was trained with bicubic preprocessing (most vision transformers): bright specks along every sharp edge, in text and drawings above all. Convert to float32 first.
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

Tensor row = torch.tensor(new byte[] { 0, 0, 255, 255, 0, 0, 255, 255 }, new long[] { 1, 2, 4 });
byte[] bytes = F.resize(row, 2, 8, InterpolationMode.Bicubic).contiguous().data<byte>().ToArray()[..8];
float[] floats = F.resize(row.to(float32), 2, 8, InterpolationMode.Bicubic).contiguous().data<float>().ToArray()[..8];
Console.WriteLine($"0 0 255 255 enlarged to eight: bytes {string.Join(" ", bytes)}, float32 {string.Join(" ", floats.Select(v => v.ToString("0")))}");
bool wraps = bytes.Zip(floats).Any(p => p.Second < 0 && p.First > 200) && bytes.Zip(floats).Any(p => p.Second > 255.5 && p.First < 50);
return wraps ? 0 : 1;
END
dotnet run app.cs
