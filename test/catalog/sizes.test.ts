/** Sizes that are said are sizes that are paid: each form's row is the file that its call writes, to the byte. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compress,
  fromArrays,
  huffman,
  linear,
  magnitude,
  nf4,
  open,
  saveBitsandbytes,
  saveCompressedTensors,
  saveSafetensors,
  type CompressedModel,
  type Recipe,
  type SizeRow,
} from "../../kernel";
import { sizesOf } from "../../kernel/catalog/sizes";
import { TensorSet } from "../../kernel/tensor/tensor-set";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-sizes-"));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ramp = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i));
const config = { model_type: "own", torch_dtype: "bfloat16" };
const arrays = {
  "h.0.fc.weight": { shape: [4, 64], values: ramp(256) },
  "h.0.conv.weight": { shape: [2, 3, 3, 3], values: ramp(54) },
  "h.0.norm.weight": { shape: [4], values: ramp(4) },
};
const metadata = { "general.architecture": "own" };

async function small(recipe: Parameters<typeof compress>[1], more: object): Promise<CompressedModel> {
  const { tensors, name, format } = fromArrays(arrays);
  const sha256 = () => Promise.resolve("00".repeat(32));
  return compress(new TensorSet({ name, format, tensors, sha256, ...more }), recipe, { workers: 1 });
}

/** Writes what a row says, and gives the size of the files with the weights, headers included. */
async function written(model: CompressedModel, { call }: SizeRow, at: string): Promise<number> {
  const [, method, path, dtype] = /^(\w+)\((?:small, )?"([^"]+)"(?:, \{ dtype: "(\w+)" \})?\)$/.exec(call) ?? [];
  const target = join(folder, `${at}-${path}`) + (path.endsWith("/") ? "/" : "");
  if (method === "save") await model.save(target, dtype === undefined ? {} : { dtype: dtype as "F16" });
  else
    await (method === "saveBitsandbytes" ? saveBitsandbytes : saveCompressedTensors)(model, target, {
      from: model.folder ?? folder,
    });
  if (!path.endsWith("/")) return statSync(target).size;
  const files = readdirSync(target).filter((name) => name.endsWith(".safetensors"));
  return files.reduce((sum, name) => sum + statSync(join(target, name)).size, 0);
}

const onlyFc = (steps: Parameters<typeof compress>[1]) =>
  [{ match: "**.fc.weight", steps }] as Parameters<typeof compress>[1];

test.each([
  ["4 bits", onlyFc(linear({ bits: 4, group: 32 })), "compressed-tensors folder", ["saveBitsandbytes"]],
  ["nf4", onlyFc(nf4()), "bitsandbytes folder", ["saveCompressedTensors"]],
] as const)("%s", async (_, recipe, form, refused) => {
  const model = await small(recipe, { config, metadata, folder });
  const { rows, countedBytes } = await model.sizes();
  expect((await sizesOf(model, {})).rows).toEqual(rows);
  expect(countedBytes).toBe(model.sizeBytes);
  expect(rows.flatMap((row) => (row.refused === undefined ? [] : [row.call.split("(")[0]]))).toEqual(refused);
  expect(rows.find(({ call }) => call === 'save("small/")')?.form).toBe(form);
  const paid = rows.filter((row) => row.refused === undefined);
  expect(paid.length).toBe(7);
  for (const [at, row] of paid.entries())
    expect([row.call, await written(model, row, String(at))]).toEqual([row.call, row.bytes]);
  const file = rows.find(({ call }) => call.includes(".codebook"));
  expect(file?.residentBitsPerWeight).toBeUndefined();
});

