import { OptionError } from "../../kernel/errors";
import { codeArray, codeOf, fitGrid, gridOver, type GridOptions } from "../../kernel/grid/uniform-grid";

const options = (more: Partial<GridOptions> = {}): GridOptions => ({
  bits: 4,
  symmetric: false,
  range: "minmax",
  scaleDtype: "F32",
  ...more,
});

describe("the grid over a range", () => {
  test("is symmetric about 0 by the larger end", () => {
    expect(gridOver({ lo: -7, hi: 3.5 }, options({ symmetric: true }), "f")).toEqual({
      scale: 1,
      zeroPoint: 0,
      low: -7,
      high: 7,
    });
    expect(gridOver({ lo: -1, hi: 14 }, options({ symmetric: true }), "f").scale).toBe(2);
  });

  test("has a zero point where 0 lies exactly", () => {
    expect(gridOver({ lo: -5, hi: 10 }, options(), "f")).toEqual({ scale: 1, zeroPoint: 5, low: 0, high: 15 });
    expect(gridOver({ lo: 0, hi: 30 }, options(), "f")).toEqual({ scale: 2, zeroPoint: 0, low: 0, high: 15 });
    expect(gridOver({ lo: -30, hi: 0 }, options(), "f")).toEqual({ scale: 2, zeroPoint: 15, low: 0, high: 15 });
  });

  test("of nothing but zeros has scale 0 and zero point 0", () => {
    expect(gridOver({ lo: 0, hi: 0 }, options(), "f")).toMatchObject({ scale: 0, zeroPoint: 0 });
  });
});

describe("codes", () => {
  const grid = { scale: 0.5, zeroPoint: 3, low: 0, high: 7 };

  test("are the nearest, halves to even, cut at the ends", () => {
    expect([0, 0.5, -0.25, 0.25, 0.75, -9, 9].map((weight) => codeOf(weight, grid))).toEqual([3, 4, 3, 3, 5, 0, 7]);
  });

  test("of a scale of 0 are the zero point", () => {
    expect(codeOf(5, { ...grid, scale: 0 })).toBe(3);
  });

  test("lie in the smallest array that holds them, signed when symmetric", () => {
    expect(
      [codeArray(8, true, 1), codeArray(9, true, 1), codeArray(8, false, 1), codeArray(9, false, 2)].map((one) => [
        one.constructor.name,
        one.length,
      ]),
    ).toEqual([
      ["Int8Array", 1],
      ["Int16Array", 1],
      ["Uint8Array", 1],
      ["Uint16Array", 2],
    ]);
  });
});

describe("fitGrid", () => {
  test("looks at its part of the weights", () => {
    expect(fitGrid(Float32Array.of(99, -5, 10, 99), 1, 3, options(), "f")).toEqual({
      scale: 1,
      zeroPoint: 5,
      low: 0,
      high: 15,
    });
  });

  test("by least error is never worse than by min–max, and better with an outlier", () => {
    const weights = Float32Array.from({ length: 64 }, (_, i) => (i === 9 ? 3 : Math.sin(i)));
    const errorOf = (range: "minmax" | "mse") => {
      const grid = fitGrid(weights, 0, 64, options({ bits: 3, symmetric: true, range }), "f");
      return weights.reduce((sum, w) => sum + (grid.scale * (codeOf(w, grid) - grid.zeroPoint) - w) ** 2, 0);
    };
    expect(errorOf("mse")).toBeLessThan(errorOf("minmax"));
  });

  test("narrows a group of negative weights as it does one of positive ones", () => {
    const one = Float32Array.from({ length: 200 }, (_, i) => (i === 7 ? 50 : 1 + i / 200));
    const other = one.map((weight) => -weight);
    for (const range of ["percentile", "mse"] as const) {
      const scale = (weights: Float32Array) => fitGrid(weights, 0, 200, options({ range, percentile: 98 }), "f").scale;
      // By the outlier it would be 50 / 15.
      for (const weights of [one, other]) expect([range, scale(weights) < 2.9]).toEqual([range, true]);
    }
  });

  test("takes weights to 2¹²⁶ and no further", () => {
    expect(fitGrid(Float32Array.of(2 ** 126), 0, 1, options(), "f").scale).toBe(Math.fround(2 ** 126 / 15));
    for (const weight of [2 ** 127, -(2 ** 127)])
      expect(() => fitGrid(Float32Array.of(weight), 0, 1, options(), "f")).toThrow(OptionError);
  });

  test("of zeros looks for no range", () => {
    for (const range of ["minmax", "percentile", "mse"] as const)
      expect(fitGrid(new Float32Array(4), 0, 4, options({ range }), "f").scale).toBe(0);
  });
});
