import { rankCorrelation, ranksOf } from "../../kernel/evaluate/ranks";

describe("ranksOf", () => {
  it("shares ranks between equal values, as scipy does", () => {
    expect(ranksOf([10, 20, 20, 5])).toEqual([2, 3.5, 3.5, 1]);
  });
});

describe("rankCorrelation", () => {
  it("is scipy's spearmanr", () => {
    // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).statistic
    expect(rankCorrelation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).rho).toBeCloseTo(0.8207826816681233, 12);
    expect(rankCorrelation([1, 2, 3], [6, 5, 4])).toEqual({ rho: -1, pairs: 3 });
  });

  it("has an interval that is wide for few pairs, and narrower for many", () => {
    const few = rankCorrelation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).interval ?? [0, 0];
    const x = Array.from({ length: 200 }, (_, i) => i);
    const many = rankCorrelation(
      x,
      x.map((value) => value + 60 * Math.sin(value)),
    ).interval ?? [0, 0];
    expect(few[1] - few[0]).toBeGreaterThan(0.3);
    expect(many[1] - many[0]).toBeLessThan(0.2);
  });

  it("has no order where all are equal", () => {
    expect(rankCorrelation([1, 1, 1], [1, 2, 3]).rho).toBeNull();
  });
});
