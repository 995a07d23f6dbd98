#!/usr/bin/env bash
# onnxruntime-node 1.30.0 and onnxruntime-web 1.30.0: on a server, run() reads its input only after it has returned.
#
# A program calls run(), changes the array before it awaits the result, and gets the answer to the changed array. Two calls in flight over one array
# both get the last content. In the browser package the same program gets each answer as asked.
# Surprising because a call that takes a tensor is expected to have taken it, and because the program is right in the other package with the same
# interface.
# Who meets it: whoever reuses one input buffer for frames or rows to avoid allocations, and runs several calls at a time.
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
const tensor = (name) => ({ name, type: { tensorType: { elemType: 1 } } });
const graph = { name: 'g', node: [{ opType: 'Neg', input: ['x'], output: ['y'] }], input: [tensor('x')], output: [tensor('y')] };
const model = Buffer.from(onnx.ModelProto.encode(onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ version: 13 }], graph })).finish());
const answers = {};
for (const [name, runtime] of [['server', node], ['browser', web]]) {
  const session = await runtime.InferenceSession.create(model, { executionProviders: [runtime === web ? 'wasm' : 'cpu'] });
  const buffer = new Float32Array([1]);
  const x = new runtime.Tensor('float32', buffer, [1]);
  const first = session.run({ x });
  buffer[0] = 2;
  const second = session.run({ x });
  answers[name] = (await Promise.all([first, second])).map((answer) => answer.y.data[0]);
  console.log(`${name}: asked for -1, then for -2; answers ${answers[name].join(' and ')}`);
}
process.exit(String(answers.server) === '-2,-2' && String(answers.browser) === '-1,-2' ? 0 : 1);
END
npm init --yes > npm.log
npm install --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0 onnxruntime-web@1.30.0 onnx-proto@8.0.1 >> npm.log
node app.mjs
