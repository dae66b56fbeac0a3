import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelledError, NonFiniteError, OptionError } from "../../kernel/errors";
import { open } from "../../kernel/open/open";
import { setHostProvider, type Progress } from "../../kernel/host";
import { measureError } from "../../kernel/measure/error";
import { zstd } from "../../kernel/encode/zstd";
import { linear } from "../../kernel/quantize/linear";
import { meanConstrained } from "../../kernel/quantize/mean-constrained";
import { dequantize, quantize } from "../../kernel/quantize/quantize";
import { sorted } from "../../kernel/quantize/sorted";
import { CompressedModel } from "../../kernel/recipe/compressed-model";
import { compress } from "../../kernel/recipe/compress";
import { displaySymbol } from "../../kernel/static/display";
import { fromArrays } from "../../kernel/tensor/memory";
import type { Model } from "../../kernel/tensor/model";
import type { Tensor } from "../../kernel/tensor/tensor";
import { WorkerPool } from "../../kernel/threads/pool";

/** A small BERT-like model with awkward shapes and values that follow from their place. */
function toy(change: (values: Record<string, Float32Array>) => void = () => undefined): Model {
  const wave = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, i) => 0.1 * Math.sin(1.7 * i + seed) + 0.02 * Math.cos(i * i + seed));
  const shapes: Record<string, number[]> = {
    "embeddings.word_embeddings.weight": [31, 12],
    "embeddings.LayerNorm.weight": [12],
    "encoder.layer.0.attention.self.query.weight": [12, 12],
    "encoder.layer.0.attention.self.query.bias": [12],
    "encoder.layer.0.intermediate.dense.weight": [23, 12],
    "encoder.layer.0.output.dense.weight": [12, 23],
    "encoder.layer.1.attention.self.query.weight": [12, 12],
  };
  const values = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], at) => [
      name,
      wave(
        shape.reduce((a, b) => a * b),
        at,
      ),
    ]),
  );
  change(values);
  return fromArrays(
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape, values: values[name] }])),
    { name: "toy" },
  );
}

const query = "encoder.layer.0.attention.self.query.weight";
const touchedNames = (small: CompressedModel) => small.report.layers.map((layer) => layer.name);

test("touches the weight matrices, leaves norms and biases, and reads as w′", async () => {
  const model = toy();
  const step = linear({ bits: 4, group: 8 });
  const small = await compress(model, step);
  expect(small).toBeInstanceOf(CompressedModel);
  expect(touchedNames(small)).toEqual(model.tensors.filter((t) => t.shape.length === 2).map((t) => t.name));
  expect(small.tensors.map((t) => t.name)).toEqual(model.tensors.map((t) => t.name));
  for (const tensor of model.tensors) {
    const before = await tensor.read();
    const after = await small.tensor(tensor.name).read();
    if (tensor.shape.length === 1) expect(small.tensor(tensor.name)).toBe(tensor);
    else expect(after).toEqual(dequantize(quantize(before, step, { shape: tensor.shape })));
  }
  expect(small.format).toBe("compressed");
  expect(small.parameters).toBe(model.parameters);
});

test.each([
  ["linear asymmetric per channel", linear({ bits: 3, symmetric: false, per: "channel" })],
  ["linear 1-bit", linear({ bits: 1, group: 5 })],
  ["linear 16-bit per tensor", linear({ bits: 16, per: "tensor" })],
  ["linear mse", linear({ bits: 4, range: "mse" })],
  ["a fixed step", linear({ step: 0.013 })],
  ["mean-constrained", meanConstrained({ bits: 2, group: 4 })],
  ["sorted", sorted({ bits: 3 })],
])("%s: the stored form gives w′ back to the bit", async (_name, step) => {
  const model = toy();
  const small = await compress(model, step);
  for (const tensor of model.tensors.filter((one) => one.shape.length === 2)) {
    const expected = quantize(await tensor.read(), step, { shape: tensor.shape });
    const found = small.tensor(tensor.name);
    expect(await found.read()).toEqual(expected.values);
    const variant = small.report.layers.find((layer) => layer.name === tensor.name)?.variants[0];
    expect(variant).toMatchObject({
      ...expected.error,
      sparsity: expected.sparsity,
      entropyBits: expected.entropyBits,
    });
    expect(variant?.steps).toEqual([{ kind: step.kind, label: expected.label, ...expected.error }]);
    expect(found.sizeBytes).toBe(variant?.bytes);
    // Everything stored is counted: codes and tables, and an entry in the header of some dozens of bytes.
    const header = found.sizeBytes - expected.bits / 8;
    expect(header).toBeGreaterThan(40);
    expect(header).toBeLessThan(200);
  }
});

