#!/usr/bin/env bash
# TensorFlow.js 4.22.0: the optimiser Adadelta is plain gradient descent.
#
# Adadelta divides each gradient by the root mean square of the gradients so far, this one included. tf.train.adadelta leaves this one out. At the start both its averages are 0, so the first step is the gradient times the rate, from which both averages
# grow by the same amount. They stay equal for ever, and their quotient, the whole of the method, stays 1. With the gradients 1, 2, -3, 4 the steps are those of tf.train.sgd, for every rho and epsilon.
# Surprising because the state of the optimiser is kept, changes and is saved, and training works: as gradient descent with the small default rate 0.001 does.
# Who meets it: whoever chooses Adadelta in a browser or Node.js because it adapts to the size of the gradients. A parameter with small gradients hardly moves.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
await tf.setBackend('cpu');

const gradients = [1, 2, -3, 4, 0.01, -200];
const positions = optimiser => {
  const x = tf.variable(tf.scalar(0));
  return gradients.map(gradient => {
    optimiser.applyGradients({ [x.name]: tf.scalar(gradient) });
    return x.dataSync()[0];
  });
};
// Zeiler's formula.
const formula = (rate, rho, epsilon) => {
  let x = 0, squares = 0, steps = 0;
  return gradients.map(gradient => {
    squares = rho * squares + (1 - rho) * gradient ** 2;
    const step = Math.sqrt(steps + epsilon) / Math.sqrt(squares + epsilon) * gradient;
    steps = rho * steps + (1 - rho) * step ** 2;
    return x -= rate * step;
  });
};
let same = true;
for (const [rate, rho, epsilon] of [[1, 0.95, 1e-6], [0.5, 0.5, 1e-3]]) {
  const adadelta = positions(tf.train.adadelta(rate, rho, epsilon)), sgd = positions(tf.train.sgd(rate)), right = formula(rate, rho, epsilon);
  const text = values => values.map(value => +value.toPrecision(4)).join(' ');
  console.log(`rate ${rate}, rho ${rho}, epsilon ${epsilon}: adadelta ${text(adadelta)}; sgd ${text(sgd)}; the formula ${text(right)}`);
  same &&= adadelta.every((value, i) => Math.abs(value - sgd[i]) < 1e-3) && Math.abs(right[0] - adadelta[0]) > 0.4;
}
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 >> npm.log
node app.mjs
