#!/usr/bin/env bash
# TensorFlow.js 4.22.0 with the WebAssembly backend: cast to bool takes 0.2 for false, keeps 2 as 2, and "not" of that is 3.
#
# A cast to bool is 1 for each number but 0, and so it is with the backend "cpu". With "wasm" the number is cut to an integer byte: 0.2, 0.99 and -0.7 become 0, and 2 becomes 2. logicalNot of these 0, 1 and 2 is 1, 0 and 3, so where() takes 2 for true and not-2 for
# true as well; the sum of a mask of 2 counts twice.
# Surprising because a boolean of 3 cannot be, because the type of the result is bool, and because the same model is right as soon as the backend is another one.
# Who meets it: masks made from probabilities, distances, counts or padding (cast of lengths or ids). The backend is chosen by what the browser has.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';

const results = {};
for (const backend of ['cpu', 'wasm']) {
  await tf.setBackend(backend);
  const numbers = [0, 0.2, 0.99, -0.7, 1, 2];
  const mask = tf.tensor1d(numbers).cast('bool'), not = tf.logicalNot(mask);
  const text = tensor => Array.from(tensor.dataSync()).join(' ');
  const chosen = tensor => text(tf.where(tensor, tf.onesLike(tensor).cast('float32'), tf.zerosLike(tensor).cast('float32')));
  results[backend] = [text(mask), text(not), chosen(mask), chosen(not), text(tf.sum(mask.cast('float32')))];
  console.log(`${backend}: ${numbers.join(' ')} as bool: ${results[backend][0]}; not: ${results[backend][1]}; where takes for true ${results[backend][2]} and of not ${results[backend][3]}; sum of the mask ${results[backend][4]}`);
}
const same = results.cpu[0] === '0 1 1 1 1 1' && results.cpu[1] === '1 0 0 0 0 0' && results.wasm[0] === '0 0 0 0 1 2' && results.wasm[1] === '1 1 1 1 0 3' && results.wasm[2] === '0 0 0 0 1 1' && results.wasm[3] === '1 1 1 1 0 1';
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 >> npm.log
node app.mjs
