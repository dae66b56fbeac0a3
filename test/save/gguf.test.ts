/** A compressed model as one GGUF file: the order of its tensors and keys, and the number that tells its type. llama.cpp's own files are
 *  compared with in test/llama-cpp/quantized.test.ts. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, fromArrays, ggml, linear, open, OptionError, rans, type Model, type Recipe } from "../../kernel";
import { saveGguf } from "../../kernel/save/gguf";
import type { SaveOptions } from "../../kernel/save/saved-model";
import { gaussianWeights } from "../blocks/weights";

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
const keysOf = ({ metadata }: Model) => Object.entries(metadata).filter(([key]) => /file_type|version/.test(key));

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
    expect(Object.entries(metadata).slice(-2)).toEqual([
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

test("a model without an architecture is refused", async () => {
  const bare = await compress(
    fromArrays({ w: { shape: [1, 32], values: new Float32Array(32) } }),
    ggml({ type: "Q8_0" }),
  );
  await expect(bare.save(at("bare.gguf"))).rejects.toThrow(OptionError);
});
