#!/usr/bin/env bash
# onnxruntime-node 1.30.0 (x64) and onnxruntime-web 1.30.0 (WebAssembly): the same model gives other integers in the browser.
#
# Cast of -1 from float32 to uint8 is 255 on the server and 0 in the browser. Of 3e9, infinity and NaN, the server makes the smallest int32, the
# browser the largest for the first two and 0 for NaN. MaxPool over a window with NaN returns a number on the server for most positions of the NaN,
# and NaN in the browser for most.
# Surprising because both packages are one runtime of one version, and -1 is no extreme value. Each follows its processor's conversion.
# Who meets it: whoever tests on a server and ships to browsers: pixel values after an overshooting resize, hashes and bin numbers, masks made of NaN.
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
const tensor = (name, elemType) => ({ name, type: { tensorType: { elemType } } });
const run = async (runtime, nodes, x, shape) => {
  const graph = { name: 'g', node: nodes, input: [tensor('x', 1)], output: [tensor('y', 11)] };
  const model = onnx.ModelProto.encode(onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ version: 13 }], graph })).finish();
  const session = await runtime.InferenceSession.create(Buffer.from(model), { executionProviders: [runtime === web ? 'wasm' : 'cpu'] });
  return Array.from((await session.run({ x: new runtime.Tensor('float32', x, shape) })).y.data);
};
const cast = (input, output, to) => ({ opType: 'Cast', input: [input], output: [output], attribute: [{ name: 'to', type: 2, i: to }] });
const casts = {};
const numbers = new Float32Array([-1, 300, 3e9, Infinity, NaN]);
for (const [type, to] of [['uint8', 2], ['uint32', 12], ['int32', 6]]) {
  for (const [name, runtime] of [['server', node], ['browser', web]]) {
    casts[type + name] = await run(runtime, [cast('x', 'i', to), cast('i', 'y', 11)], numbers, [5]);
    console.log(`Cast of ${Array.from(numbers).join(', ')} to ${type}, ${name}: ${casts[type + name].join(', ')}`);
  }
}
const pool = { opType: 'MaxPool', input: ['x'], output: ['m'], attribute: [{ name: 'kernel_shape', type: 7, ints: [1, 9] }] };
const seen = {};
for (const [name, runtime] of [['server', node], ['browser', web]]) {
  seen[name] = '';
  for (let position = 0; position < 9; position++) {
    const x = Float32Array.from({ length: 9 }, (_, i) => i === position ? NaN : i);
    seen[name] += Number.isNaN((await run(runtime, [pool, cast('m', 'y', 11)], x, [1, 1, 1, 9]))[0]) ? 'N' : '.';
  }
  console.log(`MaxPool with NaN at each of nine positions, ${name} (N: NaN, .: a number): ${seen[name]}`);
}
const same = casts.uint8server[0] === 255 && casts.uint8browser[0] === 0 && casts.int32server[2] === -2147483648
  && casts.int32browser[2] === 2147483647 && casts.int32browser[4] === 0 && seen.server !== seen.browser;
process.exit(same ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0 onnxruntime-web@1.30.0 onnx-proto@8.0.1 >> npm.log
node app.mjs
