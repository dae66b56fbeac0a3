/** TensorFlow.js models, compressed, saved as such, and loaded by TensorFlow.js itself: it computes with our values. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  compress,
  linear,
  magnitude,
  nodes,
  open,
  OptionError,
  saveTfjs,
  type CompressedModel,
  type ReadOptions,
  type SavedTensor,
  type SaveTfjsOptions,
} from "../../kernel";
import { modelFolder, tfBackend } from "../../kernel/train";

const folder = mkdtempSync(join(tmpdir(), "codebook-tfjs-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const input = () =>
  tf.tensor2d(
    Array.from({ length: 60 }, (_, i) => Math.sin(i)),
    [5, 12],
  );

beforeAll(async () => {
  await tfBackend({ prefer: "cpu" });
  const net = tf.sequential({
    layers: [
      tf.layers.dense({
        inputShape: [12],
        units: 24,
        activation: "relu",
        kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
      }),
      tf.layers.dense({ units: 7, kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }) }),
    ],
  });
  await net.save(modelFolder(at("net")));
});

const predict = async (name: string): Promise<Float32Array> => {
  const net = await tf.loadLayersModel(modelFolder(at(name)));
  return (net.predict(input()) as tf.Tensor).data() as Promise<Float32Array>;
};

/** The same network in plain JavaScript, with given values, (in, out). */
async function byHand(model: Pick<CompressedModel, "tensors">): Promise<number[]> {
  const [w1, b1, w2, b2] = await Promise.all(model.tensors.map((tensor) => tensor.read()));
  const dense = (x: readonly number[], w: Float32Array, b: Float32Array) =>
    Array.from(b, (bias, o) => x.reduce((sum, value, i) => sum + value * w[i * b.length + o], bias));
  const rows = Array.from({ length: 5 }, (_, r) =>
    Array.from({ length: 12 }, (_, i) => Math.fround(Math.sin(12 * r + i))),
  );
  return rows.flatMap((row) =>
    dense(
      dense(row, w1, b1).map((value) => Math.max(0, value)),
      w2,
      b2,
    ),
  );
}

const near = (a: Float32Array, b: readonly number[], tolerance: number) =>
  a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < tolerance);

test("quantized and pruned: loadLayersModel computes with w′", async () => {
  const model = await open(join(at("net"), "model.json"));
  const small = await compress(model, [magnitude({ sparsity: 0.4 }), linear({ bits: 4, group: 4 })]);
  const { bytes: size, files } = await small.save(`${at("small")}/`);
  expect(files).toEqual(["weights.bin", "model.json"]);
  expect(size).toBe(4 * model.parameters);
  expect(readdirSync(at("small")).sort()).toEqual(["model.json", "weights.bin"]);
  const answer = await predict("small");
  expect(near(answer, await byHand(small), 1e-5)).toBe(true);
  expect(near(await predict("net"), [...answer], 1e-3)).toBe(false);
  // And ours reads every value back.
  const again = await open(join(at("small"), "model.json"));
  for (const tensor of small.tensors)
    expect(
      Buffer.compare(
        Buffer.from((await tensor.read()).buffer),
        Buffer.from((await again.tensor(tensor.name).read()).buffer),
      ),
    ).toBe(0);
});

test("as float16, over the model that was there", async () => {
  const model = await open(join(at("net"), "model.json"));
  const small = await compress(model, linear({ bits: 8, per: "tensor" }));
  const half = await small.save(`${at("small")}/`, { dtype: "F16" });
  expect([half.bytes, half.files]).toEqual([2 * model.parameters, ["weights-2.bin", "model.json"]]);
  expect(readdirSync(at("small")).sort()).toEqual(["model.json", "weights-2.bin"]);
  expect(near(await predict("small"), await byHand(small), 5e-3)).toBe(true);
  await small.save(`${at("small")}/`);
  expect(readdirSync(at("small")).sort()).toEqual(["model.json", "weights.bin"]);
  expect(near(await predict("small"), await byHand(small), 1e-5)).toBe(true);
});

test("made smaller: the topology has the new sizes", async () => {
  const small = await compress(await open(join(at("net"), "model.json")), nodes({ sparsity: 0.5 }));
  await small.save(`${at("cut")}/`);
  const net = await tf.loadLayersModel(modelFolder(at("cut")));
  expect(net.layers.map(({ outputShape }) => outputShape)).toEqual([
    [null, 12],
    [null, 7],
  ]);
  expect(near(await predict("cut"), await byHand(small), 1e-5)).toBe(true);
});

test("an unchanged model: the same bytes; wrong calls", async () => {
  const model = await open(join(at("net"), "model.json"));
  await saveTfjs(model, at("copy"));
  expect(
    Buffer.compare(readFileSync(join(at("copy"), "weights.bin")), readFileSync(join(at("net"), "weights.bin"))),
  ).toBe(0);
  await expect(saveTfjs({ tensors: model.tensors }, at("none"))).rejects.toThrow(OptionError);
  const small = await compress(model, linear({ bits: 4, group: 4 }));
  await expect(small.save(`${at("bf")}/`, { dtype: "BF16" })).rejects.toThrow(/"F32" } or "F16"/);
  writeFileSync(at("file"), "");
  await expect(saveTfjs(model, join(at("file"), "under"))).rejects.toThrow(/folder cannot be made/);
});

