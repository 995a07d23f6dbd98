#!/usr/bin/env bash
# Debian 12's torchvision 0.14.1 with Pillow 9.4.0: in ToTensor the brighter half of a 16-bit picture becomes negative.
#
# A picture of the mode I;16 with the values 0, 32767, 32768 and 65535 becomes the tensor 0, 32767, -32768, -1: white is darker than black. Pillow reads grey 16-bit TIFF files in this mode. A PNG file with the same pixels is read in the mode I and keeps them.
# Surprising because the result depends on the file format of equal pixels, and because dark pictures are right.
# Who meets it: medical, microscope and depth pictures: a classifier sees saturated regions as the darkest ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.py <<'END'
import io
import sys
import numpy
from PIL import Image
from torchvision.transforms.functional import to_tensor

pixels = numpy.array([[0, 32767, 32768, 65535]], dtype=numpy.uint16)
results = {}
for kind in "TIFF", "PNG":
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    picture = Image.open(io.BytesIO(file.getvalue()))
    results[kind] = to_tensor(picture).flatten().tolist()
    print(f"{kind}: read in the mode {picture.mode}, as an array {numpy.array(picture).flatten().tolist()}, as a tensor {results[kind]}")
sys.exit(0 if results["TIFF"] == [0, 32767, -32768, -1] and results["PNG"] == pixels.flatten().tolist() else 1)
END
python=$(command -v /usr/bin/python3 || command -v python3)   # Debian's own Python, which has Debian's packages
"$python" -W ignore app.py
