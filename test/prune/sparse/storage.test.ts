import {
  breakEvenDensity,
  cheapest,
  matrixOf,
  sparseBits,
  unstructuredStorage,
} from "../../../kernel/prune/sparse/storage";

describe("storage of what is kept", () => {
  test("matrixOf flattens all but the first dimension, and a vector is one row", () => {
    expect(matrixOf([3, 2, 5])).toEqual({ rows: 3, columns: 10 });
    expect(matrixOf([7])).toEqual({ rows: 1, columns: 7 });
    expect(matrixOf([])).toEqual({ rows: 1, columns: 1 });
    expect(matrixOf([0, 5])).toEqual({ rows: 0, columns: 0 });
  });

  test("sparseBits is index and weights, or the dense tensor where that is less", () => {
    const storage = { scheme: "bitmask", indexBits: 100, storedWeights: 50 } as const;
    expect(sparseBits(storage, 100, 32)).toBe(100 + 1600);
    expect(sparseBits({ ...storage, storedWeights: 100 }, 100, 32)).toBe(3200);
  });

  test("takes positions where they are less than a bit a weight", () => {
    // (4, 1024): 10 bits a column, 13 bits for each of 5 row starts.
    expect(unstructuredStorage([4, 1024], 100)).toEqual({
      scheme: "positions",
      indexBits: 1000 + 65,
      storedWeights: 100,
    });
    expect(unstructuredStorage([4, 1024], 404).scheme).toBe("bitmask");
    expect(unstructuredStorage([4, 1024], 403)).toEqual({ scheme: "positions", indexBits: 4095, storedWeights: 403 });
  });

  test("takes the bitmask on a tie", () => {
    // (1, 8): 3 bits a column and 4 for each of 2 row starts: no kept weight costs 8, as the bitmask.
    expect(unstructuredStorage([1, 8], 0)).toEqual({ scheme: "bitmask", indexBits: 8, storedWeights: 0 });
  });

  test("cheapest counts weights with 32 bits and takes the first of equals", () => {
    const a = { scheme: "n:m", indexBits: 64, storedWeights: 2 } as const;
    const b = { scheme: "bitmask", indexBits: 32, storedWeights: 3 } as const;
    expect(cheapest(a, b)).toBe(a);
    expect(cheapest(b, a)).toBe(b);
    expect(cheapest(a, { ...b, indexBits: 31 }).scheme).toBe("bitmask");
  });

  test("breaks even where the formula says", () => {
    expect(breakEvenDensity(32)).toBe(1 - 1 / 32);
    expect(breakEvenDensity(4)).toBe(0.75);
    expect(breakEvenDensity(16, { scheme: "n:m", m: 4 })).toBe(16 / 18);
    // 1024 × 1024: 21 bits for each of 1025 starts, 10 a column.
    expect(breakEvenDensity(32, { scheme: "positions", shape: [1024, 1024] })).toBeCloseTo(
      (32 - (21 * 1025) / 1048576) / 42,
      12,
    );
    expect(breakEvenDensity(32, { scheme: "positions", shape: [0, 4] })).toBe(0);
  });

  test("breaks even at exactly the density at which both cost the same", () => {
    const weights = 1024 * 64;
    const shape = [64, 1024];
    const density = breakEvenDensity(8, { scheme: "positions", shape });
    const kept = density * weights;
    const positions = kept * (8 + 10) + 65 * 17;
    expect(positions).toBeCloseTo(8 * weights, 3);
  });
});
