import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  fp8,
  fromArrays,
  huffman,
  int,
  linear,
  magnitude,
  mxfp4,
  mxfp8,
  nvfp4,
  open,
  sorted,
} from "../../kernel";
import { saveCompressedTensors } from "../../kernel/save/compressed-tensors";
import type { Recipe } from "../../kernel";
import type { SaveCompressedTensorsOptions } from "../../kernel/save/compressed-tensors";
import { decodeBfloat16, encodeBfloat16 } from "../../kernel/bytes/half-float";
import { Random } from "../../kernel/bytes/random";
import { hasModules, itWith, referencePython } from "../references";

const fixtures = resolve(__dirname, "../../../test/fixtures/recipe");
const file = join(fixtures, "compressed-tensors.json");

/** Three matrices with an outlier, a zero row and a constant row, a bias and a norm. */
function toy(columns = 96): ReturnType<typeof fromArrays> {
  const random = new Random(20260105);
  const matrix = (rows: number): { shape: number[]; values: Float32Array } => {
    const values = Float32Array.from({ length: rows * columns }, () => random.normal());
    values.fill(0, 0, columns);
    values.fill(0.75, columns, 2 * columns);
    values[2 * columns + 5] = 60;
    return { shape: [rows, columns], values };
  };
  return fromArrays({
    "a.query.weight": matrix(37),
    "a.query.bias": { shape: [37], values: new Float32Array(37).fill(0.5) },
    "a.dense.weight": matrix(64),
    // (Of 8 rows or fewer, compressed-tensors 0.20.0 itself cannot unpack 4-bit zero points: a view of a stride it does not expect.)
    "b.weight": matrix(9),
    "norm.weight": { shape: [96], values: new Float32Array(96).fill(1) },
  });
}

const cases: Record<string, [recipe: Recipe, options?: SaveCompressedTensorsOptions]> = {
  "linear 4-bit g32": [linear({ bits: 4, group: 32 })],
  "linear 4-bit asymmetric g32": [linear({ bits: 4, group: 32, symmetric: false })],
  "linear 8-bit channel": [linear({ bits: 8, per: "channel" })],
  "linear 8-bit asymmetric channel": [linear({ bits: 8, per: "channel", symmetric: false })],
  "linear 4-bit asymmetric tensor": [linear({ bits: 4, per: "tensor", symmetric: false })],
  "linear 3-bit g48": [linear({ bits: 3, group: 48 })],
  "linear 5-bit asymmetric g96": [linear({ bits: 5, group: 96, symmetric: false })],
  "linear 1-bit g32": [linear({ bits: 1, group: 32 })],
  "linear 1-bit asymmetric channel": [linear({ bits: 1, per: "channel", symmetric: false })],
  "linear 8-bit channel, dynamic": [linear({ bits: 8, per: "channel" }), { activations: "dynamic" }],
  "linear 8-bit asymmetric g32, dynamic": [
    linear({ bits: 8, group: 32, symmetric: false }),
    { activations: "dynamic" },
  ],
  "int 4-bit g32": [int({ bits: 4, group: 32 })],
  "int 4-bit asymmetric g32": [int({ bits: 4, group: 32, symmetric: false })],
  "int 8-bit channel, dynamic": [int({ bits: 8 }), { activations: "dynamic" }],
  "fp8 tensor": [fp8({ per: "tensor" })],
  "fp8 channel, dynamic": [fp8({ per: "channel" }), { activations: "dynamic" }],
  "fp8 blocks of 16": [fp8({ block: [16, 16] })],
  "fp8 g32": [fp8({ group: 32 })],
  nvfp4: [nvfp4()],
  mxfp4: [mxfp4()],
  mxfp8: [mxfp8()],
  "pruned, 4-bit asymmetric, huffman": [
    [magnitude({ sparsity: 0.6 }), linear({ bits: 4, group: 32, symmetric: false }), huffman()],
  ],
  "mixed precision": [
    [
      { match: "a.query.weight", steps: linear({ bits: 8, per: "channel" }) },
      { match: "a.dense.weight", steps: fp8() },
      { match: "b.weight", steps: linear({ bits: 4, group: 32 }) },
    ],
  ],
};

