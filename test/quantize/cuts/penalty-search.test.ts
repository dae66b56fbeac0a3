import { intervalCost, intervalSums } from "../../../kernel/quantize/cuts/interval-cost";
import { findPenalty, firstGuess, searchCoarsely } from "../../../kernel/quantize/cuts/penalty-search";
import { generateWeights } from "../generator";

const points = (count: number) => {
  const values = Float64Array.from(generateWeights(count, 3)).sort();
  return intervalSums(values, new Uint32Array(count).fill(1));
};

test("of equal distances the guess of the penalty is about twice the error of an interval", () => {
  const even = intervalSums(
    Float64Array.from({ length: 4000 }, (_, i) => i / 4000),
    new Uint32Array(4000).fill(1),
  );
  // D[k] = n/12k², so −dD/dk = n/6k³.
  expect(firstGuess(even, 10) / (4000 / 6 / 1000)).toBeCloseTo(1, 1);
});

test("more intervals have a smaller penalty", () => {
  const sums = points(500);
  const penalties = [2, 4, 8, 16].map((k) => findPenalty(sums, k, firstGuess(sums, k), 0, 60).penalty);
  for (let i = 1; i < 4; i++) expect(penalties[i]).toBeLessThan(penalties[i - 1]);
});

test("a coarse search gives an error that k intervals need not exceed", () => {
  const sums = points(20_000);
  const found = searchCoarsely(sums, 4, 0);
  if (!found) throw new Error("no search");
  expect(found.grid.length).toBeLessThan(20_000 / 2);
  expect([found.grid[0], found.grid.at(-1)]).toEqual([0, 20_000]);
  expect(found.fewer.ends.length - 1).toBeLessThanOrEqual(4);
  expect(found.error).toBeLessThan(intervalCost(sums, 0, 20_000));
});

test("few places are not searched coarsely", () => {
  expect(searchCoarsely(points(500), 4, 0)).toBeUndefined();
});
