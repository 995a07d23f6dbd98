#!/usr/bin/env bash
# TensorFlow.js 4.22.0: what a mask hides still counts in the average over time and in the loss.
#
# An Embedding with maskZero says that the number 0 is padding. Of the texts (1, 2) and (1, 2, 0, 0), with the embeddings 1 and 2, the average over time is 1.5 and, with the padding's own embedding 9, 5.25; in Keras it is 1.5 for both. The mean squared error of the same
# steps is 2.5 and 41.75. Recurrent layers do leave out what is masked: their answers are the same for both.
# Surprising because the layers accept the mask without an error, where layers that cannot handle one refuse it.
# Who meets it: text classifiers with an average over word vectors and sequence labelling: scores depend on how far a text was padded, and a Keras model gives others in a browser.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { layers, sequential } from '@tensorflow/tfjs-layers';
await tf.setBackend('cpu');

const results = [];
for (const ids of [[1, 2], [1, 2, 0, 0]]) {
  const build = (...more) => {
    const model = sequential({ layers: [layers.embedding({ inputDim: 3, outputDim: 1, maskZero: true, inputLength: ids.length }), ...more] });
    model.layers[0].setWeights([tf.tensor2d([[9], [1], [2]])]);
    return model;
  };
  const input = tf.tensor2d([ids]);
  const average = build(layers.globalAveragePooling1d()).predict(input).dataSync()[0];
  const recurrent = build(layers.simpleRNN({ units: 1, kernelInitializer: 'ones', recurrentInitializer: 'ones', activation: 'linear' })).predict(input).dataSync()[0];
  const labelled = build();
  labelled.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
  const loss = labelled.evaluate(input, tf.zeros([1, ids.length, 1])).dataSync()[0];
  console.log(`(${ids.join(', ')}): average over time ${average}, mean squared error ${loss}, sum by a recurrent layer ${recurrent}`);
  results.push([average, loss, recurrent].join(' '));
}
process.exit(results[0] === '1.5 2.5 3' && results[1] === '5.25 41.75 3' ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-layers@4.22.0 >> npm.log
node app.mjs
