#!/usr/bin/env bash
# TensorFlow.js 4.22.0: random integers between -3 and 3 are 0 twice as often as any other, and never -3.
#
# randomUniformInt(shape, -3, 3), and randomUniform with the type int32, draw from -3 (included) to 3 (excluded), six numbers. -2, -1, 1 and 2 have a sixth each, 0 has a third, and -3 never comes. The real number is cut off towards zero when it is stored,
# so everything between -1 and 1 is 0. From 0 upwards, the case of every example, the shares are equal.
# Surprising because the documentation calls the numbers uniform and the lower bound included, and because the numbers from 0 to 6 are right.
# Who meets it: random shifts and crops of pictures, noise of integers, and random signs: of randomUniformInt(shape, -1, 2) only 0 and 1 come.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
await tf.setBackend('cpu');

const count = 60000;
const shares = (name, tensor) => {
  const values = Array.from(tensor.dataSync());
  const share = value => values.filter(other => other === value).length / count;
  const found = [...new Set(values)].sort((a, b) => a - b);
  console.log(`${name}: ${found.map(value => `${value}: ${share(value).toFixed(3)}`).join(', ')}`);
  return share;
};
const a = shares('randomUniformInt from -3 to 3', tf.randomUniformInt([count], -3, 3, 5));
const b = shares('randomUniform, int32, from -3 to 3', tf.randomUniform([count], -3, 3, 'int32', 6));
const c = shares('randomUniformInt from -1 to 2', tf.randomUniformInt([count], -1, 2, 7));
const d = shares('randomUniformInt from 0 to 6', tf.randomUniformInt([count], 0, 6, 8));
const near = (share, value) => Math.abs(share - value) < 0.01;
const same = [a, b].every(share => near(share(0), 1 / 3) && near(share(1), 1 / 6) && near(share(-2), 1 / 6) && share(-3) === 0) && c(-1) === 0 && near(c(0), 2 / 3) && near(d(0), 1 / 6) && near(d(5), 1 / 6);
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 >> npm.log
node app.mjs
