/** The same network as torch and as Keras keep it: one report, the same weights, whatever is done to it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  edges,
  fromArrays,
  ggml,
  linear,
  lowRank,
  magnitude,
  nodes,
  merge,
  rans,
  type Model,
  type Recipe,
  type Report,
} from "../../kernel";
import type { RecipeStep } from "../../kernel/layer/step";
import type { Axes } from "../../kernel/tensor/role";
import { bytesOf, ownValues, torchValues, turnedByIndex, type Lying } from "../tensor/layouts";

const torch = (matrix: number[]): Lying => ({
  ...{ shape: matrix, axes: { output: [0], input: [1], stacked: [] }, matrix, matrices: 1 },
  order: matrix.map((_, axis) => axis),
});
const convolution = (matrix: number[]): Lying => ({
  ...{ shape: [matrix[2], matrix[3], matrix[1], matrix[0]], axes: { output: [3], input: [2], stacked: [] } },
  ...{ matrix, matrices: 1, order: [3, 2, 0, 1] },
});
const dense = (matrix: number[]): Lying => ({
  ...{ shape: [matrix[1], matrix[0]], axes: { output: [1], input: [0], stacked: [] } },
  ...{ matrix, matrices: 1, order: [1, 0] },
});
const sizes: Readonly<Record<string, number[]>> = {
  "conv1.weight": [16, 4, 3, 3],
  "conv2.weight": [24, 16, 3, 3],
  "conv3.weight": [32, 24, 1, 1],
};
function network(kind: (matrix: number[], name: string) => Lying): { model: Model; lying: Record<string, Lying> } {
  const lying = Object.fromEntries(Object.entries(sizes).map(([name, matrix]) => [name, kind(matrix, name)]));
  const arrays = Object.fromEntries(
    Object.entries(lying).map(([name, one], at) => [
      name,
      { shape: one.shape, axes: one.axes, values: ownValues(one, torchValues(one, at + 1)) },
    ]),
  );
  const biases = { "conv1.bias": [16], "conv2.bias": [24], "conv3.bias": [32] };
  for (const [name, shape] of Object.entries(biases))
    arrays[name] = { shape, values: new Float32Array(shape[0]) } as never;
  return { model: fromArrays(arrays), lying };
}
const ofTorch = network(torch);
const ofKeras = network(convolution);

/** What a report says, but for the shapes, and but for the hash of the source. */
const said = ({ layers, variants }: Report) => ({
  variants,
  layers: layers.map(({ variants, ...rest }) => ({
    ...rest,
    shape: undefined,
    variants: variants.map((one) => ({ ...one, shape: undefined })),
  })),
});

const recipes: Readonly<Record<string, Recipe>> = {
  "4 bits per channel": linear({ bits: 4, per: "channel" }),
  "one threshold for all layers": [magnitude({ sparsity: 0.5, scope: "global" }), linear({ bits: 8, group: 32 })],
  "2:4": edges({ n: 2, m: 4 }),
  "low rank": lowRank({ rank: 3 }),
  "a target of bits": [linear({ targetBits: 3 }), rans()],
  "ggml's mixture": ggml({ type: "Q8_0" }),
};

test.each(Object.entries(recipes))("%s: Keras pays what torch pays", async (_, recipe) => {
  const expected = await compress(ofTorch.model, recipe, { workers: 1 });
  const result = await compress(ofKeras.model, recipe, { workers: 1 });
  expect(said(result.report)).toEqual(said(expected.report));
  for (const [name, lying] of Object.entries(ofKeras.lying)) {
    expect(result.tensor(name)).toMatchObject({ shape: lying.shape, axes: lying.axes });
    const after = await expected.tensor(name).read();
    expect(bytesOf(await result.tensor(name).read())).toBe(bytesOf(ownValues(lying, after)));
  }
});

test("numbers by hand: one scale for each output, whichever way the weight lies", async () => {
  // Outputs (1, 7) and (100, 300): at 3 bits, levels of a third of the largest.
  const lying = { output: [1], input: [0], stacked: [] };
  const values = Float32Array.of(1, 100, 7, 300);
  const step = linear({ bits: 3, per: "channel" });
  const turned = await compress(fromArrays({ "w.weight": { shape: [2, 2], values, axes: lying } }), step);
  expect([...(await turned.tensor("w.weight").read())]).toEqual([0, 100, 7, 300]);
  const plain = await compress(fromArrays({ "w.weight": { shape: [2, 2], values } }), step);
  expect((await plain.tensor("w.weight").read())[1]).toBe(100);
  expect((await plain.tensor("w.weight").read())[2]).toBe(0);
});

