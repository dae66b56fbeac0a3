import { selectRank } from "../../kernel/bytes/select";
import { adversarialWeights, gaussianWeights } from "../blocks/weights";

test.each([
  ["one value", Float32Array.of(3)],
  ["two", Float32Array.of(2, -1)],
  ["equal values", new Float32Array(100).fill(0.5)],
  ["ascending", Float32Array.from({ length: 257 }, (_, i) => i)],
  ["descending", Float32Array.from({ length: 257 }, (_, i) => -i)],
  ["few different", Float32Array.from({ length: 500 }, (_, i) => i % 3)],
  ["infinities", Float32Array.of(Infinity, 1, -Infinity, 0, Infinity)],
  ["gaussian", gaussianWeights(1000, 2)],
  ["adversarial", adversarialWeights(1000, 3)],
])("%s: each rank has the value that sorting gives", (_, values) => {
  const sorted = values.slice().sort();
  for (let rank = 0; rank < values.length; rank += Math.max(1, values.length >> 5))
    expect(selectRank(values.slice(), rank) + 0).toBe(sorted[rank] + 0);
  expect(selectRank(values.slice(), values.length - 1) + 0).toBe(sorted[values.length - 1] + 0);
});

test("the values are moved, none is lost", () => {
  const values = gaussianWeights(300, 9);
  const moved = values.slice();
  selectRank(moved, 100);
  expect(moved.sort()).toEqual(values.slice().sort());
});
