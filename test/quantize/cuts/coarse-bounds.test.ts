import { placesLeft } from "../../../kernel/quantize/cuts/coarse-bounds";
import { intervalSums } from "../../../kernel/quantize/cuts/interval-cost";
import { optimalCuts } from "../../../kernel/quantize/cuts/optimal-codebook";
import { searchCoarsely } from "../../../kernel/quantize/cuts/penalty-search";
import { generateWeights } from "../generator";

test.each([2, 4, 8])("with %d intervals the places left hold the best cuts, and are few", (k) => {
  const values = Float64Array.from(new Set(generateWeights(20_000, 5))).sort();
  const multiplicity = new Uint32Array(values.length).fill(1);
  const sums = intervalSums(values, multiplicity);
  const search = searchCoarsely(sums, k, 0);
  const left = search && placesLeft(sums, k, search, 1e-9);
  if (!left) throw new Error("nothing is left out");
  const there = new Set(left);
  for (const cut of optimalCuts(values, multiplicity, k)) expect([cut, there.has(cut)]).toEqual([cut, true]);
  expect([left[0], left.at(-1)]).toEqual([0, values.length]);
  expect(left.length).toBeLessThan(values.length / 2);
});
