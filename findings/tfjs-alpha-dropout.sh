#!/usr/bin/env bash
# TensorFlow.js 4.22.0: AlphaDropout sets dropped numbers to +1.76 instead of -1.76, so it shifts the mean that it is there to keep.
#
# The layer replaces dropped numbers by the lowest value of SELU, -1.7581, and then stretches all, so that numbers of mean 0 and variance 1 keep both. Here the sign is lost: of 50,000 normal numbers with a rate of 0.3 the mean is 0.91 afterwards, and with 0.5
# it is 1.56, while the variance stays near 1. The least value that SELU can give is where the largest should be.
# Surprising because the mean and the variance are the only purpose of the layer, because the variance is kept, and because Keras, from which the layer comes, keeps both.
# Who meets it: self-normalising networks (SELU) trained in a browser or Node.js. In prediction the layer does nothing, so the next layer sees other numbers than in training.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { layers } from '@tensorflow/tfjs-layers';
await tf.setBackend('cpu');

let same = true;
const numbers = tf.randomNormal([50000], 0, 1, 'float32', 3);
for (const rate of [0.3, 0.5]) {
  const alpha = -1.6732632423543772 * 1.0507009873554805;
  const a = ((1 - rate) * (1 + rate * alpha ** 2)) ** -0.5, b = -a * alpha * rate;
  const dropped = layers.alphaDropout({ rate }).apply(numbers, { training: true });
  const { mean, variance } = tf.moments(dropped);
  // Zeros that are kept become b, dropped ones a * (what replaces them) + b.
  const zeros = Array.from(layers.alphaDropout({ rate }).apply(tf.zeros([1000]), { training: true }).dataSync());
  const replaced = zeros.map(value => (value - b) / a).find(value => Math.abs(value) > 1e-3);
  console.log(`rate ${rate}: mean ${mean.dataSync()[0].toFixed(2)}, variance ${variance.dataSync()[0].toFixed(2)}; dropped numbers are replaced by ${replaced.toFixed(4)}`);
  same &&= mean.dataSync()[0] > 0.8 && Math.abs(variance.dataSync()[0] - 1) < 0.1 && Math.abs(replaced + alpha) < 1e-3;
}
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-layers@4.22.0 >> npm.log
node app.mjs
