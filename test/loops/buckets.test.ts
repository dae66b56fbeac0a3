import { Random } from "../../kernel/bytes/random";
import { plainBins } from "../../kernel/loops/bins";
import { findEqualBins, rangesOfThresholds } from "../../kernel/loops/buckets";
import { bucketTotals, encodeByBuckets } from "../../kernel/simd/order";

const random = new Random(20261130);
const normals = (count: number, scale: (i: number) => number, mean = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => mean + scale(i) * random.normal());

/** Values whose sums round in many ways: the sum of the large ones has no digits left for those of the small ones. */
const draws: Readonly<Record<string, Float32Array>> = {
  normal: normals(100_000, () => 0.05),
  "of one sign": normals(100_000, () => 0.05, 0.2),
  "of many sizes": normals(100_000, (i) => (i % 8 === 0 ? 2 ** -(i % 43) : 1)),
  "half of them zeros": normals(100_000, (i) => i % 2),
  "some tiny among large": normals(100_000, (i) => (i % 10 === 0 ? 1e-7 : 1e4)),
  "beyond the sums of float32": normals(100_000, () => 1e37),
  "denormal numbers among others": normals(100_000, (i) => (i % 50 === 0 ? 1e-42 : 0.01)),
};

test.each(Object.entries(draws))("bins by buckets are those of the sorted values to the bit: %s", (_, values) => {
  for (const levels of [2, 3, 16, 64]) {
    const codes = new Uint8Array(values.length);
    const means = plainBins.equal(values, levels, codes);
    const found = findEqualBins(values, levels);
    expect(found).toBeDefined();
    if (!found) return;
    const own = new Uint8Array(values.length);
    encodeByBuckets(values, found.ranges, found.thresholds, own);
    expect(Buffer.compare(own, codes)).toBe(0);
    expect(found.means.every((mean, b) => Object.is(mean, means[b])) && found.means.length === means.length).toBe(true);
  }
});

test("values that crowd in few buckets, or are lost in the sum of others, are left to be sorted", () => {
  expect(
    findEqualBins(
      normals(40_000, (i) => (i % 10 === 0 ? 1e4 : 1e-7)),
      16,
    ),
  ).toBeUndefined();
  expect(
    findEqualBins(
      normals(40_000, () => 1e-4, 1),
      16,
    ),
  ).toBeUndefined();
});

test("the bins of a bucket's least and greatest value", () => {
  const ranges = rangesOfThresholds(Float32Array.of(-2, 0, 1, 1.001));
  const rangeOf = (value: number): number[] => {
    const pattern = new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16;
    return [ranges[pattern] & 0xff, ranges[pattern] >> 8];
  };
  expect([-3, -2, -1, 0.5, 1, 2].map(rangeOf)).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [1, 1],
    [2, 3],
    [3, 3],
  ]);
  expect(bucketTotals(Float32Array.of(1, 1.001, -3)).counts[0x3f80]).toBe(2);
});