interface Case {
  /** SHA-256 of model.safetensors and config.json, and of the values that compressed-tensors decompresses it to. */
  readonly model: string;
  readonly config: string;
  readonly values: Readonly<Record<string, string>>;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), "codebook-"))));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const folderOf = (name: string): string => join(root, name.replace(/\W+/g, "-"));

/** Writes a case and gives the hashes of its files and of our w′ (rounded to bfloat16 where the library does so). */
async function write(name: string): Promise<Case> {
  const [recipe, options] = cases[name];
  const small = await compress(toy(), recipe, { workers: 1 });
  const folder = folderOf(name);
  // Without a word of where it comes from the file is the library's own.
  await saveCompressedTensors(small, folder, { ...options, provenance: false });
  const values: Record<string, string> = {};
  for (const tensor of small.tensors) {
    if (tensor.shape.length !== 2) continue;
    const read = await tensor.read();
    const rounds = bfloat16Formats.has(name);
    const seen = rounds ? read.map((value) => decodeBfloat16(encodeBfloat16(value))) : read;
    values[tensor.name] = sha256(new Uint8Array(seen.buffer));
  }
  const hash = (entry: string): string => sha256(readFileSync(join(folder, entry)));
  return { model: hash("model.safetensors"), config: hash("config.json"), values };
}

/** compressed-tensors decompresses these to bfloat16, whatever the scales are. */
const bfloat16Formats = new Set(["nvfp4", "mxfp4", "mxfp8"]);

const hasLibrary = hasModules("compressed_tensors", "safetensors.torch");

describe("compressed-tensors decompresses to our values, bit for bit", () => {
  const recorded: Record<string, Case> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};

  it.each(Object.keys(cases))("recorded: %s", async (name) => {
    const written = await write(name);
    if (process.env.CODEBOOK_UPDATE_FIXTURES) return;
    // The file is the one that the library was given, and our values are those that it gave.
    expect(written).toEqual(recorded[name]);
  });

  itWith(hasLibrary)(
    "live: the library itself, on every case",
    () => {
      const names = Object.keys(cases);
      const run = spawnSync(referencePython, [join(fixtures, "decompress.py"), ...names.map(folderOf)], {
        encoding: "utf8",
      });
      if (run.status !== 0) throw new Error(run.stderr);
      const seen: Record<string, Record<string, string>> = JSON.parse(run.stdout);
      const results: Record<string, Case> = {};
      for (const name of names) {
        const folder = folderOf(name);
        const hash = (entry: string): string => sha256(readFileSync(join(folder, entry)));
        results[name] = { model: hash("model.safetensors"), config: hash("config.json"), values: seen[folder] };
      }
      if (process.env.CODEBOOK_UPDATE_FIXTURES) writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
      else expect(results).toEqual(recorded);
    },
    180_000,
  );
});