test("bytes by hand: 144 codes of 4 bits, 24 scales of 16 bits, and the entry", async () => {
  const small = await compress(toy(), linear({ bits: 4, group: 8 }), { only: query });
  // 12 rows of 12: two groups in a row.
  const entry = `["${query}",[12,12],[["codes",72],["scale",48]]]`;
  const bytes = 72 + 48 + entry.length;
  expect(small.report.layers).toHaveLength(1);
  expect(small.report.layers[0].variants[0]).toMatchObject({ bytes, bitsPerWeight: (8 * bytes) / 144 });
  const others = small.tensors.filter((t) => t.name !== query).reduce((sum, t) => sum + 4 * t.parameters, 0);
  const [variant] = small.report.variants;
  expect(variant.bytes).toBe(others + bytes);
  expect(small.sizeBytes).toBe(others + bytes);
  expect(variant.bitsPerWeight).toBe((8 * (others + bytes)) / small.parameters);
  expect(variant.touched).toMatchObject({ layers: 1, parameters: 144, bytes, bitsPerWeight: (8 * bytes) / 144 });
});

test("totals: SQNR is over the weights of all touched layers together", async () => {
  const model = toy();
  const small = await compress(model, linear({ bits: 3, per: "channel" }));
  let signal = 0;
  let noise = 0;
  for (const { name } of small.report.layers) {
    const before = await model.tensor(name).read();
    const after = await small.tensor(name).read();
    before.forEach((w, i) => {
      signal += w * w;
      noise += (after[i] - w) ** 2;
    });
  }
  expect(small.report.variants[0].touched.sqnrDb).toBeCloseTo(10 * Math.log10(signal / noise), 10);
});

test("two quantizers: the second acts on w′ of the first, each with its own error", async () => {
  const model = toy();
  const [first, second] = [linear({ bits: 8, group: 4 }), linear({ bits: 3, per: "tensor" })];
  const small = await compress(model, [first, second], { only: query });
  const w = await model.tensor(query).read();
  const middle = quantize(w, first, { shape: [12, 12] });
  const last = quantize(middle.values, second, { shape: [12, 12] });
  expect(await small.tensor(query).read()).toEqual(last.values);
  const variant = small.report.layers[0].variants[0];
  expect(variant?.steps.map(({ meanSquaredError }) => meanSquaredError)).toEqual([
    middle.error.meanSquaredError,
    last.error.meanSquaredError,
  ]);
  expect(variant?.meanSquaredError).toBe(measureError(w, last.values).meanSquaredError);
  expect(variant?.levels).toHaveLength(new Set(last.values).size);
});

test("histograms before and after stand over the same bins", async () => {
  const small = await compress(toy(), linear({ bits: 2 }));
  for (const { histogram, parameters, variants } of small.report.layers) {
    const after = variants[0]?.histogram;
    expect(after).toMatchObject({ minimum: histogram?.minimum, maximum: histogram?.maximum });
    for (const one of [histogram, after])
      expect((one?.counts ?? []).reduce((a, b) => a + b, (one?.below ?? 0) + (one?.above ?? 0))).toBe(parameters);
  }
});

test("the same report, byte for byte, for any number of workers and on every run; frozen, and shown as the report", async () => {
  const runs = [1, 2, 3, 1].map((workers) => compress(toy(), [linear({ bits: 4, group: 8 })], { workers }));
  const [first, ...others] = (await Promise.all(runs)).map(({ report }) => JSON.stringify(report));
  for (const other of others) expect(other).toBe(first);
  const small = await runs[0];
  expect(Object.isFrozen(small.report.layers[0].variants)).toBe(true);
  expect(small[displaySymbol]()).toEqual(small.report[displaySymbol]());
  expect(await small.sha256()).toBe(await (await runs[1]).sha256());
});

test("a compressed model can be compressed again", async () => {
  const once = await compress(toy(), linear({ bits: 8 }));
  const twice = await compress(once, linear({ bits: 4 }));
  const w = await once.tensor(query).read();
  const expected = quantize(w, linear({ bits: 4 }), { shape: [12, 12] });
  expect(await twice.tensor(query).read()).toEqual(expected.values);
});

