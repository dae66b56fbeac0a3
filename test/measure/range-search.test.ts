import { robustRange } from "../../kernel/measure/histogram";
import { sampleOf } from "../../kernel/measure/outermost";
import { RangeSearch } from "../../kernel/measure/range-search";
import { gaussianWeights } from "../blocks/weights";

function byPieces(values: Float32Array, size: number) {
  const search = new RangeSearch(values.length, (count) => sampleOf(values, count));
  for (let start = 0; start < values.length; start += size) search.add(values.subarray(start, start + size));
  return search.finish(() => values);
}

test("a range is found without all values at once, be nearly all of them 0", () => {
  for (const values of [
    gaussianWeights(60_000, 2),
    new Float32Array(60_000),
    new Float32Array(60_000).fill(-4, 7, 8),
  ]) {
    const search = new RangeSearch(values.length, (count) => sampleOf(values, count));
    for (let start = 0; start < values.length; start += 5000) search.add(values.subarray(start, start + 5000));
    const range = search.finish(() => {
      throw new Error("all values were asked for");
    });
    expect(range).toEqual(robustRange(values));
  }
});

test.each([
  ["nothing", new Float32Array(0)],
  ["few", gaussianWeights(50, 1)],
  ["many", gaussianWeights(60_000, 2)],
  ["zeros", new Float32Array(60_000)],
  ["one that is not 0", new Float32Array(60_000).fill(-4, 7, 8)],
  ["positive ones", gaussianWeights(60_000, 3).map((w) => 3 + Math.abs(w))],
])("%s: the range of all values, however they come", (_, values) => {
  const expected = robustRange(values);
  for (const size of [1000, 16_384, 100_000]) expect(byPieces(values, size)).toEqual(expected);
});
