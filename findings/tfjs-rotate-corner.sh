#!/usr/bin/env bash
# TensorFlow.js 4.22.0: rotateWithOffset turns a picture about the corner of a pixel beside its middle, so quarter turns lose a row.
#
# A quarter turn of a 3 x 3 picture about its middle moves nine numbers. With the default centre 0.5 the result has a row of zeros (the fill value), and a row of the picture is missing; a half turn loses a row and a column. The centre is taken for pixel 1.5, counted
# from the middle of the first pixel, where the middle of three pixels is 1. With the centre 1/3 the quarter turn is exact, so for n pixels the middle is 0.5 - 0.5 / n.
# Surprising because the documentation says of 0.5 that it rotates the image around its center, and because a turn by 0 is exact.
# Who meets it: augmentation by rotation, and test-time averages over four turns: every turned picture is shifted by up to a pixel, in a direction that depends on the angle. The smaller the picture, the more it matters.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
await tf.setBackend('cpu');

const turn = (side, angle, ...options) => {
  const picture = tf.tensor4d(Array.from({ length: side * side }, (_, i) => i + 1), [1, side, side, 1]);
  const values = Array.from(tf.image.rotateWithOffset(picture, angle, ...options).dataSync());
  console.log(`${side} x ${side}, turned by ${Math.round(angle * 180 / Math.PI)} degrees${options.length > 0 ? ` about ${options[1].toFixed(3)}` : ''}: ${values.map((value, i) => (i > 0 && i % side === 0 ? '/ ' : '') + value).join(' ')}`);
  return values.filter(value => value === 0).length;
};
const none = turn(3, 0), quarter = turn(3, Math.PI / 2), half = turn(3, Math.PI), right = turn(3, Math.PI / 2, 0, 1 / 3);
const even = turn(4, Math.PI / 2), evenRight = turn(4, Math.PI / 2, 0, 0.5 - 0.5 / 4);
process.exit(none === 0 && quarter === 3 && half === 5 && right === 0 && even === 4 && evenRight === 0 ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 >> npm.log
node app.mjs
