import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, magnitude, open, saveSafetensors } from "../../kernel";
import { fp8 } from "../../kernel/stored-codes/fp8";
import { corpus, decodesByRows, headers, weightsOf } from "./weights";

const scratch = mkdtempSync(join(tmpdir(), "codebook-fp8-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test.each(["fp8-block-ragged-576", "fp8-block-stacked", "fp8-fbgemm-llama4-experts", "fp8-tensor-static"])(
  "%s decodes by rows as at once",
  async (name) => {
    for (const weight of await weightsOf(fp8, name)) expect(await decodesByRows(weight)).toBe(true);
  },
);

test("pruning an FP8 checkpoint prunes its weights: half of what it decodes to, and no scale", async () => {
  const folder = join(corpus, "fp8-block");
  const model = await open(folder);
  const name = "model.layers.0.mlp.up_proj.weight";
  const before = await model.tensor(name).read();
  const small = await compress(model, magnitude({ sparsity: 0.5, scope: "global" }));
  expect(small.report.layers.map((layer) => [layer.name, layer.variants[0]?.sparsity])).toEqual([[name, 0.5]]);
  await saveSafetensors(small, join(scratch, "pruned.safetensors"), { dtype: "F32" });
  const saved = await open(join(scratch, "pruned.safetensors"));
  expect(saved.tensors.map((tensor) => tensor.name)).toEqual(model.tensors.map((tensor) => tensor.name));
  const after = await saved.tensor(name).read();
  const least = Float32Array.from(before, Math.abs).sort()[before.length / 2];
  expect(after.filter((value) => value === 0)).toHaveLength(before.length / 2);
  expect(after.every((value, i) => value === 0 || value === before[i])).toBe(true);
  expect(before.every((value, i) => after[i] !== 0 || Math.abs(value) <= least)).toBe(true);
});

test("raw shows the file's own tensors", async () => {
  const raw = await open(join(corpus, "fp8-block"), { raw: true });
  expect(raw.tensors.map(({ name, dtype }) => [name.split(".").pop(), dtype])).toEqual(
    expect.arrayContaining([
      ["weight", "F8_E4M3"],
      ["weight_scale_inv", "F32"],
    ]),
  );
  expect(raw.config?.quantization_config).toMatchObject({ quant_method: "fp8" });
});

test("scales that fit no block are an error with both shapes", () => {
  const file = (...shape: number[]) =>
    headers(
      { "a.weight": ["F8_E4M3", 600, 300], "a.weight_scale_inv": ["F32", ...shape] },
      { quantization: { quant_method: "fp8", weight_block_size: [128, 128] } },
    );
  expect(fp8.find(file(5, 3))).toHaveLength(1);
  expect(() => fp8.find(file(5, 2))).toThrow(
    '"a.weight_scale_inv" is F32 [5, 2] beside a weight [600, 300]; expected one scale for all, one a matrix, one a row, or one a block of 128×128',
  );
});

test("integers for scales are an error; floats without a scale are themselves where nothing says FP8", () => {
  expect(() => fp8.find(headers({ "a.weight": ["F8_E4M3", 4, 4], "a.weight_scale": ["I32", 4, 1] }))).toThrow("is I32");
  expect(fp8.find(headers({ "a.weight": ["F8_E4M3", 4, 4], "b.weight": ["F32", 4, 4] }))).toEqual([]);
  expect(() =>
    fp8.find(headers({ "a.weight": ["F8_E5M2", 4, 4] }, { quantization: { quantization: { quant_algo: "FP8" } } })),
  ).toThrow("there is no scale");
});

test("names say how the scales lie", async () => {
  const schemes = async (name: string) => (await weightsOf(fp8, name)).map(({ scheme }) => scheme);
  expect(await schemes("fp8-block")).toEqual(["FP8 E4M3 in blocks of 16×16"]);
  expect(await schemes("fp8-e5m2-tensor")).toEqual(["FP8 E5M2 per tensor"]);
  expect((await schemes("fp8-fbgemm-llama4-experts")).sort()).toEqual(["FP8 E4M3 per column", "FP8 E4M3 per row"]);
  expect(await schemes("mxfp8-transformers")).toEqual(["MXFP8 E4M3"]);
});
