import { bucketTotals, encodeByBuckets, valuesOfBuckets } from "../../kernel/simd/order";

/** 1 is 0x3f800000, and 2^-23 more is the next number. */
const next = 1 + 2 ** -23;

test("a bucket's values are counted, and the lower halves of their patterns added up", () => {
  const values = Float32Array.from({ length: 20_003 }, (_, i) => (i % 2 === 0 ? next : -2));
  const { counts, lowerBits } = bucketTotals(values);
  expect([counts[0x3f80], lowerBits[0x3f80]]).toEqual([10_002, 10_002]);
  expect([counts[0xc000], lowerBits[0xc000]]).toEqual([10_001, 0]);
  expect(counts.reduce((sum, count) => sum + count)).toBe(20_003);
  expect(bucketTotals(new Float32Array(0)).counts.some((count) => count > 0)).toBe(false);
});

test("more values than the kernel's totals hold are added up outside it", () => {
  const values = new Float32Array(2 ** 24 + 5).fill(2 ** -149 * 0xffff);
  const { counts, lowerBits } = bucketTotals(values);
  expect(counts[0]).toBe(2 ** 24 + 5);
  expect(lowerBits[0]).toBe((2 ** 24 + 5) * 0xffff);
});

test("values of chosen buckets keep their order", () => {
  const values = Float32Array.from({ length: 40_000 }, (_, i) => [next, -2, 1, 700][i % 4]);
  const found = valuesOfBuckets(values, [0x3f80, 0xc000], 30_000);
  expect([...found.subarray(0, 4)]).toEqual([next, -2, 1, next]);
  expect([...found.subarray(-3)]).toEqual([next, -2, 1]);
});

test("bins of buckets, and of values where a threshold lies within", () => {
  const ranges = new Uint16Array(65_536);
  ranges[0x3f80] = 2 | (4 << 8);
  ranges[0xc000] = 1 | (1 << 8);
  const values = Float32Array.of(1, next, 1 + 2 ** -20, -2, 0.1);
  const codes = new Uint8Array(5);
  encodeByBuckets(values, ranges, [0, 0, 0, next, 1 + 2 ** -21], codes);
  expect([...codes]).toEqual([2, 3, 4, 1, 0]);
});
