#!/usr/bin/env bash
# TensorFlow.js 4.22.0: gradients of mirrorPad and of avgPool with padding are wrong at the border.
#
# mirrorPad of (1, 2, 3) by one is (2, 1, 2, 3, 2), so the sum of it has the gradient (1, 3, 1). tf.grad gives (1, 1, 1): the mirrored copies do not count. avgPool of 3 x 3 in windows of 2 x 2 with "same" divides by the numbers that are in the window, 1 in the
# lower right corner, and so the output of ones is ones. The gradient divides by 4 everywhere, and is 0.25 in that corner instead of 1. Differences of the outputs give the right values.
# Surprising because both operators are right forwards, no error or warning comes, and gradients inside the picture are right. TensorFlow's own gradients count the copies and divide by the counts of the window.
# Who meets it: networks with reflection padding, such as style transfer and super-resolution, and with padded average pooling; adversarial pictures made with gradients. Training goes on with a wrong gradient.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';   // registers the gradients
await tf.setBackend('cpu');

const compare = (name, operator, values, shape) => {
  const sum = x => tf.sum(operator(tf.tensor(x, shape))).dataSync()[0];
  const differences = values.map((_, i) => (sum(values.map((v, j) => v + (i === j ? 0.125 : 0))) - sum(values.map((v, j) => v - (i === j ? 0.125 : 0)))) / 0.25);
  const gradient = Array.from(tf.grad(x => tf.sum(operator(x)))(tf.tensor(values, shape)).dataSync());
  console.log(`${name}: gradient ${gradient.join(' ')}; differences ${differences.map(value => +value.toFixed(4)).join(' ')}`);
  return [gradient.join(' '), differences.map(value => +value.toFixed(3)).join(' ')];
};
const mirror = compare('mirrorPad, reflect', x => tf.mirrorPad(x, [[1, 1]], 'reflect'), [1, 2, 3], [3]);
const symmetric = compare('mirrorPad, symmetric', x => tf.mirrorPad(x, [[1, 1]], 'symmetric'), [1, 2, 3], [3]);
const pool = compare('avgPool 2 x 2, same', x => tf.avgPool(x, 2, 2, 'same'), [1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 3, 3, 1]);
const valid = compare('avgPool 2 x 2, valid', x => tf.avgPool(x, 2, 1, 'valid'), [1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 3, 3, 1]);
const same = mirror[0] === '1 1 1' && mirror[1] === '1 3 1' && symmetric[0] === '1 1 1' && symmetric[1] === '2 1 2' && pool[0] === '0.25 0.25 0.25 0.25 0.25 0.25 0.25 0.25 0.25' && pool[1] === '0.25 0.25 0.5 0.25 0.25 0.5 0.5 0.5 1' && valid[0] === valid[1];
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-layers@4.22.0 >> npm.log
node app.mjs
