import * as fc from "fast-check";
import { sortValues, valueOfRank } from "../../kernel/grid/order";
import { entropyOfCodes, entropyOfCounts, entropyOfValues } from "../../kernel/measure/entropy";
import {
  errorMeasures,
  measureError,
  mergeErrorSums,
  noErrorSums,
  sumBlock,
  sumErrorBlock,
  sumErrors,
} from "../../kernel/measure/error";
import { countHistogram, histogram, robustRange } from "../../kernel/measure/histogram";
import { bitsFor, bytesOfBits } from "../../kernel/measure/size";
import { countZeros, sparsity } from "../../kernel/measure/sparsity";
import { generateWeights } from "../quantize/generator";

const f32 = (...values: number[]) => Float32Array.from(values);

describe("error measures", () => {
  test("three numbers by hand", () => {
    // w = (3, 0, −4), w′ = (3, 1, −2): d = (0, 1, 2), Σd² = 5, Σw² = 25, Σw′² = 14, w·w′ = 17
    const error = measureError(f32(3, 0, -4), f32(3, 1, -2));
    expect(error.meanSquaredError).toBe(5 / 3);
    expect(error.rootMeanSquareError).toBe(Math.sqrt(5 / 3));
    expect(error.sqnrDb).toBeCloseTo(10 * Math.log10(5), 12);
    expect(error.cosine).toBeCloseTo(17 / Math.sqrt(25 * 14), 12);
    expect(error.maxAbsError).toBe(2);
  });

  test("nothing lost, nothing there, zero tensors", () => {
    expect(measureError(f32(1, 2), f32(1, 2)).sqnrDb).toBeNull();
    expect(measureError(f32(0, 0), f32(0, 0))).toMatchObject({ cosine: 1, sqnrDb: null });
    expect(measureError(f32(0, 0), f32(0, 1))).toMatchObject({ cosine: 0, sqnrDb: -400 });
    expect(measureError(f32(1, 0), f32(0, 0))).toMatchObject({ cosine: 0, sqnrDb: 0 });
    expect(measureError(f32(), f32())).toMatchObject({ meanSquaredError: 0, cosine: 1, sqnrDb: null, maxAbsError: 0 });
    expect(() => measureError(f32(1), f32())).toThrow("1 weights before and 0 after");
  });

  test("blocks summed apart and merged in order give the same bits", () => {
    const before = generateWeights(50_001, 1);
    const after = before.map((w) => Math.round(w * 30) / 30);
    const parts = [];
    for (let start = 0; start < before.length; start += sumBlock)
      parts.push(sumErrorBlock(before, after, start, Math.min(before.length, start + sumBlock)));
    expect(parts.length).toBe(4);
    expect(errorMeasures(parts.reduce(mergeErrorSums, noErrorSums))).toEqual(measureError(before, after));
    const plain = before.reduce((sum, w, i) => sum + (after[i] - w) ** 2, 0);
    expect(sumErrors(before, after).squaredError).toBeCloseTo(plain, 10);
  });
});

describe("sparsity", () => {
  test("−0 is zero, the smallest denormal is not", () => {
    expect(countZeros(f32(0, -0, 2 ** -149, 1))).toBe(2);
    expect(sparsity(f32(0, -0, 2 ** -149, 1))).toBe(0.5);
    expect(sparsity([])).toBe(0);
  });
});

describe("entropy", () => {
  test("by hand: (1/2, 1/4, 1/4) is 1.5 bits", () => {
    expect(entropyOfCodes([7, 7, -3, 1_000_000_000])).toBeCloseTo(1.5, 12);
    expect(entropyOfCodes(Int8Array.of(1, 1, 2, 3))).toBeCloseTo(1.5, 12);
    expect(entropyOfValues(f32(0, -0, 0.5, 0.25))).toBeCloseTo(1.5, 12);
    expect(entropyOfCodes([5, 5, 5])).toBe(0);
    expect(entropyOfCodes([])).toBe(0);
  });
});

describe("histogram", () => {
  test("bins, ends and what lies outside", () => {
    const values = f32(-2, -1, -0.5, 0, 0.49, 0.5, 1, 3, 4);
    expect(countHistogram(values, { minimum: -1, maximum: 1 }, 4)).toEqual({
      minimum: -1,
      maximum: 1,
      counts: [1, 1, 2, 2],
      below: 1,
      above: 2,
    });
  });

  test("an outlier does not stretch the range; everything is counted", () => {
    const values = generateWeights(10_000, 5);
    values[77] = 1000;
    const { counts, above, below, maximum } = histogram(values);
    expect(counts.length).toBe(64);
    expect(maximum).toBeLessThan(1);
    expect(counts.reduce((a, b) => a + b, 0) + above + below).toBe(10_000);
    expect(robustRange(new Float32Array(9))).toEqual({ minimum: -1, maximum: 1 });
    const spike = new Float32Array(10_000);
    spike[1] = -3;
    expect(robustRange(spike)).toEqual({ minimum: -3, maximum: 3 });
  });
});

describe("order", () => {
  test("radix sort is the sort, and ranks agree", () => {
    const values = generateWeights(9_001, 3);
    values.set([0, -0, Infinity, -Infinity, 2 ** -149, -(2 ** -149)], 17);
    const sorted = sortValues(values);
    expect(sorted).toEqual(values.slice().sort());
    for (const rank of [0, 1, 4_500, 8_999, 9_000]) expect(valueOfRank(values, rank)).toBe(sorted[rank]);
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true }), fc.nat(), (list, n) => {
        expect(valueOfRank(list, n % list.length)).toBe(list.slice().sort()[n % list.length]);
      }),
    );
  });
});

test("sizes", () => {
  expect([1, 2, 3, 4, 5, 256, 257].map(bitsFor)).toEqual([0, 1, 2, 2, 3, 8, 9]);
  expect([0, 1, 8, 9].map(bytesOfBits)).toEqual([0, 1, 1, 2]);
});

describe("entropy of values", () => {
  /** By the definition: every value's share, found by sorting. */
  function byDefinition(values: Float32Array): number {
    const sorted = sortValues(values);
    const counts: number[] = [];
    for (let start = 0, i = 1; i <= sorted.length; i++) {
      if (i < sorted.length && sorted[i] === sorted[start]) continue;
      counts.push(i - start);
      start = i;
    }
    return entropyOfCounts(counts);
  }

  test.each([0, 1, 2, 100, 4096, 4097, 70_000, 300_000])("equal bits to the definition for %i values", (length) => {
    const weights = generateWeights(length, 5);
    const variants = [
      weights,
      weights.map((w) => (Math.abs(w) < 0.5 ? -0 : w)),
      weights.map((w, i) => (i % 2 ? 0 : -0) * w),
      weights.map((w) => Math.round(w * 100) / 100),
      weights.map(() => -3),
      weights.map((_w, i) => i % 65_537),
      weights.map((_w, i) => (i - 1000) * 1.4e-45),
    ];
    for (const values of variants) {
      const before = values.slice();
      expect(entropyOfValues(values)).toBe(byDefinition(values));
      expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(before.buffer))).toBe(0);
    }
  });

  test("NaNs of equal bits are one value", () => {
    expect(entropyOfValues(f32(NaN, NaN, 1, 2))).toBe(1.5);
  });
});
