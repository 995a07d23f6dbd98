#!/usr/bin/env bash
# TorchVision 0.107.0 (TorchSharp): RandomResizedCrop ignores its ratio and applies its scale to the sides instead of the area.
#
# In torchvision scale is the share of the area that is kept, and ratio the range of width : height of the crop. Here scale is the share of each side, and ratio is not used. Of a picture of 200 x 100 pixels with a scale of 0.5
# every crop is 100 x 50: a quarter of the area, always of the picture's own shape, where half of it and a shape between 3 : 4 and 4 : 3 are asked for. With the default scale, 0.08 to 1, crops go down to 0.64 % of the area.
# Surprising because the defaults, 0.08, 1, 3/4 and 4/3, are torchvision's, and with square pictures nothing looks wrong.
# Who meets it: every training recipe for ImageNet: the zoom is far stronger, the shapes are never varied, and wide pictures are squeezed in the resizing that follows.
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

// The first channel of the picture holds each pixel's row, the second its column.
const int height = 100, width = 200, side = 50;
Tensor rows = torch.arange(height, dtype: float32).reshape(1, height, 1).expand(1, height, width), columns = torch.arange(width, dtype: float32).reshape(1, 1, width).expand(1, height, width);
Tensor picture = torch.cat(new[] { rows, columns }, 0).contiguous();
var crop = torchvision.transforms.RandomResizedCrop(side, side, 0.5, 0.5);
double Length(Tensor channel) => (channel.max() - channel.min()).item<float>() * side / (side - 1.0);
var crops = Enumerable.Range(0, 200).Select(_ => crop.call(picture)).Select(c => (Height: Length(c[0]), Width: Length(c[1]))).ToArray();
Console.WriteLine($"200 crops of 200 x 100 with the scale 0.5: width {crops.Min(c => c.Width):0} to {crops.Max(c => c.Width):0}, height {crops.Min(c => c.Height):0} to {crops.Max(c => c.Height):0}");
Console.WriteLine($"share of the area {crops.Average(c => c.Width * c.Height / height / width):0.00}, width : height {crops.Average(c => c.Width / c.Height):0.00}; asked for: 0.5, and 0.75 to 1.33");
return crops.All(c => Math.Abs(c.Width - 100) < 4 && Math.Abs(c.Height - 50) < 4) ? 0 : 1;
END
dotnet run app.cs
