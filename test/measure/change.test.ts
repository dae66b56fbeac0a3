import { levelsOf, measureChange } from "../../kernel/measure/change";
import { levelLimit } from "../../kernel/report/types";

test("sums, zeros and both histograms over the range of the weights before", () => {
  const before = Float32Array.of(-1, 0, 0.5, 1);
  const after = Float32Array.of(-1, 0, 0, 3);
  const { sums, zeros, histogramBefore, histogramAfter } = measureChange(before, after);
  expect(sums).toMatchObject({ count: 4, squaredError: 0.25 + 4, squaredBefore: 2.25, squaredAfter: 10 });
  expect(zeros).toBe(2);
  expect(histogramBefore).toMatchObject({ minimum: -1, maximum: 1, below: 0, above: 0 });
  expect(histogramAfter).toMatchObject({ minimum: -1, maximum: 1, below: 0, above: 1 });
  expect(histogramBefore.counts).toHaveLength(64);
  expect([histogramBefore.counts[0], histogramBefore.counts[48], histogramBefore.counts[63]]).toEqual([1, 1, 1]);
  expect(histogramAfter.counts[32]).toBe(2);
});

test("levels, ascending, as many as a report lists at most", () => {
  expect(levelsOf(Float32Array.of(2, -1, 2, 0))).toEqual([-1, 0, 2]);
  const many = Float32Array.from({ length: levelLimit + 1 }, (_, i) => i);
  expect(levelsOf(many)).toBeUndefined();
  expect(levelsOf(many.subarray(1))).toHaveLength(levelLimit);
});
