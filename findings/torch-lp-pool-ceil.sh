#!/usr/bin/env bash
# Debian 12's PyTorch 1.13.1: with ceil_mode, LPPool counts the numbers of an incomplete last window several times.
#
# With the exponent 1, lp_pool1d sums windows. Of five ones in windows of two, the last window has a single one, and its sum is 2. With the exponent 2 its norm is 1.41. A last window of 3 x 3 that has one pixel is multiplied by 9. Whole windows are right.
# Surprising because the documentation gives the formula as a sum over the window, and avg_pool and max_pool with ceil_mode treat the incomplete window as what it is. ONNX Runtime's LpPool gives 1.
# Who meets it: networks with LPPool whose picture sizes are not multiples of the stride: the right and lower border are too bright. TorchSharp calls the same steps.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.py <<'END'
import sys
import torch
from torch.nn.functional import avg_pool1d, lp_pool1d, lp_pool2d

ones = torch.ones(1, 1, 5)
sums, norms, averages = (pool.flatten().tolist() for pool in (lp_pool1d(ones, 1, 2, 2, ceil_mode=True), lp_pool1d(ones, 2, 2, 2, ceil_mode=True), avg_pool1d(ones, 2, 2, ceil_mode=True)))
print("five ones in windows of two: sums", sums, "norms", norms, "averages", averages)
corner = lp_pool2d(torch.ones(1, 1, 4, 4), 1, 3, 3, ceil_mode=True)[0, 0].tolist()
print("4 x 4 ones in windows of 3 x 3, sums:", corner)
sys.exit(0 if sums == [2, 2, 2] and abs(norms[2] - 2 ** 0.5) < 1e-6 and averages == [1, 1, 1] and corner == [[9, 9], [9, 9]] else 1)
END
python=$(command -v /usr/bin/python3 || command -v python3)   # Debian's own Python, which has Debian's packages
"$python" -W ignore app.py
