#!/usr/bin/env bash
# TensorFlow.js 4.22.0: the layers Resizing and UpSampling2D enlarge a picture in two ways, neither of which is that of Keras.
#
# A row 0, 1, 2, 3 is enlarged to eight numbers. Keras's layers, both, give 0, 0.25, 0.75, ... 2.75, 3: pixels are areas whose middles are aligned. Here Resizing puts the first and the last pixel on the ends (0, 0.43, 0.86, ... 3), unless cropToAspectRatio is set,
# which crops nothing and makes it 0, 0.5, 1, ... 3, 3. UpSampling2D with "bilinear" gives the latter as well: the picture is shifted by a quarter of a pixel and its last pixel is doubled.
# Surprising because a Keras model with these layers is converted and loaded without a warning, and because resizeBilinear of the same library has the option halfPixelCenters, with which it gives Keras's numbers.
# Who meets it: models with bilinear up-sampling (segmentation, generators) or with their resizing inside, trained in Python and run in a browser.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { layers } from '@tensorflow/tfjs-layers';
await tf.setBackend('cpu');

const row = tf.tensor4d([0, 1, 2, 3], [1, 1, 4, 1]);
const show = (name, tensor) => {
  const values = Array.from(tensor.dataSync()).map(value => +value.toFixed(3)).join(' ');
  console.log(`${name}: ${values}`);
  return values;
};
const resizing = show('Resizing', layers.resizing({ height: 1, width: 8 }).apply(row));
const cropped = show('Resizing with cropToAspectRatio', layers.resizing({ height: 1, width: 8, cropToAspectRatio: true }).apply(row));
const upSampling = show('UpSampling2D, bilinear', layers.upSampling2d({ size: [1, 2], interpolation: 'bilinear' }).apply(row));
const half = show('resizeBilinear with halfPixelCenters', tf.image.resizeBilinear(row, [1, 8], false, true));
const keras = show('half-pixel centres by their formula', tf.tensor1d([0, 1, 2, 3, 4, 5, 6, 7].map(i => Math.min(3, Math.max(0, (i + 0.5) / 2 - 0.5)))));
process.exit(half === keras && resizing === '0 0.429 0.857 1.286 1.714 2.143 2.571 3' && upSampling === '0 0.5 1 1.5 2 2.5 3 3' && cropped === upSampling ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-layers@4.22.0 >> npm.log
node app.mjs
