// An Open Inference server of another stack: Node's own HTTP server and onnxruntime-node. node node-server.mjs MODEL.onnx NAME
import { createServer } from "node:http";
import { createRequire } from "node:module";

const ort = createRequire(process.env.NODE_MODULES + "/")("onnxruntime-node");
const [file, name] = process.argv.slice(2);
const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const [input] = session.inputNames, [output] = session.outputNames;

const lengthHeader = "inference-header-content-length";

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const answer = (status, json, bytes) => {
    const head = Buffer.from(JSON.stringify(json));
    const headers = bytes ? { [lengthHeader]: head.length, "content-type": "application/octet-stream" } : { "content-type": "application/json" };
    response.writeHead(status, headers).end(bytes ? Buffer.concat([head, bytes]) : head);
  };
  if (request.url === "/v2") return answer(200, { name: "node", version: process.version, extensions: process.env.JSON_ONLY ? [] : ["binary_tensor_data"] });
  if (request.url === `/v2/models/${name}`) {
    return answer(200, {
      name, versions: ["7"], platform: "onnxruntime-node",
      inputs: [{ name: input, datatype: "FP32", shape: [-1, 1, 28, 28] }],
      outputs: [{ name: output, datatype: "FP32", shape: [-1, 10] }],
    });
  }
  if (request.url !== `/v2/models/${name}/infer`) return answer(404, { error: `there is no ${request.url}` });

  const size = Number(request.headers[lengthHeader] ?? body.length);
  const asked = JSON.parse(body.subarray(0, size));
  const { shape, data } = asked.inputs[0];
  const values = data ? Float32Array.from(data.flat(Infinity)) : new Float32Array(body.buffer.slice(body.byteOffset + size, body.byteOffset + body.length));
  const scores = (await session.run({ [input]: new ort.Tensor("float32", values, shape) }))[output];
  const tensor = { name: output, datatype: "FP32", shape: scores.dims };
  const head = { id: asked.id, model_name: name, outputs: [tensor] };
  if (asked.outputs?.[0]?.parameters?.binary_data) {
    const bytes = Buffer.from(scores.data.buffer, scores.data.byteOffset, scores.data.byteLength);
    tensor.parameters = { binary_data_size: bytes.length };
    return answer(200, head, bytes);
  }
  tensor.data = [...scores.data];
  answer(200, head);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