describe("which layers", () => {
  const names = async (...args: Parameters<typeof compress> extends [Model, ...infer Rest] ? Rest : never) =>
    touchedNames(await compress(toy(), ...args));

  test("only and skip, as glob, RegExp, function or list", async () => {
    const step = linear({ bits: 4 });
    expect(await names(step, { only: "encoder.layer.0.**" })).toEqual([
      query,
      "encoder.layer.0.intermediate.dense.weight",
      "encoder.layer.0.output.dense.weight",
    ]);
    expect(await names(step, { only: /query/ })).toEqual([query, "encoder.layer.1.attention.self.query.weight"]);
    expect(await names(step, { skip: ["embeddings.**", (layer) => layer.shape[0] === 12] })).toEqual([
      "encoder.layer.0.intermediate.dense.weight",
    ]);
  });

  test("a norm or a bias is touched when it is named in full, not by a pattern", async () => {
    const bias = "encoder.layer.0.attention.self.query.bias";
    expect(await names(linear({ bits: 8 }), { only: bias })).toEqual([bias]);
    expect(await names([{ match: bias, steps: linear({ bits: 8 }) }])).toEqual([bias]);
    await expect(names(linear({ bits: 8 }), { only: "**.bias" })).rejects.toThrow(
      /touches none of the 7 tensors of toy/,
    );
  });

  test("a list of { match, steps }: the first that fits, each with its own steps", async () => {
    const small = await compress(toy(), [
      { match: "embeddings.**", steps: linear({ bits: 8 }) },
      { match: ["**.query.weight", /embeddings/], steps: [linear({ bits: 2 })] },
    ]);
    expect(small.report.layers.map((layer) => [layer.name, layer.variants[0]?.scheme])).toEqual([
      ["embeddings.word_embeddings.weight", "linear 8-bit g128"],
      [query, "linear 2-bit g128"],
      ["encoder.layer.1.attention.self.query.weight", "linear 2-bit g128"],
    ]);
    expect(small.recipe).toMatchObject([
      { match: "embeddings.**", steps: [{ kind: "linear", bits: 8 }] },
      { match: ["**.query.weight", "/embeddings/"], steps: [{ kind: "linear", bits: 2 }] },
    ]);
  });
});