test("what a model keeps as float16 and as codes stays so, to the byte, and TensorFlow.js computes with it", async () => {
  const entries = ["uint8", "float16", "uint16", "float16"].map((dtype) => ({
    ...{ dtype, ...(dtype === "float16" ? { original_dtype: "float32" } : { scale: 0.011, min: -1.3 }) },
  }));
  const json = JSON.parse(readFileSync(join(at("net"), "model.json"), "utf8")) as {
    weightsManifest: [{ paths: string[]; weights: { shape: number[]; quantization?: object }[] }];
  };
  const [{ weights }] = json.weightsManifest;
  weights.forEach((weight, i) => (weight.quantization = entries[i]));
  const width = [1, 2, 2, 2];
  const stored = weights.map(({ shape }, i) =>
    Uint8Array.from({ length: width[i] * shape.reduce((a, b) => a * b, 1) }, (_, at) =>
      // Half floats below 1, codes of any size.
      at % width[i] === 1 ? [0, 0x30, 0, 0xb4][i] : (at * 37) % 251,
    ),
  );
  mkdirSync(at("narrow"));
  writeFileSync(join(at("narrow"), "model.json"), JSON.stringify(json));
  writeFileSync(join(at("narrow"), "weights.bin"), Buffer.concat(stored));
  const model = await open(join(at("narrow"), "model.json"));
  await saveTfjs(model, at("narrow-copy"));
  const bytes = (name: string) => readFileSync(join(at(name), "weights.bin"));
  expect(Buffer.compare(bytes("narrow-copy"), bytes("narrow"))).toBe(0);
  expect(await predict("narrow-copy")).toEqual(await predict("narrow"));
  const small = await compress(model, linear({ bits: 4, group: 4 }), { only: model.tensors[2].name });
  const { layers, bytes: size } = await small.save(`${at("narrow-small")}/`);
  expect(layers.map(({ held, as }) => [held, as])).toEqual([
    ["as it was", "U8"],
    ["as it was", "F16"],
    ["plain", "F32"],
    ["as it was", "F16"],
  ]);
  const sizes = layers.map(({ bytes: own }) => own);
  expect([sizes.reduce((a, b) => a + b), statSync(join(at("narrow-small"), "weights.bin")).size]).toEqual([size, size]);
  const saved = bytes("narrow-small");
  expect(Buffer.compare(saved.subarray(0, sizes[0] + sizes[1]), Buffer.concat(stored.slice(0, 2)))).toBe(0);
  expect(near(await predict("narrow-small"), await byHand(small), 1e-4)).toBe(true);
});

test("taken up again: no tensor is made twice, and the old model stays until the end", async () => {
  const model = await open(join(at("net"), "model.json"));
  await saveTfjs(model, at("once"));
  const made: string[] = [];
  let failAt: string | undefined = model.tensors[2].name;
  const tensors = model.tensors.map((tensor): SavedTensor => {
    const { name, shape, dtype, sizeBytes } = tensor;
    const read = (options?: ReadOptions) => {
      if (name === failAt) throw new Error("the weights cannot be had");
      made.push(name);
      return tensor.read(options);
    };
    return { name, shape, dtype, sizeBytes, read, readBytes: (options) => tensor.readBytes(options) };
  });
  const written = { tensors, config: model.config, sha256: () => model.sha256() };
  const save = (own: SaveTfjsOptions = {}) => saveTfjs(written, at("again"), { resume: true, ...own });
  await expect(saveTfjs({ tensors, config: model.config }, at("again"), { resume: true })).rejects.toThrow(
    /saveTfjs\(\): resume goes with a model that has a sha256\(\)/,
  );
  // Over another model, whose weights have the other name.
  await saveTfjs(model, at("again"), { dtype: "F16" });
  const before = readFileSync(join(at("again"), "model.json"), "utf8");
  await expect(save()).rejects.toThrow("the weights cannot be had");
  expect(readFileSync(join(at("again"), "model.json"), "utf8")).toBe(before);
  expect(readdirSync(at("again"))).toHaveLength(4);
  failAt = undefined;
  made.length = 0;
  expect(await save()).toBe(4 * model.parameters);
  expect(made).toEqual(model.tensors.slice(2).map(({ name }) => name));
  expect(readdirSync(at("again")).sort()).toEqual(["model.json", "weights-2.bin"]);
  const bytes = (name: string, file: string) => readFileSync(join(at(name), file));
  expect(Buffer.compare(bytes("again", "weights-2.bin"), bytes("once", "weights.bin"))).toBe(0);
  // What another save left goes, under whichever name of the weights it lies.
  failAt = model.tensors[2].name;
  await expect(save()).rejects.toThrow("the weights cannot be had");
  await saveTfjs(model, at("again"));
  expect(readdirSync(at("again"))).toHaveLength(4);
  failAt = undefined;
  made.length = 0;
  await save({ dtype: "F16" });
  expect(made).toHaveLength(4);
  expect(readdirSync(at("again")).sort()).toEqual(["model.json", "weights-2.bin"]);
});

test("save() of a compressed one takes up what broke off", async () => {
  const small = await compress(await open(join(at("net"), "model.json")), linear({ bits: 4, group: 4 }));
  await small.save(`${at("s1")}/`);
  mkdirSync(join(at("s2"), "model.json"), { recursive: true });
  await expect(small.save(`${at("s2")}/`, { resume: true })).rejects.toThrow("not a regular file");
  const left = readdirSync(at("s2"));
  expect(left).toHaveLength(3);
  rmSync(join(at("s2"), "model.json"), { recursive: true });
  const inode = statSync(join(at("s2"), "weights.bin")).ino;
  await small.save(`${at("s2")}/`, { resume: true });
  // The weights were there; model.json alone was missing.
  expect(statSync(join(at("s2"), "weights.bin")).ino).toBe(inode);
  for (const name of ["model.json", "weights.bin"])
    expect(Buffer.compare(readFileSync(join(at("s2"), name)), readFileSync(join(at("s1"), name)))).toBe(0);
  expect(readdirSync(at("s2"))).toHaveLength(2);
});
