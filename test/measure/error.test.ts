import {
  errorMeasures,
  measureError,
  mergeErrorSums,
  noErrorSums,
  sumBlock,
  sumErrorBlock,
  sumErrors,
} from "../../kernel/measure/error";
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

describe("sums of errors", () => {
  test("take the larger of two blocks' largest errors", () => {
    const [small, large] = [sumErrorBlock(f32(1), f32(2), 0, 1), sumErrorBlock(f32(1), f32(-4), 0, 1)];
    expect(mergeErrorSums(small, large).maxAbsError).toBe(5);
    expect(mergeErrorSums(large, small).maxAbsError).toBe(5);
  });

  test("add element i to accumulator i mod 4 and the accumulators as (0 + 2) + (1 + 3)", () => {
    // 1 + 2⁻⁵³ is 1: whether the small terms survive depends on the order.
    const before = new Float32Array(4);
    const after = f32(1, 2 ** -27, 2 ** -27, 2 ** -27);
    const tiny = 2 ** -54;
    expect(sumErrorBlock(before, after, 0, 4).squaredError).toBe(1 + tiny + (tiny + tiny));
    const turned = f32(2 ** -27, 1, 2 ** -27, 2 ** -27);
    expect(sumErrorBlock(before, turned, 0, 4).squaredError).toBe(tiny + tiny + (1 + tiny));
  });

  test("look at their part of the arrays only", () => {
    expect(sumErrorBlock(f32(9, 1, 2, 9), f32(0, 1, 4, 0), 1, 3)).toMatchObject({
      count: 2,
      squaredError: 4,
      squaredBefore: 5,
      squaredAfter: 17,
      product: 9,
    });
  });

  test("keep a cosine between −1 and 1", () => {
    const w = f32(0.1, 0.2, 0.3);
    expect(
      measureError(
        w,
        w.map((x) => -x),
      ).cosine,
    ).toBe(-1);
    expect(
      measureError(
        w,
        w.map((x) => 3 * x),
      ).cosine,
    ).toBeLessThanOrEqual(1);
  });
});
