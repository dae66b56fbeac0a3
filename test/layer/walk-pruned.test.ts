/** A layer that is pruned in pieces: the bits, codes, bytes and figures of the same layer when it is seen whole. */
import {
  edges,
  huffman,
  kMeans,
  linear,
  lowRank,
  magnitude,
  nf4,
  planes,
  rans,
  sorted,
  ternary,
  trellis,
  zstd,
} from "../../kernel";
import { layerFileParts } from "../../kernel/layer/checkpoint-file";
import type { LayerOutcome } from "../../kernel/layer/compress-layer";
import type { LayerJob } from "../../kernel/layer/layer-job";
import { memoryShelf } from "../../kernel/layer/shelf";
import { storeLayer } from "../../kernel/layer/store-layer";
import type { RecipeStep } from "../../kernel/layer/step";
import { memoryOfPruned, prunedWalkOf, walkPruned } from "../../kernel/layer/walk-pruned";
import { walkWhole } from "../../kernel/layer/walk-whole";
import { loops } from "../../kernel/loops/loops";
import { entropyOfValues } from "../../kernel/measure";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";
import { gaussianWeights } from "../blocks/weights";

/** Weights of few magnitudes, so that many are equal at every threshold, with zeros and both signs. */
const most = gaussianWeights(92_160, 11).map((value, i) => {
  return Math.fround(Math.round(value * 40) / 8) * (i % 5 === 0 ? 0.5 : 1);
});
const coarse = (length: number): Float32Array => most.slice(0, length);

const jobOf = (steps: readonly RecipeStep[], shape: readonly number[], more: Partial<LayerJob> = {}): LayerJob => {
  const values = coarse(shape.reduce((product, size) => product * size, 1));
  return {
    ...{ name: "fc", savedName: "fc", shape, dtype: "F32", steps, input: { values }, threshold: undefined },
    ...more,
  };
};

/** SHA-256 of all that is stored. */
const hashOf = (stored: StoredTensor): string =>
  Buffer.from(layerFileParts("", { stored } as LayerOutcome).at(-1) ?? "").toString("hex");

const half = magnitude({ sparsity: 0.5 });
const four = linear({ bits: 4, group: 64 });
const recipes: Record<string, RecipeStep[]> = {
  "half of a layer": [half],
  "few of a layer": [magnitude({ sparsity: 0.02 })],
  "nothing of a layer": [magnitude({ sparsity: 0 })],
  "all of a layer": [magnitude({ sparsity: 1 })],
  "half of each row": [magnitude({ sparsity: 0.5, scope: "row" })],
  "at a shared threshold": [magnitude({ sparsity: 0.5, scope: "global" })],
  "2:4": [edges({ n: 2, m: 4 })],
  "5:20": [edges({ n: 5, m: 20 })],
  "fan-in": [edges({ fanIn: 31 })],
  blocks: [edges({ block: [4, 3], sparsity: 0.4 })],
  "pruned twice": [half, edges({ n: 2, m: 4 })],
  "pruned, coded by planes": [half, planes()],
  "pruned much, coded by zstd": [magnitude({ sparsity: 0.9 }), zstd({ level: 1 })],
  "pruned, quantized": [half, four],
  "pruned little, quantized asymmetrically": [
    magnitude({ sparsity: 0.02 }),
    linear({ bits: 3, group: 64, symmetric: false }),
  ],
  "pruned, quantized, coded": [half, four, rans()],
  "pruned much, quantized, coded": [magnitude({ sparsity: 0.95 }), nf4(), huffman()],
  "pruned twice, quantized": [half, edges({ block: [2, 8], sparsity: 0.25 }), ternary({ group: 128 })],
  "pruned, a codebook for each row": [edges({ n: 2, m: 4 }), kMeans({ bits: 2, per: "channel" })],
};
const threshold = { value: 0.5, ties: 700 };

describe.each(Object.entries(recipes))("%s", (_, steps) => {
  test.each<[string, number[], Partial<LayerJob>]>([
    ["a matrix", [240, 384], {}],
    ["rows that share no byte of bits", [301, 209], {}],
    ["a kernel", [300, 24, 3, 3], {}],
    ["a stack of experts", [4, 60, 256], { axes: { stacked: [0], output: [1], input: [2] } }],
  ])("%s", (_shape, shape, more) => {
    const job = jobOf(steps, shape, { ...more, threshold });
    const found = prunedWalkOf(job);
    // Codebooks of rows go in pieces of one matrix only.
    if (!found && steps.some(({ kind }) => kind === "kMeans") && more.axes) return;
    if (!found) throw new Error("the steps do not go in pieces");
    expect(found.rows).toBeLessThan(shape[0] * (more.axes ? shape[1] : 1));
    const { walk, stored } = loops.memory.during(memoryOfPruned(job), () => {
      const walk = walkPruned(job, found);
      return { walk, stored: storeLayer(job, walk.state, memoryShelf) };
    });
    const whole = walkWhole({ ...job, input: { values: coarse(job.shape.reduce((a, b) => a * b, 1)) } });
    expect({ ...walk.change, levels: walk.change.levels ?? [] }).toEqual({
      ...whole.change,
      levels: whole.change.levels ?? [],
    });
    expect([walk.measures, walk.error, walk.warnings]).toEqual([whole.measures, whole.error, whole.warnings]);
    expect(walk.state.targetSparsity).toBe(whole.state.targetSparsity);
    expect(walk.state.index).toEqual(whole.state.index);
    expect(hashOf(stored)).toBe(hashOf(storeLayer(job, whole.state, memoryShelf)));
    const isCodes = steps.some(({ kind }) => ["linear", "nf4", "ternary", "kMeans"].includes(kind));
    expect(walk.valueEntropy).toBe(isCodes ? undefined : entropyOfValues(whole.state.values ?? new Float32Array(0)));
  });
});

test("what has to see the layer whole does", () => {
  const shape = [240, 384];
  for (const steps of [
    [four, half],
    [half, lowRank({ rank: 2 })],
    [half, sorted({ bits: 3 })],
    [half, trellis({ step: 0.5 })],
    [rans()],
    [four],
  ])
    expect(prunedWalkOf(jobOf(steps, shape))).toBeUndefined();
  expect(prunedWalkOf(jobOf([half], [96, 384]))).toBeUndefined();
  expect(prunedWalkOf(jobOf([half], [3, 50_000]))?.rows).toBe(1);
  expect(prunedWalkOf(jobOf([half], [1, 150_000]))).toBeUndefined();
  const surgery = { maps: [], steps: [], isDropped: false };
  expect(prunedWalkOf(jobOf([half], shape, { surgery }))).toBeUndefined();
});

test("a weight that the quantizer refuses has its place in the layer", () => {
  const job = jobOf([half, linear({ bits: 4, group: 64 })], [240, 384]);
  if ("values" in job.input) job.input.values[70_001] = 3e38;
  const walk = prunedWalkOf(job);
  if (!walk) throw new Error("the steps do not go in pieces");
  const asked = (work: () => unknown): string => {
    try {
      work();
      return "";
    } catch (error) {
      return String(error);
    }
  };
  const whole = asked(() =>
    walkWhole({ ...job, input: { values: "values" in job.input ? job.input.values.slice() : coarse(0) } }),
  );
  expect(asked(() => walkPruned(job, walk))).toBe(whole);
});