describe("mistakes speak", () => {
  const step = linear({ bits: 4 });
  test.each<[string, () => unknown, string | RegExp]>([
    [
      "an unknown option",
      () => compress(toy(), step, { onprogress: 1 } as object),
      'unknown option "onprogress"; did you mean "onProgress"?',
    ],
    ["no steps", () => compress(toy(), []), "the recipe is empty"],
    [
      "an unknown kind",
      () => compress(toy(), { kind: "linaer" } as never),
      'no step is called "linaer"; did you mean "linear"?',
    ],
    ["a factory", () => compress(toy(), linear as never), "linear is a function; call it"],
    ["no step at all", () => compress(toy(), [step, 4] as never), "4 is no step"],
    ["a mixture", () => compress(toy(), [step, { match: "**", steps: step }] as never), "mixes steps and"],
    ["an entry without match", () => compress(toy(), [{ steps: step }] as never), "has no match"],
    ["an entry without steps", () => compress(toy(), [{ match: "**", steps: [] }]), "has no steps"],
    ["a wrong word in an entry", () => compress(toy(), [{ match: "**", step } as never]), /unknown option "step"/],
    ["workers", () => compress(toy(), step, { workers: 0 }), "workers is 0"],
    ["a seed", () => compress(toy(), step, { seed: -1 }), "seed is -1"],
    ["a pattern for nothing", () => compress(toy(), step, { only: "decoder.**" }), "touches none"],
  ])("%s", async (_name, act, message) => {
    const error: unknown = await Promise.resolve(act()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toMatch(message);
  });

  test.each([NaN, Infinity, -Infinity])("%d names the layer and the index, and the pool goes on", async (bad) => {
    const model = toy((values) => (values["encoder.layer.0.output.dense.weight"][275] = bad));
    for (const workers of [1, 2]) {
      const error: unknown = await compress(model, step, { workers }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(NonFiniteError);
      expect(error).toMatchObject({ layer: "encoder.layer.0.output.dense.weight", index: 275, value: bad });
    }
    await compress(model, step, { skip: "**.output.dense.weight" });
  });
});

describe("progress and stopping", () => {
  afterEach(() => setHostProvider(() => ({})));

  test("goes up to the number of weights, by weights, with the layer in hand", async () => {
    const seen: Progress[] = [];
    const small = await compress(toy(), linear({ bits: 4 }), { onProgress: (progress) => seen.push(progress) });
    const total = small.report.variants[0].touched.parameters;
    expect(seen.length).toBeGreaterThanOrEqual(2);
    seen.forEach((one, at) => {
      expect(one).toMatchObject({ task: "compressing", unit: "weights", total });
      expect(one.done).toBeGreaterThanOrEqual(at === 0 ? 0 : seen[at - 1].done);
      expect(touchedNames(small)).toContain(one.item);
    });
    expect(seen[seen.length - 1].done).toBe(total);
  });

  test("is told to the host of the cell when there is no onProgress", async () => {
    const seen: Progress[] = [];
    setHostProvider(() => ({ progress: (progress) => seen.push(progress) }));
    await compress(toy(), linear({ bits: 4 }));
    expect(seen.length).toBeGreaterThanOrEqual(2);
  });

  /** One large layer, and a method that takes seconds on it. */
  const large = () =>
    fromArrays({
      "big.weight": { shape: [1000, 3000], values: Float32Array.from({ length: 3e6 }, (_, i) => Math.sin(i)) },
    });
  const slow = linear({ bits: 4, range: "mse" });

  test.each(["signal", "host"])("stops in the middle of a layer (%s); the pool goes on", async (way) => {
    const stop = new AbortController();
    if (way === "host") setHostProvider(() => ({ signal: stop.signal }));
    const { run } = WorkerPool.prototype;
    const seen: string[] = [];
    const pool = jest.spyOn(WorkerPool.prototype, "run").mockImplementation(function (this: WorkerPool, ...words) {
      seen.push(words[1]);
      // A thread has the layer, on which it works for seconds.
      if (words[1] === "compress") setImmediate(() => stop.abort());
      return run.apply(this, words) as Promise<never>;
    });
    const running = compress(large(), slow, way === "signal" ? { signal: stop.signal } : {});
    await expect(running).rejects.toBeInstanceOf(CancelledError);
    await expect(running).rejects.toThrow("compress() was interrupted");
    expect(seen).toContain("compress");
    pool.mockRestore();
    setHostProvider(() => ({}));
    await compress(toy(), linear({ bits: 4 }));
  });

  test("a signal that has fired starts nothing", async () => {
    await expect(compress(toy(), slow, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
  });
});

test("a model whose read() hands out its own array is not robbed of it", async () => {
  const own = new Float32Array(64).fill(0.25);
  const tensor: Tensor = {
    name: "fc.weight",
    shape: [8, 8],
    dtype: "F32",
    parameters: 64,
    sizeBytes: 256,
    read: () => Promise.resolve(own),
    readBytes: () => Promise.resolve(new Uint8Array(own.buffer)),
  };
  const model: Model = {
    ...toy(),
    tensors: [tensor],
    parameters: 64,
    sizeBytes: 256,
    tensor: () => tensor,
    sha256: () => Promise.resolve(""),
  };
  await compress(model, linear({ bits: 4 }));
  expect(own).toHaveLength(64);
});

describe("save", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test("writes w′ as safetensors that open again", async () => {
    const small = await compress(toy(), linear({ bits: 4, group: 8 }));
    const path = join(folder, "small.safetensors");
    await small.save(path);
    const again = await open(path);
    for (const tensor of small.tensors) expect(await again.tensor(tensor.name).read()).toEqual(await tensor.read());
    await small.save(path, { dtype: "BF16" });
    expect((await open(path)).tensor(query).dtype).toBe("BF16");
  });

  test("says what can be written", async () => {
    const small = await compress(toy(), linear({ bits: 4 }));
    await expect(small.save(join(folder, "small.onnx"))).rejects.toThrow(
      '".onnx" cannot be written; save("model.safetensors")',
    );
    await expect(small.save(join(folder, "small"))).rejects.toBeInstanceOf(OptionError);
    await expect(small.save("x.safetensors", { type: "F16" } as object)).rejects.toThrow('unknown option "type"');
  });
});

test("a lossless coder takes no bytes of a type that cannot be read: complex numbers are not pairs of weights", async () => {
  const folder = mkdtempSync(join(tmpdir(), "codebook-complex-"));
  const header = JSON.stringify({ w: { dtype: "C64", shape: [2, 2], data_offsets: [0, 32] } });
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  writeFileSync(join(folder, "m.safetensors"), Buffer.concat([length, Buffer.from(header), Buffer.alloc(32)]));
  const model = await open(join(folder, "m.safetensors"));
  await expect(compress(model, zstd(), { only: "w" })).rejects.toThrow("w: values of type C64 are not decoded here");
  rmSync(folder, { recursive: true });
});
