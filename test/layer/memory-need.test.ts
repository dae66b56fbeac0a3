import { huffman, kMeans, linear, lowRank, magnitude, rans, sorted } from "../../kernel";
import { memoryNeedOf, neediestStep } from "../../kernel/layer/memory-need";
import type { RecipeStep } from "../../kernel/layer/step";

const shape = [4096, 6144];
const weights = 4096 * 6144;
const each = (...steps: RecipeStep[]): number => memoryNeedOf({ steps, shape }) / weights;

test("steps in pieces need three bytes for a weight, those that see a layer whole some ten to thirty", () => {
  expect(each(linear({ bits: 4, group: 128 }), rans())).toBe(3);
  expect(each(kMeans({ bits: 4, per: "channel" }))).toBe(3);
  expect(each(magnitude({ sparsity: 0.5 }))).toBe(4 + 5 + 4);
  expect(each(magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 128 }))).toBe(4 + 2 * 5 + 2);
  expect(each(huffman())).toBe(4 + 4 + 14);
  expect(each(kMeans({ bits: 4 }))).toBe(4 + 5 + 2 + 16);
  expect(each(sorted({ bits: 4 }))).toBe(4 + 5 + 2);
});

test("lowRank needs three matrices of its shorter side in float64", () => {
  expect(memoryNeedOf({ steps: [lowRank({ rank: 2 })], shape }) - 13 * weights).toBe(24 * 4096 ** 2);
  const steps = [lowRank({ rank: 2 }), linear({ bits: 4, group: 64 })];
  expect(neediestStep(steps, shape)).toBe(steps[0]);
  expect(neediestStep([], shape)).toBeUndefined();
});
