#!/usr/bin/env bash
# TensorFlow.js 4.22.0: the gradients of resizing with half-pixel centres belong to other pixels than those that were read.
#
# resizeNearestNeighbor of 4 x 4 to 2 x 2 with halfPixelCenters reads the pixels (1, 1), (1, 3), (3, 1) and (3, 3). Its gradient goes to (0, 0), (0, 2), (2, 0) and (2, 2), none of which the output depends on. The bilinear one of 3 x 3 to 2 x 2
# gives the first pixel 1 and the last 0.25, where both have 0.56. With halfPixelCenters off, gradients and differences agree. For a picture that is wider than high resizeBilinear's gradient is an error.
# Surprising because halfPixelCenters is an option of the operator, which its gradient does not look at. Half-pixel centres are what TensorFlow 2 and Keras resize with.
# Who meets it: whoever trains or attacks through a resizing: the gradient points at pixels without influence. A search that only evaluates the function is not misled.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';   // registers the gradients
await tf.setBackend('cpu');

const compare = (name, resize, side) => {
  const values = Array.from({ length: side * side }, (_, i) => i % 5);
  const shape = [1, side, side, 1];
  const sum = x => tf.sum(resize(tf.tensor(x, shape))).dataSync()[0];
  const differences = values.map((_, i) => (sum(values.map((v, j) => v + (i === j ? 0.5 : 0))) - sum(values.map((v, j) => v - (i === j ? 0.5 : 0)))));
  const gradient = Array.from(tf.grad(x => tf.sum(resize(x)))(tf.tensor(values, shape)).dataSync());
  const text = list => list.map(value => +value.toFixed(4)).join(' ');
  console.log(`${name}:\n  gradient    ${text(gradient)}\n  differences ${text(differences)}`);
  return Math.max(...gradient.map((value, i) => Math.abs(value - differences[i])));
};
const nearest = compare('nearest, 4 x 4 to 2 x 2, half-pixel centres', x => tf.image.resizeNearestNeighbor(x, [2, 2], false, true), 4);
const nearestOff = compare('nearest, 4 x 4 to 2 x 2', x => tf.image.resizeNearestNeighbor(x, [2, 2]), 4);
const bilinear = compare('bilinear, 3 x 3 to 2 x 2, half-pixel centres', x => tf.image.resizeBilinear(x, [2, 2], false, true), 3);
const bilinearOff = compare('bilinear, 3 x 3 to 2 x 2', x => tf.image.resizeBilinear(x, [2, 2]), 3);
const flat = tf.zeros([1, 1, 4, 1]);
let message = 'no error';
try { tf.grad(x => tf.sum(tf.image.resizeBilinear(x, [1, 8])))(flat); } catch (error) { message = error.message; }
console.log('bilinear, 1 x 4 to 1 x 8:', message);
process.exit(nearest === 1 && nearestOff < 1e-4 && bilinear > 0.1 && bilinearOff < 1e-4 && message.includes('shape') ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-layers@4.22.0 >> npm.log
node app.mjs
