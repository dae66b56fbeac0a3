/** Whole numbers and other tensors that are no weights, through whole recipes and files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { compress, linear, magnitude, open, OptionError, saveSafetensors, zstd } from "../../kernel";
import { modelFolder, tfBackend } from "../../kernel/train";
import { entry, safetensorsFile } from "../formats/files";

const folder = mkdtempSync(join(tmpdir(), "codebook-whole-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const whole = BigInt64Array.of(16777217n, -1n, 2n ** 62n, 3n);
const weights = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i));

beforeAll(() => {
  const data = Buffer.concat([Buffer.from(weights.buffer), Buffer.from(whole.buffer)]);
  const header = `{${entry("fc.weight", "F32", [3, 4], 0, 48)},${entry("table", "I64", [2, 2], 48, 80)}}`;
  writeFileSync(at("model.safetensors"), safetensorsFile(header, data));
});

const bytesOf = async (path: string, name: string) => Buffer.from(await (await open(path)).tensor(name).readBytes());
const wholeBytes = Buffer.from(whole.buffer);

test("whole numbers pass a lossless coder that names them exactly, into a file of any type of floats", async () => {
  const model = await open(at("model.safetensors"));
  const small = await compress(model, [{ match: ["table", "fc.weight"], steps: zstd() }], { workers: 1 });
  expect(small.report.layers.map(({ name, role }) => [name, role])).toEqual([
    ["fc.weight", undefined],
    ["table", "integer"],
  ]);
  const table = small.tensor("table");
  expect([table.dtype, table.role]).toEqual(["I64", "integer"]);
  expect(Buffer.from(await table.readBytes())).toEqual(wholeBytes);
  await small.save(at("coded.safetensors"), { dtype: "F16" });
  expect(await bytesOf(at("coded.safetensors"), "table")).toEqual(wholeBytes);
  expect((await open(at("coded.safetensors"))).tensor("fc.weight").dtype).toBe("F16");
});

test("no lossy step takes them by name, none by a glob, and a file of floats keeps them", async () => {
  const model = await open(at("model.safetensors"));
  await expect(compress(model, linear({ bits: 8 }), { only: "table" })).rejects.toThrow(
    new OptionError(
      'compress(): table holds whole numbers (I64), which linear 8-bit g128 would change; a lossless coder alone takes them: { match: "table", steps: zstd() }',
    ),
  );
  const small = await compress(model, magnitude({ sparsity: 0.5, scope: "global" }), { workers: 1 });
  expect(small.report.layers).toHaveLength(1);
  expect(small.report.leftAlone?.groups).toEqual([
    { role: "integer", reason: "its type is I64", tensors: 1, parameters: 4, names: ["table"] },
  ]);
  await saveSafetensors(small, at("floats.safetensors"), { dtype: "BF16" });
  expect(await bytesOf(at("floats.safetensors"), "table")).toEqual(wholeBytes);
});

const node = (name: string, op: string, input: string[] = [], attr: object = {}) => ({ name, op, input, attr });
const type = (name: string) => ({ type: name });

test("a quantized graph model of TensorFlow.js still runs: its shapes are no weights, and its codes are read as values", async () => {
  await tfBackend({ prefer: "cpu" });
  const codes = Uint8Array.from({ length: 24 }, (_, i) => (i * 37) % 256);
  const quantization = { dtype: "uint8", scale: 0.01, min: -1.28 };
  const shape = Int32Array.of(-1, 6);
  const modelTopology = {
    node: [
      node("x", "Placeholder", [], {
        dtype: type("DT_FLOAT"),
        shape: { shape: { dim: [{ size: "-1" }, { size: "2" }, { size: "3" }] } },
      }),
      node("shape", "Const", [], { dtype: type("DT_INT32") }),
      node("kernel", "Const", [], { dtype: type("DT_FLOAT") }),
      node("flat", "Reshape", ["x", "shape"], { T: type("DT_FLOAT"), Tshape: type("DT_INT32") }),
      node("y", "MatMul", ["flat", "kernel"], {
        T: type("DT_FLOAT"),
        transpose_a: { b: false },
        transpose_b: { b: false },
      }),
    ],
    versions: { producer: 1 },
  };
  const manifest = {
    format: "graph-model",
    modelTopology,
    weightsManifest: [
      {
        paths: ["w.bin"],
        weights: [
          { name: "shape", shape: [2], dtype: "int32" },
          { name: "kernel", shape: [6, 4], dtype: "float32", quantization },
        ],
      },
    ],
  };
  const net = mkdtempSync(join(folder, "graph-"));
  writeFileSync(join(net, "model.json"), JSON.stringify(manifest));
  writeFileSync(join(net, "w.bin"), Buffer.concat([Buffer.from(shape.buffer), codes]));
  const model = await open(net);
  expect(model.tensor("kernel")).toMatchObject({ scheme: "TensorFlow.js uint8", role: "linear", dtype: "F32" });
  expect(model.tensor("kernel").axes).toEqual({ output: [1], input: [0], stacked: [] });
  expect(model.tensor("shape").role).toBe("integer");
  const small = await compress(model, zstd(), { workers: 1 });
  expect(small.report.layers.map(({ name }) => name)).toEqual(["kernel"]);
  const kernel = Float32Array.from(codes, (code) => code * 0.01 - 1.28);
  expect(await small.tensor("kernel").read()).toEqual(kernel);
  const saved = join(folder, "saved");
  await small.save(`${saved}/`);
  const graph = await tf.loadGraphModel(modelFolder(saved));
  const x = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const y = await (graph.predict(tf.tensor3d(x, [2, 2, 3])) as tf.Tensor).data();
  const expected = Array.from({ length: 8 }, (_, at) => {
    const [row, column] = [Math.floor(at / 4), at % 4];
    return Array.from({ length: 6 }, (__, k) => x[6 * row + k] * kernel[4 * k + column]).reduce((a, b) => a + b);
  });
  expected.forEach((value, i) => expect(y[i]).toBeCloseTo(value, 4));
});
