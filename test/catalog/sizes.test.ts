/** Sizes that are said are sizes that are paid: each form's row is the file that its call writes, to the byte. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compress,
  fromArrays,
  linear,
  nf4,
  saveBitsandbytes,
  saveCompressedTensors,
  type CompressedModel,
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

/** Writes what a row says, and gives the size of the file with the weights. */
async function written(model: CompressedModel, { call }: SizeRow, at: number): Promise<number> {
  const [, method, path, dtype] = /^(\w+)\((?:small, )?"([^"]+)"(?:, \{ dtype: "(\w+)" \})?\)$/.exec(call) ?? [];
  const target = join(folder, `${at}-${path}`) + (path.endsWith("/") ? "/" : "");
  if (method === "save") await model.save(target, dtype === undefined ? {} : { dtype: dtype as "F16" });
  else
    await (method === "saveBitsandbytes" ? saveBitsandbytes : saveCompressedTensors)(model, target, { from: folder });
  return statSync(path.endsWith("/") ? join(target, "model.safetensors") : target).size;
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
    expect([row.call, await written(model, row, at)]).toEqual([row.call, row.bytes]);
  const file = rows.find(({ call }) => call.includes(".codebook"));
  expect(file?.residentBitsPerWeight).toBeUndefined();
});

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