type Shapes = Readonly<Record<string, readonly number[]>>;
const block: Shapes = {
  ...Object.fromEntries(["q", "k", "v", "o"].map((name) => [`model.layers.0.self_attn.${name}_proj.weight`, [32, 32]])),
  ...Object.fromEntries(["gate", "up"].map((name) => [`model.layers.0.mlp.${name}_proj.weight`, [64, 32]])),
  "model.layers.0.mlp.down_proj.weight": [32, 64],
  "model.layers.0.input_layernorm.weight": [32],
  "model.layers.0.post_attention_layernorm.weight": [32],
  "model.embed_tokens.weight": [67, 32],
  "model.norm.weight": [32],
};
const llama = {
  ...{ model_type: "llama", hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, num_attention_heads: 2 },
  ...{ max_position_embeddings: 64, rms_norm_eps: 1e-5, vocab_size: 67, tie_word_embeddings: true },
};
/** Models whose headers and paddings differ: what they are, their type, their settings. */
const odd: readonly (readonly [
  what: string,
  shapes: Shapes,
  dtype: "F32" | "F16" | "BF16",
  settings: object | null,
])[] = [
  ["tied heads", block, "F32", llama],
  [
    "BF16, a head of its own",
    { ...block, "lm_head.weight": [67, 32] },
    "BF16",
    { ...llama, tie_word_embeddings: false },
  ],
  [
    "odd shapes",
    { "a.weight": [7, 13], "b.weight": [1, 1], "c.weight": [3, 5, 2, 2], "n.weight": [7], "w.fc.weight": [31, 63] },
    "F32",
    { model_type: "own" },
  ],
  ["one tensor, and no settings", { "fc.weight": [64, 64] }, "F16", null],
  ["empty tensors", { "fc.weight": [32, 32], "none.weight": [0, 32], "none.bias": [0] }, "F32", { model_type: "own" }],
  ["a name of 62 bytes", { [`${"ü".repeat(28)}.weight`]: [32, 32], "norm.weight": [32] }, "F32", { model_type: "own" }],
];
const recipes: Readonly<Record<string, Recipe>> = {
  "int4, Huffman": [linear({ bits: 4, group: 32 }), huffman()],
  "nf4, pruned": [magnitude({ sparsity: 0.5 }), nf4()],
};

/** Every row of every one of them, in the forms that take it; in several files where a folder is cut. */
test.each(odd)(
  "to the byte: %s",
  async (what, shapes, dtype, settings) => {
    const own = join(folder, what);
    mkdirSync(own);
    const tensors = Object.entries(shapes).map(([name, shape]) => [
      name,
      { shape, values: ramp(shape.reduce((product, size) => product * size, 1)) },
    ]);
    await saveSafetensors(fromArrays(Object.fromEntries(tensors) as typeof arrays), join(own, "model.safetensors"), {
      dtype,
    });
    if (settings) writeFileSync(join(own, "config.json"), JSON.stringify(settings));
    const model = await open(own);
    for (const [name, recipe] of Object.entries(recipes)) {
      const made = await compress(model, recipe, { workers: 1 });
      const paid = (await made.sizes()).rows.filter(({ refused }) => refused === undefined);
      expect(paid.length).toBeGreaterThanOrEqual(4);
      for (const [at, row] of paid.entries()) {
        const { parameters } = made.report.model;
        expect([name, row.call, await written(made, row, `${what} ${name} ${at}`)]).toEqual([
          name,
          row.call,
          row.bytes,
        ]);
        expect([row.call, row.bitsPerWeight]).toEqual([row.call, (8 * (row.bytes ?? 0)) / parameters]);
      }
      // The report's bytes are those of the tensors: the file adds its header, and no more than it may.
      const file = paid.find(({ call }) => call.includes(".codebook"))?.bytes ?? 0;
      expect(file).toBeLessThanOrEqual(made.sizeBytes + 65_536 + 100 * made.tensors.length);
    }
  },
  120_000,
);

test("bits that transformers holds are those of the type that config.json names", async () => {
  const recipe = linear({ bits: 4, group: 32 });
  const bits = async (own: object) => {
    const { rows } = await (await small(onlyFc(recipe), { config: own, folder })).sizes();
    return (rows.find(({ call }) => call === 'save("small/")')?.residentBitsPerWeight ?? 0) * (256 + 54 + 4);
  };
  expect([await bits(config), await bits({ model_type: "own" })]).toEqual([256 * 16 + 58 * 32, 314 * 32]);
});

test("a word that it does not know is refused", async () => {
  const model = await small(linear({ bits: 4, group: 32 }), { config });
  await expect(model.sizes({ form: "x" } as object)).rejects.toThrow(/sizes\(\): unknown option "form"/);
});
