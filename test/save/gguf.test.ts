/** A compressed model as one GGUF file: the order of its tensors and keys, and the number that tells its type. llama.cpp's own files are
 *  compared with in test/llama-cpp/quantized.test.ts. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  fromArrays,
  ggml,
  linear,
  magnitude,
  open,
  rans,
  saveSafetensors,
  type Model,
  type Recipe,
} from "../../kernel";
import { ggufTypesOf } from "../../kernel/formats/gguf/metadata";
import { saveGguf } from "../../kernel/save/gguf";
import type { SaveOptions } from "../../kernel/save/saved-model";
import { gaussianWeights } from "../blocks/weights";
import { zipOf } from "../hostile/fuzz/mutate";

const torch = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/arrays.json"), "utf8"),
) as Readonly<Record<string, { readonly file: string }>>;

let folder: string;
let model: Model;
const at = (name: string) => join(folder, name);
const architecture = { "general.architecture": "llama" };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "codebook-gguf-"));
  const matrix = (rows: number, seed: number) => ({ shape: [rows, 256], values: gaussianWeights(rows * 256, seed) });
  const tensors = {
    "blk.10.ffn_up.weight": matrix(2, 1),
    "blk.2.ffn_up.weight": matrix(6, 2),
    "blk.2.attn_q.weight": matrix(2, 3),
    "token_embd.weight": matrix(2, 4),
    "output_norm.weight": { shape: [256], values: gaussianWeights(256, 5) },
  };
  const metadata = { ...architecture, "general.file_type": 0, "llama.block_count": 11 };
  await saveGguf(fromArrays(tensors), at("source.gguf"), { metadata });
  model = await open(at("source.gguf"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function saved(recipe: Recipe, options: SaveOptions = {}): Promise<Model> {
  const small = await compress(model, recipe, { workers: 1 });
  const { bytes, form } = await small.save(at("small.gguf"), { provenance: false, ...options });
  const again = await open(at("small.gguf"));
  expect([bytes, form]).toEqual([statSync(at("small.gguf")).size, "GGUF file"]);
  return again;
}
const typesOf = ({ tensors }: Model) => Object.fromEntries(tensors.map(({ name, dtype }) => [name, dtype]));
const keysOf = ({ metadata }: Model) =>
  Object.entries(metadata).filter(([key]) => /^general\..*(file_type|version)/.test(key));

test("blocks lie in the order of the layers, by name, what is in no layer first; others as they were", async () => {
  const names = ({ tensors }: Model) => tensors.map(({ name }) => name);
  expect(names(await saved(ggml({ type: "Q8_0" })))).toEqual([
    "output_norm.weight",
    "token_embd.weight",
    "blk.2.attn_q.weight",
    "blk.2.ffn_up.weight",
    "blk.10.ffn_up.weight",
  ]);
  expect(names(await saved(linear({ bits: 4, group: 64 })))).toEqual(names(model));
});

test("what the file was made by stands behind all other keys, unless it is not wanted", async () => {
  const { metadata } = await saved(ggml({ type: "Q8_0" }), { provenance: true });
  const keys = Object.keys(metadata);
  expect(keys.slice(-5)).toEqual(
    ["version", "recipe", "seed", "source_name", "source_sha256"].map((key) => `codebook.${key}`),
  );
  expect(JSON.parse(String(metadata["codebook.recipe"]))).toMatchObject([{ kind: "ggml", type: "Q8_0" }]);
  const without = (await saved(ggml({ type: "Q8_0" }))).metadata;
  expect(Object.keys(without)).toEqual(keys.slice(0, -5));
});

describe("the number that tells a file's type", () => {
  test.each<[string, Recipe, number]>([
    ["one type", ggml({ type: "Q5_0" }), 8],
    ["one type, coded behind", [ggml({ type: "Q8_0" }), rans()], 7],
    ["a mixture, which has one of its own", ggml({ mix: "Q4_K_M" }), 15],
    ["another mixture", ggml({ mix: "Q3_K_L" }), 13],
    [
      "two types: that of most weights",
      [
        { match: "**ffn_up**", steps: ggml({ type: "Q4_0" }) },
        { match: "**", steps: ggml({ type: "Q8_0" }) },
      ],
      2,
    ],
  ])("%s; the keys stand behind all others", async (_, recipe, number) => {
    const { metadata } = await saved(recipe);
    expect(
      Object.entries(metadata)
        .filter(([key]) => !key.startsWith("codebook."))
        .slice(-2),
    ).toEqual([
      ["general.quantization_version", 2],
      ["general.file_type", number],
    ]);
    expect(metadata).toMatchObject({ ...architecture, "llama.block_count": 11 });
  });

  test("stays in its place where no blocks were made, and follows the floats", async () => {
    expect(keysOf(await saved(linear({ bits: 4, group: 64 })))).toEqual([["general.file_type", 0]]);
    const half = await saved(ggml({ type: "Q8_0" }), { dtype: "F16" });
    expect([keysOf(half), new Set(Object.values(typesOf(half)))]).toEqual([
      [["general.file_type", 1]],
      new Set(["F16"]),
    ]);
  });

  test("is not added where the model has none and no block was made", async () => {
    await saveGguf(model, at("untold.gguf"), { metadata: { "general.file_type": undefined } });
    const untold = await open(at("untold.gguf"));
    await (
      await compress(untold, linear({ bits: 4, group: 64 }))
    ).save(at("small.gguf"), { dtype: "F16", provenance: false });
    expect(keysOf(await open(at("small.gguf")))).toEqual([]);
    await (await compress(untold, ggml({ type: "Q8_0" }))).save(at("small.gguf"), { provenance: false });
    expect(keysOf(await open(at("small.gguf"))).map(([key]) => key)).toEqual([
      "general.quantization_version",
      "general.file_type",
    ]);
  });
});

test("values are those of the compressed model, blocks as well as floats", async () => {
  for (const recipe of [ggml({ type: "Q4_K" }), linear({ bits: 4, group: 64 })]) {
    const small = await compress(model, recipe);
    const again = await saved(recipe);
    for (const { name } of model.tensors)
      expect(await again.tensor(name).read()).toEqual(await small.tensor(name).read());
  }
});

describe("a model of any kind", () => {
  const weights = fromArrays({ "fc.weight": { shape: [4, 256], values: gaussianWeights(1024, 6) } });

  test("without an architecture: written, with the word that an engine needs one", async () => {
    const small = await compress(weights, ggml({ type: "Q8_0" }), { workers: 1 });
    const plain = await small.save(at("plain.gguf"));
    expect([plain.engine, plain.notes]).toEqual([
      "readers of GGUF",
      [expect.stringContaining("the file names no general.architecture")],
    ]);
    expect((await open(at("plain.gguf"))).tensor("fc.weight").dtype).toBe("Q8_0");
    const metadata = { "own.block_count": 1, "own.rope.freq_base": 10_000, "general.file_type": 99 };
    const named = await small.save(at("named.gguf"), { architecture: "own", metadata });
    expect([named.engine, named.notes]).toEqual(["llama.cpp", undefined]);
    const saved = await open(at("named.gguf"));
    expect(saved.metadata).toMatchObject({ "general.architecture": "own", ...metadata });
    expect(ggufTypesOf(saved.metadata)?.get("own.rope.freq_base")?.type).toBe(6);
  });

  test.each(["weights.npz", "weights.safetensors", "weights.pt"])("of %s", async (name) => {
    if (name.endsWith(".npz")) writeFileSync(at(name), npzOf("fc.weight", [4, 256], gaussianWeights(1024, 6)));
    else if (name.endsWith(".pt")) writeFileSync(at(name), Buffer.from(torch["torch state dict"].file, "base64"));
    else await saveSafetensors(weights, at(name));
    const source = await open(at(name));
    const floats = source.tensors.filter(
      ({ dtype, shape, parameters }) => dtype === "F32" && shape.length === 2 && parameters > 1,
    );
    const small = await compress(source, linear({ bits: 8 }), {
      only: floats.map((one) => one.name),
      workers: 1,
    });
    await small.save(at("any.gguf"), { architecture: "own" });
    const saved = await open(at("any.gguf"));
    expect(saved.metadata["general.architecture"]).toBe("own");
    expect(saved.tensors.map((one) => one.name)).toEqual(source.tensors.map((one) => one.name));
    for (const { name: own } of floats) expect(await saved.tensor(own).read()).toEqual(await small.tensor(own).read());
    for (const tensor of source.tensors.filter((one) => !floats.includes(one)))
      expect(Buffer.compare(await saved.tensor(tensor.name).readBytes(), await tensor.readBytes())).toBe(0);
  });

  test("types that GGUF has none for are refused by name, and written as floats where that is asked", async () => {
    writeFileSync(at("types.pt"), Buffer.from(torch["torch protocol 4"].file, "base64"));
    const small = await compress(await open(at("types.pt")), linear({ bits: 8 }), { only: "whole", workers: 1 });
    await expect(small.save(at("types.gguf"))).rejects.toThrow(/GGUF has no type BOOL \(flag\)/);
    await small.save(at("types.gguf"), { dtype: "F32" });
    expect((await open(at("types.gguf"))).tensor("flag").dtype).toBe("F32");
  });

  test("of one layer that was pruned the others keep their blocks, and all keys stay", async () => {
    const blocks = await compress(model, ggml({ type: "Q5_1" }), { workers: 1 });
    await blocks.save(at("blocks.gguf"), { metadata: { "general.file_type": 8 }, provenance: false });
    const source = await open(at("blocks.gguf"));
    const pruned = await compress(source, magnitude({ sparsity: 0.5 }), { only: "blk.2.attn_q.weight", workers: 1 });
    const { layers, notes } = await pruned.save(at("pruned.gguf"), { provenance: false });
    expect(notes).toBeUndefined();
    const saved = await open(at("pruned.gguf"));
    const own = ({ metadata }: Model) => Object.entries(metadata).filter(([key]) => !key.startsWith("codebook."));
    expect(own(saved)).toEqual(own(source));
    for (const [i, tensor] of source.tensors.entries()) {
      const isPruned = tensor.name === "blk.2.attn_q.weight";
      const written = saved.tensors[i];
      expect([written.name, written.dtype]).toEqual([tensor.name, isPruned ? "F32" : tensor.dtype]);
      expect(Buffer.compare(await written.readBytes(), await tensor.readBytes()) === 0).toBe(!isPruned);
      expect(layers[i].held).toBe(isPruned ? "plain" : "as it was");
    }
  });

  test("keys of the model that change are told; those that cannot be are refused", async () => {
    const small = await compress(model, ggml({ type: "Q8_0" }), { workers: 1 });
    const { notes } = await small.save(at("told.gguf"), { metadata: { "llama.block_count": 12 } });
    expect(notes).toEqual(["llama.block_count was 11 and is 12"]);
    for (const [options, reason] of [
      [{ architecture: "own" }, "the model's own metadata says"],
      [{ metadata: { "split.no": 1 } }, "in several files"],
      [{ metadata: { "llama.block_count": "12" } }, "a text"],
    ] as const)
      await expect(small.save(at("told.gguf"), options)).rejects.toThrow(reason);
    await expect(small.save(at("told.safetensors"), { architecture: "own" })).rejects.toThrow("goes with a GGUF file");
  });
});

/** An .npz of one array. */
function npzOf(name: string, shape: readonly number[], values: Float32Array): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = Buffer.from(`${text.padEnd(117)}\n`);
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const begin = Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), Buffer.from([header.length, 0])]);
  return zipOf([
    { name: `${name}.npy`, bytes: new Uint8Array(Buffer.concat([begin, header, data])), isDeflated: false },
  ]);
}