describe("the folder", () => {
  it("holds the packed weights at their size, what was left alone, and the original's config and tokenizer", async () => {
    const original = join(root, "original");
    mkdirSync(original);
    writeFileSync(join(original, "config.json"), '{"model_type":"toy","hidden_size":96}');
    for (const name of [
      "tokenizer.json",
      "vocab.txt",
      "model.safetensors.index.json",
      "model.safetensors",
      "pytorch_model.bin",
    ])
      writeFileSync(join(original, name), "{}");
    const small = await compress(toy(), linear({ bits: 4, group: 32 }), { skip: "b.*" });
    const folder = `${join(root, "new", "small")}/`;
    await small.save(folder, { from: original });
    expect(readdirSync(folder).sort()).toEqual([
      "README.md",
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "vocab.txt",
    ]);
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    expect(config).toMatchObject({ model_type: "toy", hidden_size: 96 });
    expect(config.quantization_config).toMatchObject({
      quant_method: "compressed-tensors",
      format: "pack-quantized",
      config_groups: {
        group_0: { targets: ["a.query", "a.dense"], weights: { num_bits: 4, group_size: 32, strategy: "group" } },
      },
    });
    const saved = await open(folder, { raw: true });
    const described = Object.fromEntries(
      saved.tensors.map(({ name, dtype, shape }) => [name, `${dtype} ${shape.join("×")}`]),
    );
    expect(described).toEqual({
      "a.query.weight_packed": "I32 37×12",
      "a.query.weight_scale": "F32 37×3",
      "a.query.weight_shape": "I64 2",
      "a.query.bias": "F32 37",
      "a.dense.weight_packed": "I32 64×12",
      "a.dense.weight_scale": "F32 64×3",
      "a.dense.weight_shape": "I64 2",
      "b.weight": "F32 9×96",
      "norm.weight": "F32 96",
    });
    expect([...(await saved.tensor("a.query.weight_shape").read())]).toEqual([37, 96]);
  });

  it("packs by hand: 3 bits, least significant first, across words", async () => {
    const values = Float32Array.from({ length: 11 }, (_, i) => [3, -3, 1, 0, 2, -1, -2, 3, 0, 1, -3][i]);
    const model = fromArrays({ "l.weight": { shape: [1, 11], values } });
    const small = await compress(model, linear({ bits: 3, per: "tensor" }));
    await small.save(`${join(root, "hand")}/`);
    const saved = await open(join(root, "hand"), { raw: true });
    const bytes = await saved.tensor("l.weight_packed").readBytes();
    let expected = 0n;
    values.forEach((value, i) => (expected |= BigInt(value + 4) << BigInt(3 * i)));
    expect(Buffer.from(bytes).readBigUInt64LE()).toBe(expected);
  });

  const refused: [string, Recipe, SaveCompressedTensorsOptions, RegExp][] = [
    [
      "sorted",
      sorted({ bits: 4 }),
      {},
      /a.query.weight is plain, because it is quantized by sorted, which compressed-tensors does not know/,
    ],
    ["pruning alone", magnitude({ sparsity: 0.5 }), {}, /no codes/],
    ["a fixed step", linear({ step: 0.01 }), {}, /fixed step/],
    ["16 bits", linear({ bits: 16 }), {}, /16 bits/],
    [
      "a group that does not divide",
      linear({ bits: 4, group: 64 }),
      {},
      /rows of 96, which groups of 64 do not divide/,
    ],
    ["E5M2", fp8({ format: "E5M2" }), {}, /E5M2/],
    ["4 bits with dynamic activations", linear({ bits: 4, group: 32 }), { activations: "dynamic" }, /has 4 bits/],
    ["nvfp4 with dynamic activations", nvfp4(), { activations: "dynamic" }, /goes with 8-bit/],
    ["a missing original", linear({ bits: 4, group: 32 }), { from: "/nowhere" }, /no such file/],
  ];
  it.each(refused)("refuses %s", async (_, recipe, options, says) => {
    const folder = join(root, "refused");
    const small = await compress(toy(), recipe);
    await expect(saveCompressedTensors(small, folder, options)).rejects.toThrow(says);
    expect(existsSync(folder)).toBe(false);
  });

  it("refuses wrong words and models that are not compressed", async () => {
    const small = await compress(toy(), linear({ bits: 4, group: 32 }));
    await expect(saveCompressedTensors(toy(), join(root, "x"))).rejects.toThrow(
      /no tensor of this model is compressed/,
    );
    await expect(saveCompressedTensors(small, join(root, "x"), { form: "y" } as object)).rejects.toThrow(
      /did you mean "from"/,
    );
    await expect(small.save(`${root}/x/`, { dtype: "F16" })).rejects.toThrow(/a folder holds the weights packed/);
    await expect(small.save(join(root, "x.safetensors"), { from: root })).rejects.toThrow(/from goes with a folder/);
  });
});
