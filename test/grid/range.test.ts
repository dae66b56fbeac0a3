import {
  leastErrorRange,
  minMaxRange,
  percentileRange,
  rankOfPercentile,
  shrinkFactors,
} from "../../kernel/grid/range";

const values = Float32Array.of(9, -1, 3, 0.5, -2, 9);

describe("the range of a group", () => {
  test("by the smallest and the largest weight holds 0", () => {
    expect(minMaxRange(values, 1, 5)).toEqual({ lo: -2, hi: 3 });
    expect(minMaxRange(values, 2, 4)).toEqual({ lo: 0, hi: 3 });
    expect(minMaxRange(values, 1, 2)).toEqual({ lo: -1, hi: 0 });
    expect(minMaxRange(values, 1, 1)).toEqual({ lo: 0, hi: 0 });
  });

  test("by percentile is by nearest rank", () => {
    const hundred = Float32Array.from({ length: 100 }, (_, i) => i - 50); // −50 … 49
    // The 2.5th of the values is the 3rd smallest, the 97.5th the 98th.
    expect(percentileRange(hundred, 0, 100, 95, false)).toEqual({ lo: -48, hi: 47 });
    // The 95th of |w|: 0, 1, 1, … 49, 49, 50; the 95th smallest is 47.
    expect(percentileRange(hundred, 0, 100, 95, true)).toEqual({ lo: -47, hi: 47 });
    expect(percentileRange(hundred, 0, 100, 100, false)).toEqual({ lo: -50, hi: 49 });
  });

  test("by percentile gives min–max where it would be empty though some weight is not zero", () => {
    const spike = new Float32Array(1000);
    spike[3] = -7;
    expect(percentileRange(spike, 0, 1000, 99, false)).toEqual({ lo: -7, hi: 0 });
    expect(percentileRange(spike, 0, 1000, 99, true)).toEqual({ lo: -7, hi: 0 });
  });

  test("is the same for long groups, which are counted instead of sorted", () => {
    const long = Float32Array.from({ length: 9000 }, (_, i) => ((i * 7919) % 9000) - 4500);
    expect(percentileRange(long, 0, 9000, 99, false)).toEqual({ lo: -4500 + 44, hi: 4499 - 45 });
  });
});

test("the rank of a percentile is ⌈n·p/100⌉, from 0, and never outside", () => {
  expect([
    rankOfPercentile(50, 4),
    rankOfPercentile(51, 4),
    rankOfPercentile(100, 4),
    rankOfPercentile(0, 4),
    rankOfPercentile(99.9, 1000),
    rankOfPercentile(99.9, 1),
  ]).toEqual([1, 2, 3, 0, 998, 0]);
});

describe("shrinking to the least error", () => {
  const chosen = (error: (hi: number) => number) => leastErrorRange({ lo: -1, hi: 1 }, ({ hi }) => error(hi)).hi;

  test("finds a factor of the first round, and refines it by the second", () => {
    expect(chosen((hi) => Math.abs(hi - 0.5))).toBe(0.5);
    const near = 0.5 * 2 ** (3 / 64);
    expect(chosen((hi) => Math.abs(hi - near))).toBeCloseTo(near, 12);
  });

  test("never widens the range", () => {
    expect(chosen((hi) => -hi)).toBe(1);
  });

  test("takes the larger range of equal errors", () => {
    expect(chosen(() => 5)).toBe(1);
    expect(chosen((hi) => (hi <= 0.5 ? 1 : 2))).toBe(0.5);
  });

  test("gives the least error so far as the limit", () => {
    const limits: number[] = [];
    leastErrorRange({ lo: -1, hi: 1 }, (_, limit) => (limits.push(limit), 3));
    expect(limits[0]).toBe(Infinity);
    expect(new Set(limits.slice(1))).toEqual(new Set([3]));
  });

  test("tries 49 factors down to 1/64, and seven on either side", () => {
    expect([shrinkFactors.coarse.length, shrinkFactors.coarse[0], shrinkFactors.coarse[48]]).toEqual([49, 1, 2 ** -6]);
    shrinkFactors.coarse.forEach((factor, i) => expect(Math.log2(factor)).toBeCloseTo(-i / 8, 12));
    expect(shrinkFactors.fine.map((factor) => Math.round(64e6 * Math.log2(factor)) / 1e6)).toEqual([
      1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7,
    ]);
  });
});
