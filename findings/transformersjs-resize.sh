#!/usr/bin/env bash
# @huggingface/transformers 4.3.1 in Node.js: pictures are reduced by picking single pixels, and enlarged ones fade to black at two edges.
#
# RawImage.resize, which the image processors of all models call, is bilinear by default. A chessboard of 16 x 16 single pixels reduced to 4 x 4 is all black, where averaging, as in the Pillow library of the Python original, gives 128. A ramp
# of 16 columns becomes 0, 64, 128, 192, its columns 0, 4, 8 and 12: the sampled point is the corner and not the middle of each cell. A white picture of 4 x 4 enlarged to 8 x 8 is grey, 128, in its last row and column.
# Surprising because a comment in its source says that this is how Pillow does it, and because Lanczos in the same function averages and keeps white white.
# Who meets it: every image classifier that runs in Node.js: a photograph of 2,000 pixels is reduced to 224 by taking every ninth pixel, so scores differ from Python's, and small changes between these pixels are invisible to it.
# sharp's maintainers answer that affine, which is what is called, does not average (lovell/sharp 3917).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import { RawImage } from '@huggingface/transformers';

const grey = (width, height, value) => new RawImage(Uint8ClampedArray.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))), width, height, 1);
const resize = async (name, picture, side, resample) => {
  const small = Array.from((await picture.resize(side, side, { resample })).data);
  console.log(`${name}: ${small.slice(0, side).join(' ')} (first row), ${small.slice(-side).join(' ')} (last row)`);
  return small;
};
const board = () => grey(16, 16, (x, y) => ((x + y) % 2) * 255);
const bilinear = await resize('chessboard 16 x 16 to 4 x 4, bilinear', board(), 4, 2);
const lanczos = await resize('the same, Lanczos', board(), 4, 1);
const ramp = await resize('ramp 0, 16, ... 240 to 4 x 4, bilinear', grey(16, 16, x => x * 16), 4, 2);
const white = await resize('white 4 x 4 to 8 x 8, bilinear', grey(4, 4, () => 255), 8, 2);
const whiteLanczos = await resize('the same, Lanczos', grey(4, 4, () => 255), 8, 1);
const same = bilinear.every(v => v === 0) && lanczos.every(v => Math.abs(v - 128) < 3) && ramp[1] === 64 && white[0] === 255 && white[7] < 140 && white[63] < 140
  && whiteLanczos.every(v => v === 255);
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @huggingface/transformers@4.3.1 >> npm.log
node app.mjs
