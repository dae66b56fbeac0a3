import { edges, huffman, kMeans, linear, lowRank, magnitude, planes, rans, sorted } from "../../kernel";
import { memoryNeedOf, neediestStep } from "../../kernel/layer/memory-need";
import type { RecipeStep } from "../../kernel/layer/step";
import { memoryOfPruned } from "../../kernel/layer/walk-pruned";

const shape = [4096, 6144];
const weights = 4096 * 6144;
const inFile = { shape, dtype: "F32", bytesInFile: 4 * weights, hasCheckpoint: true };
const inMemory = { shape, dtype: "F32", hasCheckpoint: false };
/** Bytes for a weight. */
const each = (...steps: RecipeStep[]): number => memoryNeedOf({ ...inFile, steps }) / weights;
const eachInMemory = (...steps: RecipeStep[]): number => memoryNeedOf({ ...inMemory, steps }) / weights;
const pruned = memoryOfPruned({ input: { values: new Float32Array(0) }, shape }) / weights;

test("from a file into a checkpoint, steps in pieces need their codes, and some a bit for each weight", () => {
  expect(each(linear({ bits: 4, group: 128 }))).toBe(1);
  expect(each(linear({ bits: 4, group: 128 }), rans())).toBe(2);
  expect(each(linear({ step: 0.01 }), rans())).toBe(5);
  expect(each(linear({ targetBits: 3 }), rans())).toBe(5);
  expect(each(huffman())).toBe(2);
  expect(each(magnitude({ sparsity: 0.5 }))).toBeCloseTo(0.125 + pruned, 9);
  expect(each(magnitude({ sparsity: 0.5 }), planes())).toBeCloseTo(2.125 + pruned, 9);
  expect(each(magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 128 }), rans())).toBeCloseTo(3.125 + pruned, 9);
  // Tiles of 4 × 4 have their means, the same in order, and a byte.
  expect(each(edges({ block: [4, 4], sparsity: 0.5 }))).toBeCloseTo(0.125 + 17 / 16 + pruned, 9);
});

test("a codebook for each row needs one row more", () => {
  expect(memoryNeedOf({ ...inFile, steps: [kMeans({ bits: 4, per: "channel" })] })).toBe(weights);
});

test("values that come in memory, and what is kept there, are counted", () => {
  expect(eachInMemory(linear({ bits: 4, group: 128 }))).toBe(4 + 1 + 1);
  expect(eachInMemory(magnitude({ sparsity: 0.5 }))).toBeCloseTo(4 + 0.125 + pruned + 4, 9);
  expect(eachInMemory(huffman())).toBe(4 + 10 + 4);
});

test("what lies another way than methods see it is in memory both ways for a moment", () => {
  const axes = { stacked: [], output: [1], input: [0] };
  expect(memoryNeedOf({ ...inFile, axes, steps: [linear({ bits: 4, group: 128 })] })).toBe((8 + 1) * weights);
});

test("steps that see a layer whole need some ten to thirty bytes for a weight", () => {
  expect(each(kMeans({ bits: 4 }))).toBe(4 + 5 + 16);
  expect(each(sorted({ bits: 4 }))).toBe(4 + 5);
  expect(eachInMemory(sorted({ bits: 4 }), rans())).toBe(4 + 5 + 1 + 1);
  const small = { ...inFile, shape: [64, 64], bytesInFile: 16_384 };
  // A small layer is stored from memory.
  expect(memoryNeedOf({ ...small, steps: [magnitude({ sparsity: 0.5 })] })).toBe(4096 * (4 + 5 + 4));
});

test("lowRank needs three matrices of its shorter side in float64", () => {
  expect(memoryNeedOf({ ...inFile, steps: [lowRank({ rank: 2 })] }) - 9 * weights).toBe(24 * 4096 ** 2);
  const steps = [lowRank({ rank: 2 }), linear({ bits: 4, group: 64 })];
  expect(neediestStep(steps, shape)).toBe(steps[0]);
  expect(neediestStep([], shape)).toBeUndefined();
});
