#!/usr/bin/env bash
# TensorFlow.js 4.22.0 with the WebAssembly backend: the sum over no rows is whatever was in memory.
#
# The sum of a tensor of shape 0 x 1000 over its first axis is 1000 zeros, and with the backend "cpu" it is. With "wasm" nothing is written to the result: after a tensor of 1000 sevens was disposed of, nearly all of the sum is 7. mean and all behave alike.
# Surprising because empty tensors are valid and their shapes are right, and because in a fresh program the memory is mostly 0 or numbers of 1e-41, so that it looks right.
# Who meets it: sums over the rows that a mask, a threshold or a non-maximum suppression has left: a picture without an object gets the sums of an earlier picture.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

const count = {};
for (const backend of ['cpu', 'wasm']) {
  await tf.setBackend(backend);
  const rows = tf.zeros([3, 1000]);
  const kept = await tf.booleanMaskAsync(rows, tf.tensor1d([false, false, false], 'bool'));
  const earlier = tf.add(tf.fill([1000], 3), tf.scalar(4));
  await earlier.data();
  earlier.dispose();
  const sum = Array.from(tf.sum(kept, 0).dataSync());
  count[backend] = sum.filter(value => value !== 0).length;
  console.log(`${backend}: the sum of a tensor of shape ${kept.shape.join(' x ')} over its rows has ${count[backend]} numbers that are not 0, for example ${sum[500]}`);
}
process.exit(count.cpu === 0 && count.wasm > 0 ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 >> npm.log
node app.mjs
