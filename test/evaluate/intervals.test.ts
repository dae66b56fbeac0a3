import { interval, meanOf, percentile } from "../../kernel/evaluate/intervals";

describe("interval", () => {
  it("has the width that the central limit theorem gives for many windows", () => {
    // Windows of one token, alternately 0 and 1: the mean has a standard error of 0.5 / √400.
    const sums = Float64Array.from({ length: 400 }, (_, i) => i % 2);
    const found = interval(400, (times) => meanOf({ sums, counts: new Float64Array(400).fill(1) }, times));
    const half = 1.96 * (0.5 / 20);
    expect(found?.[0]).toBeCloseTo(0.5 - half, 2);
    expect(found?.[1]).toBeCloseTo(0.5 + half, 2);
  });

  it("is the same each time, and absent for fewer than four windows", () => {
    const sums = Float64Array.of(1, 2, 3, 5);
    const mean = (times: Uint32Array) => meanOf({ sums, counts: [1, 1, 1, 1] }, times);
    expect(interval(4, mean)).toEqual(interval(4, mean));
    expect(interval(3, mean)).toBeUndefined();
  });

  it("draws as many windows as there are, each time", () => {
    const totals = new Set<number>();
    interval(9, (times) => {
      totals.add(times.reduce((sum, one) => sum + one, 0));
      return 0;
    });
    expect([...totals]).toEqual([9]);
  });
});

describe("meanOf", () => {
  it("weighs windows by their tokens", () => {
    expect(meanOf({ sums: [10, 2], counts: [5, 1] })).toBe(2);
    expect(meanOf({ sums: [10, 3], counts: [5, 1] }, Uint32Array.of(0, 2))).toBe(3);
  });
});

describe("percentile", () => {
  it("interpolates as numpy does", () => {
    const sorted = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.5, 0.75, 1].map((share) => percentile(sorted, share))).toEqual([1, 3, 5, 8]);
  });
});
