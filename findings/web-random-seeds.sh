#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (x64) and onnxruntime-web 1.30.0 (WebAssembly): a seed in the model gives other random numbers in the browser.
#
# RandomNormal and RandomUniform with the attribute seed repeat their numbers in every session of one package, and the two packages share none of
# them. Within a session each call draws new ones.
# Surprising because a seed stored in a model looks like a promise that the model is reproducible, and the two packages are one runtime of one
# version.
# Who meets it: whoever ships a sampler, a generator or a smoothed classifier with a fixed seed and compares its answers between a server and a browser.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.mjs <<'END'
import * as web from 'onnxruntime-web';
import node from 'onnxruntime-node';
import proto from 'onnx-proto';

const { onnx } = proto;
web.env.wasm.numThreads = 1;
let same = true;
for (const opType of ['RandomNormal', 'RandomUniform']) {
  const attribute = [{ name: 'shape', type: 7, ints: [4] }, { name: 'seed', type: 1, f: 3 }];
  const graph = { name: 'g', node: [{ opType, output: ['y'], attribute }], output: [{ name: 'y', type: { tensorType: { elemType: 1 } } }] };
  const model = Buffer.from(onnx.ModelProto.encode(onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ version: 13 }], graph })).finish());
  const draw = async (runtime) => {
    const session = await runtime.InferenceSession.create(model, { executionProviders: [runtime === web ? 'wasm' : 'cpu'] });
    return [Array.from((await session.run({})).y.data), Array.from((await session.run({})).y.data)];
  };
  const [server, again, browser] = [await draw(node), await draw(node), await draw(web)];
  console.log(`${opType}, seed 3: server ${server[0].join(' ')}; browser ${browser[0].join(' ')}`);
  same &&= String(server[0]) === String(again[0]) && String(server[0]) !== String(server[1]) && !server[0].some((value) => browser.flat().includes(value));
}
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0 onnxruntime-web@1.30.0 onnx-proto@8.0.1 >> npm.log
node app.mjs
