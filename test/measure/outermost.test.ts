import { loops } from "../../kernel/loops/loops";
import {
  outermostValues,
  OutermostSearch,
  plainOutermost,
  sampleLength,
  sampleLengthOf,
  sampleOf,
} from "../../kernel/measure/outermost";
import { adversarialWeights, gaussianWeights } from "../blocks/weights";

/** Values on which a difference in the order of sums, at the edges of bins, or in the sign of zero would show. */
const kinds: Record<string, (count: number) => Float32Array> = {
  gaussian: (count) => gaussianWeights(count, 3),
  adversarial: (count) => adversarialWeights(count, 4),
  "half zeros": (count) => gaussianWeights(count, 5).map((w, i) => (i % 2 === 0 ? w : i % 4 === 1 ? 0 : -0)),
  zeros: (count) => new Float32Array(count),
  "nearly all zeros": (count) => gaussianWeights(count, 9).map((w, i) => (i % 5000 === 7 ? w : i % 3 === 0 ? -0 : 0)),
  constant: (count) => new Float32Array(count).fill(0.25),
  "few levels": (count) => gaussianWeights(count, 6).map((w) => Math.round(w * 100) / 100),
  huge: (count) => gaussianWeights(count, 7).map((w) => w * 1e39),
  ascending: (count) => new Float32Array(count).map((_, i) => i - count / 3),
  "one outlier": (count) => gaussianWeights(count, 8).map((w, i) => (i === count >> 1 ? 1e6 : w)),
};

test("the outermost values are those of the sorted values, for small cuts and large", () => {
  for (const [kind, draw] of [...Object.entries(kinds), ["many", kinds.gaussian] as const]) {
    const values = draw(kind === "many" ? 300_000 : 200_000);
    const sorted = values.slice().sort();
    for (const cut of [0, 1, 100, 700, 50_000]) {
      const { low, high } = outermostValues(values, cut);
      expect([kind, cut, low, high]).toEqual([kind, cut, sorted[cut] + 0, sorted[sorted.length - 1 - cut] + 0]);
    }
  }
});

test("−0 is 0 at either end, and a NaN ranks above all numbers where all are counted", () => {
  expect(outermostValues(Float32Array.of(-0), 0)).toEqual({ low: 0, high: 0 });
  expect(plainOutermost(Float32Array.of(-0), 0)).toEqual({ low: 0, high: 0 });
  expect(plainOutermost(Float32Array.of(NaN, 1, 2), 0)).toEqual({ low: 1, high: NaN });
});

test("a search by pieces finds what one array gives, and says so when its sample misled it", () => {
  const values = gaussianWeights(100_000, 12);
  const sorted = values.slice().sort();
  const search = new OutermostSearch(values.length, 50, sampleOf(values));
  for (let start = 0; start < values.length; start += 7001) search.add(values.subarray(start, start + 7001));
  expect(search.finish()).toEqual({ low: sorted[50], high: sorted[values.length - 51] });
  expect(search.largest()).toBe(Math.max(-sorted[0], sorted[values.length - 1]));
  const misled = new OutermostSearch(values.length, 50, new Float32Array(sampleLength).fill(1e6));
  misled.add(values);
  expect(misled.finish()).toBeUndefined();
  expect([2 ** 18 - 1, 2 ** 18].map(sampleLengthOf)).toEqual([sampleLength, 4 * sampleLength]);
  expect(OutermostSearch.fits(4 * sampleLength - 1, 0)).toBe(false);
  expect(OutermostSearch.fits(256_000, 1001)).toBe(false);
});

test("a search guesses that three times as many lie beyond as are wanted, and four more of the sample", () => {
  const beyond = jest.spyOn(loops.values, "beyond");
  // 3·50·2048/100000 = 3.07: rank 4 + 4 from either end of the sample, whose values stand in no order.
  const sample = Float32Array.from({ length: sampleLength }, (_, i) => (i * 1025) % sampleLength);
  const search = new OutermostSearch(100_000, 50, sample);
  search.add(Float32Array.of(1, 2));
  expect(beyond.mock.calls.map(([, low, high]) => [low, high])).toEqual([[8, sampleLength - 9]]);
  beyond.mockRestore();
});

test("the largest magnitude is that of an edge where nothing lies beyond both", () => {
  const sample = Float32Array.from({ length: sampleLength }, (_, i) => (i % 2 === 0 ? -3 : 1));
  const search = new OutermostSearch(100_000, 50, sample);
  search.add(Float32Array.of(-3, 0, 1));
  expect(search.largest()).toBe(3);
});

test("runs of a sample begin at multiples of the golden ratio", () => {
  // 16 · 0.6180339887 = 9.8885438, and 0.8885438 · (10000 − 16) = 8871.2.
  const sample = sampleOf(
    Float32Array.from({ length: 10_000 }, (_, i) => i),
    32,
  );
  expect([...sample.filter((_, i) => i % 16 < 2)]).toEqual([0, 1, 8871, 8872]);
});

test("a sample has values of all parts of the array", () => {
  const sample = sampleOf(
    Float32Array.from({ length: 100_000 }, (_, i) => i),
    160,
  );
  expect(sample).toHaveLength(160);
  expect(new Set(sample.map((value) => Math.floor(value / 25_000)))).toEqual(new Set([0, 1, 2, 3]));
});
