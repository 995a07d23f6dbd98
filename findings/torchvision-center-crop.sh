#!/usr/bin/env bash
# TorchVision 0.107.0: the middle of a picture is one pixel further left and up than torchvision's, for every fourth size.
#
# Debian's torchvision 0.14.1 crops 224 of 343 columns from column 60 on and TorchVision from 59 on; 3 of 6 columns from 2 and from 1. For an even remainder, and for 224 of 341, they agree: one rounds a half to the even number and the other down.
# Surprising because both document the middle, one calls itself a port of the other, and sizes of 256 and 224, on which it is tried, agree. Resized photos have any width.
# Who meets it: whoever measures a network on the same pictures in Python and in .NET, or attacks it in one and checks in the other: a shift by a pixel changes some of the answers.
set -euo pipefail
# TorchSharp's native library needs the C++ library of GCC 13. On older systems the repository's script builds what is missing.
here=$(cd "$(dirname "$0")" && pwd)
if [[ -x $here/../eng/libstdcxx.sh ]]; then "$here/../eng/libstdcxx.sh"; fi
export LD_LIBRARY_PATH=$here/../.cache/libstdcxx:${LD_LIBRARY_PATH:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > crop.py <<'END'
import torch
from torchvision.transforms.functional import center_crop

for width, size in (343, 224), (341, 224), (344, 224), (6, 3), (8, 3):
    print(width, size, int(center_crop(torch.arange(float(width)).expand(1, size, width), size)[0, 0, 0]))
END
python=$(command -v /usr/bin/python3 || command -v python3)   # Debian's own Python, which has Debian's packages
"$python" -W ignore crop.py > python.txt
cat > app.cs <<'END'
#:package TorchSharp@0.107.0
#:package libtorch-cpu-linux-x64@2.10.0
#:package TorchVision@0.107.0
#:property PublishAot=false
#:property CreateHardLinksForCopyLocalIfPossible=true
using TorchSharp;
using static TorchSharp.torch;

// A picture whose pixels are their own column numbers.
var same = true;
foreach (string line in File.ReadLines("python.txt"))
{
    int[] row = line.Split(' ').Select(int.Parse).ToArray();
    var picture = torch.arange(row[0]).to(float32).expand(1, row[1], row[0]).contiguous();
    float first = torchvision.transforms.functional.center_crop(picture, row[1], row[1])[0, 0, 0].item<float>();
    Console.WriteLine($"{row[1]} of {row[0]} columns: torchvision from {row[2]}, TorchVision from {first}");
    same &= row[2] - first == (row[0] is 343 or 6 ? 1 : 0);
}

return same ? 0 : 1;
END
dotnet run app.cs