test.each([
  ["nodes", nodes({ sparsity: 0.25 })],
  ["merge", merge({ sparsity: 0.25 })],
] as const)("%s takes the same channels out of both", async (_, step) => {
  const recipe = [step, linear({ bits: 8, per: "channel" })];
  const expected = await compress(ofTorch.model, recipe, { workers: 1 });
  const result = await compress(ofKeras.model, recipe, { workers: 1 });
  expect(result.tensor("conv2.weight").shape).toEqual([3, 3, 12, 18]);
  for (const name of Object.keys(sizes)) {
    const own = result.tensor(name);
    const other = expected.tensor(name);
    expect(bytesOf(turnedByIndex(await own.read(), own.shape, [3, 2, 0, 1]))).toBe(bytesOf(await other.read()));
  }
  expect(said(result.report)).toEqual(said(expected.report));
});

test("a model that was compressed keeps the way its weights lie, and goes through another recipe", async () => {
  const twice = async (model: Model) =>
    compress(await compress(model, magnitude({ sparsity: 0.5, scope: "row" })), linear({ bits: 4, per: "channel" }));
  const [expected, result] = [await twice(ofTorch.model), await twice(ofKeras.model)];
  const { variants } = result.report;
  expect(variants[0].touched).toEqual(expected.report.variants[0].touched);
});

test("dense layers of Keras are chained as those of torch are", async () => {
  const matrices = { "fc1.weight": [24, 16], "fc2.weight": [10, 24] };
  const modelOf = (kind: (matrix: number[]) => Lying) =>
    fromArrays(
      Object.fromEntries(
        Object.entries(matrices).map(([name, matrix], at) => {
          const lying = kind(matrix);
          return [name, { shape: lying.shape, axes: lying.axes, values: ownValues(lying, torchValues(lying, at + 1)) }];
        }),
      ),
    );
  const expected = await compress(modelOf(torch), nodes({ keep: 9 }));
  const result = await compress(modelOf(dense), nodes({ keep: 9 }));
  expect(result.tensors.map(({ shape }) => shape)).toEqual([
    [16, 9],
    [9, 10],
  ]);
  for (const { name } of result.tensors) {
    const { shape } = result.tensor(name);
    const turned = turnedByIndex(await result.tensor(name).read(), shape, [1, 0]);
    expect(bytesOf(turned)).toBe(bytesOf(await expected.tensor(name).read()));
  }
});

test("a checkpoint is taken up by the same axes, and by others not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "codebook-axes-"));
  try {
    const checkpoint = join(folder, "study");
    const recipe = linear({ bits: 4, per: "channel" });
    const first = await compress(ofKeras.model, recipe, { checkpoint });
    const again = await compress(ofKeras.model, recipe, { checkpoint });
    for (const { name } of ofKeras.model.tensors)
      expect(bytesOf(await again.tensor(name).read())).toBe(bytesOf(await first.tensor(name).read()));
    const { lying } = ofKeras;
    const turned = fromArrays(
      Object.fromEntries(
        Object.entries(lying).map(([name, one], at) => [
          name,
          { shape: one.shape, values: ownValues(one, torchValues(one, at + 1)) },
        ]),
      ),
    );
    await expect(compress(turned, recipe, { checkpoint })).rejects.toThrow(/another study/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface Case {
  readonly name: string;
  readonly shape: number[];
  readonly axes: Axes;
  readonly values: number[];
  readonly step: { readonly kind: "linear" | "edges" | "nodes" | "lowRank" };
  readonly expected: number[];
}
const fixture = resolve(__dirname, "../../../test/fixtures/layout/layouts.json");
const { cases } = JSON.parse(readFileSync(fixture, "utf8")) as { cases: Case[] };
const makers: Readonly<Record<Case["step"]["kind"], (options: never) => RecipeStep>> = {
  linear,
  edges,
  nodes,
  lowRank,
};

test.each(cases)("numpy, $name", async ({ shape, axes, values, step, expected }) => {
  const { kind, ...options } = step;
  const model = fromArrays({ "w.weight": { shape, axes, values: Float32Array.from(values) } });
  const small = await compress(model, makers[kind](options as never), { workers: 1 });
  const after = await small.tensor("w.weight").read();
  if (kind !== "lowRank") expect([...after]).toEqual(expected);
  else after.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-6));
});
