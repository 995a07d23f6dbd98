#!/usr/bin/env bash
# TensorFlow.js 4.22.0: constraints on weights do nothing in training.
#
# A layer with the constraint "nonNeg" has one weight, 1, and is trained to give -5. After fit the weight is -5 with SGD and with Adam, where the constraint keeps it at 0. MaxNorm (at most 1) and UnitNorm (exactly 1 or -1) end at -5 as well. The constraint is there:
# setWeights with -3 gives 0. Optimisers write to the variable beside the layer's own setter, which is what applies constraints.
# Surprising because the option is documented, is saved with the model, and works outside of training. Keras applies it after each step.
# Who meets it: whoever limits weights: monotone models by non-negative weights, networks with bounded norms, critics of Wasserstein GANs. It was reported (tensorflow/tfjs 3345) and closed without a change.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { constraints, layers, sequential } from '@tensorflow/tfjs-layers';
await tf.setBackend('cpu');

let same = true;
for (const [name, constraint] of [['nonNeg', 'nonNeg'], ['MaxNorm', constraints.maxNorm({ maxValue: 1, axis: 0 })], ['UnitNorm', constraints.unitNorm({ axis: 0 })]]) {
  for (const [optimizerName, optimizer] of [['SGD', tf.train.sgd(0.1)], ['Adam', tf.train.adam(0.1)]]) {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], useBias: false, kernelInitializer: 'ones', kernelConstraint: constraint })] });
    model.compile({ loss: 'meanSquaredError', optimizer });
    await model.fit(tf.ones([1, 1]), tf.fill([1, 1], -5), { epochs: 300, verbose: 0 });
    const trained = model.getWeights()[0].dataSync()[0];
    model.setWeights([tf.tensor2d([[-3]])]);
    const set = model.getWeights()[0].dataSync()[0];
    console.log(`${name}, ${optimizerName}: after training ${trained.toFixed(3)}, after setWeights with -3 ${set.toFixed(3)}`);
    same &&= Math.abs(trained + 5) < 0.1 && Math.abs(set) < 1.001;
  }
}
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-layers@4.22.0 >> npm.log
node app.mjs
