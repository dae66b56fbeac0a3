import { weightNorm } from "../../kernel/stored-codes/weight-norm";
import { compress, fromArrays, linear, open, saveSafetensors } from "../../kernel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileTensors } from "../../kernel/stored-codes/file-tensors";
import { fileOf, found, type Stored } from "./files";

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(Math.sin(seed + 3 * i)));

/** g·v/‖v‖ by the formula, in double precision; the norm is over all but `axis`. */
function expected(v: readonly number[], g: readonly number[], shape: readonly number[], axis: number): number[] {
  const stride = axis < 0 ? v.length : shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const at = (i: number): number => (axis < 0 ? 0 : Math.floor(i / stride) % shape[axis]);
  const squares = g.map((_, own) => v.reduce((sum, value, i) => sum + (at(i) === own ? value * value : 0), 0));
  return v.map((value, i) => (value * g[at(i)]) / Math.sqrt(squares[at(i)]));
}

const shape = [4, 3, 5];
const v = numbers(60, 1);

test.each([
  [0, [4, 1, 1]],
  [1, [1, 3, 1]],
  [2, [1, 1, 5]],
  [-1, []],
  [-1, [1, 1, 1]],
] as const)("sizes along axis %i, of the shape %j", async (axis, sizes) => {
  const g = numbers(axis < 0 ? 1 : shape[axis], 7);
  const [weight] = await found(weightNorm, {
    "conv.weight_g": ["F32", sizes, g],
    "conv.weight_v": ["F32", shape, v],
    "conv.bias": ["F32", [4], numbers(4, 2)],
  });
  expect(weight).toMatchObject({ name: "conv.weight", shape, scheme: "torch weight norm" });
  expect(weight.stored.map(({ name }) => name)).toEqual(["conv.weight_v", "conv.weight_g"]);
  const values = await weight.read();
  expected(v, g, shape, axis).forEach((value, i) => expect(Math.abs(values[i] - value)).toBeLessThan(1e-6));
  expect([...(await weight.readRows(1, 3))]).toEqual([...values.subarray(15, 45)]);
});

test("the names of parametrizations are the weight's own", async () => {
  const parts: Record<string, Stored> = {
    "a.parametrizations.weight.original0": ["F32", [4, 1, 1], numbers(4, 7)],
    "a.parametrizations.weight.original1": ["F32", shape, v],
  };
  expect((await found(weightNorm, parts)).map(({ name }) => name)).toEqual(["a.weight"]);
});

test("what only looks like it stays: other shapes, spectral norm, a weight that is there, a model with a config", async () => {
  const pair = (sizes: readonly number[], more: Record<string, Stored> = {}): Record<string, Stored> => ({
    weight_g: [
      "F32",
      sizes,
      numbers(
        sizes.reduce((a, b) => a * b, 1),
        7,
      ),
    ],
    weight_v: ["F32", shape, v],
    ...more,
  });
  expect(await found(weightNorm, pair([4]))).toEqual([]);
  expect(await found(weightNorm, pair([4, 3, 1]))).toEqual([]);
  expect(await found(weightNorm, pair([4, 1, 1], { weight: ["F32", [1], [1]] }))).toEqual([]);
  expect(
    await found(weightNorm, { weight_v: ["F32", [4], [1, 2, 3, 4]], weight_u: ["F32", [4], [1, 2, 3, 4]] }),
  ).toEqual([]);
  const { tensors } = fileOf(pair([4, 1, 1]));
  const settings = { file: "m", quantization: undefined, metadata: {}, signal: undefined };
  expect(weightNorm.find(new FileTensors(tensors, { ...settings, config: { model_type: "wav2vec2" } }))).toEqual([]);
  expect(weightNorm.find(new FileTensors(tensors, { ...settings, config: {} }))).toHaveLength(1);
});

test("a lone file opens to its weights, which are not quantized before; raw shows both parts", async () => {
  const folder = mkdtempSync(join(tmpdir(), "codebook-norm-"));
  const path = join(folder, "m.safetensors");
  const { tensors } = fromArrays({
    "proj.weight_g": { shape: [4, 1], values: Float32Array.of(1, 2, 3, 4) },
    "proj.weight_v": { shape: [4, 8], values: Float32Array.from(numbers(32, 3)) },
  });
  await saveSafetensors({ tensors }, path);
  const model = await open(path);
  expect(model.tensors.map(({ name, role }) => [name, role])).toEqual([["proj.weight", "linear"]]);
  const { report } = await compress(model, linear({ bits: 4 }));
  expect(report.layers.map(({ name, requantized }) => [name, requantized])).toEqual([["proj.weight", undefined]]);
  const raw = await open(path, { raw: true });
  expect(raw.tensors.map(({ name }) => name).sort()).toEqual(["proj.weight_g", "proj.weight_v"]);
  rmSync(folder, { recursive: true });
});
