import { encode } from "../../kernel/encode/encode";
import { horner } from "../../kernel/encode/horner";
import { hqq } from "../../kernel/quantize/hqq";
import { kMeans } from "../../kernel/quantize/k-means";
import { dequantize, quantize, quantizerLabel } from "../../kernel/quantize/quantize";
import { sorted } from "../../kernel/quantize/sorted";
import { ternary } from "../../kernel/quantize/ternary";
import type { Step } from "../../kernel/tensor/step";
import { awkward } from "./floats";
import { generateWeights, readFixture, shaOf } from "./generator";

const gaussian = generateWeights(20_000, 7);
const meanSquared = (weights: Float32Array | number[], step: Step) => quantize(weights, step).error.meanSquaredError;

describe("ternary", () => {
  test("by hand: absmean", () => {
    const { codes, values, scales, bits } = quantize([1, -3, 0.25, 0.5, 0, -1.25], ternary());
    expect([...(scales ?? [])]).toEqual([1]); // mean|w| = 6/6
    expect([...codes]).toEqual([1, -1, 0, 0, 0, -1]); // 0.5 is a tie: to even
    expect([...values]).toEqual([1, -1, 0, 0, 0, -1]);
    expect(bits).toBe(6 * 2 + 32);
  });

  test("by hand: twn keeps |w| > 0.7·mean|w|, and their mean is the level", () => {
    const { codes, scales } = quantize([1, -3, 0.25, 0.6, 0.15, -1], ternary({ method: "twn" })); // Δ = 0.7
    expect([...codes]).toEqual([1, -1, 0, 0, 0, -1]);
    expect(scales?.[0]).toBeCloseTo(5 / 3, 6);
  });

  test("optimal has the least error of all levels and thresholds", () => {
    const weights = gaussian.slice(0, 60);
    const sizes = [...weights].map(Math.abs).sort((a, b) => b - a);
    const least = sizes.reduce((best, _, k) => {
      const kept = sizes.slice(0, k + 1);
      const level = kept.reduce((a, b) => a + b) / kept.length;
      const lost =
        kept.reduce((sum, w) => sum + (w - level) ** 2, 0) + sizes.slice(k + 1).reduce((s, w) => s + w * w, 0);
      return Math.min(best, lost / sizes.length);
    }, Infinity);
    expect(meanSquared(weights, ternary({ method: "optimal" })) / least).toBeCloseTo(1, 6);
    for (const method of ["absmean", "twn"] as const)
      expect(meanSquared(weights, ternary({ method }))).toBeGreaterThanOrEqual(least * (1 - 1e-6));
  });

  test("ties stay together; horner stores five in a byte", () => {
    expect([...quantize([2, -2, 2, 1, 1], ternary({ method: "optimal" })).codes].map(Math.abs)).toEqual([
      1, 1, 1, 1, 1,
    ]);
    const { codes } = quantize(gaussian, ternary({ group: 128 }));
    expect(encode(codes, horner()).bitsPerSymbol).toBeLessThan(1.61);
  });
});

describe("kMeans", () => {
  test("exact is the exact refinement of sorted, and no seed beats it", () => {
    const weights = gaussian.slice(0, 5000);
    const exact = quantize(weights, kMeans({ bits: 3, exact: true }));
    expect(exact.codebook).toEqual(quantize(weights, sorted({ bits: 3, refine: "optimal" })).codebook);
    expect(quantize(weights, kMeans({ bits: 3 })).codes).toEqual(exact.codes);
    for (let seed = 0; seed < 5; seed++) {
      const lloyd = quantize(weights, kMeans({ bits: 3, exact: false, seed }));
      expect(lloyd.error.meanSquaredError).toBeGreaterThanOrEqual(exact.error.meanSquaredError * (1 - 1e-9));
      expect(lloyd.error.meanSquaredError).toBeLessThan(exact.error.meanSquaredError * 1.3);
      expect(quantize(weights, kMeans({ bits: 3, exact: false, seed })).values).toEqual(lloyd.values);
    }
    const restarts = meanSquared(weights, kMeans({ bits: 3, exact: false, restarts: 8 }));
    expect(restarts).toBeLessThanOrEqual(meanSquared(weights, kMeans({ bits: 3, exact: false })));
  });

  test("clusters that are far apart are found", () => {
    const weights = [0, 0.1, 10, 10.1, -20, -20.1, 5, 5.1];
    const { codebook } = quantize(weights, kMeans({ bits: 2, exact: false, seed: 3 }));
    expect([...(codebook ?? [])].map((value) => Math.round(value * 100) / 100)).toEqual([-20.05, 0.05, 5.05, 10.05]);
  });

  test("few distinct weights lose nothing; options that do not go together are refused", () => {
    expect(quantize([1, 2, 2, 9, -1], kMeans({ bits: 2, exact: false })).error.maxAbsError).toBe(0);
    expect(() => kMeans({ bits: 4, exact: true, seed: 1 })).toThrow("seed goes with exact: false");
    expect(() => kMeans({} as never)).toThrow("bits is NaN");
    expect(() => kMeans({ bits: 4, per: "group" as never })).toThrow("per is");
  });

  test("a tensor too large for the exact codebook is refused, or goes by Lloyd", () => {
    const weights = Float32Array.from({ length: 300_000 }, (_, i) => i + 1);
    expect(() => quantize(weights, kMeans({ bits: 8, exact: true }))).toThrow("262144 distinct weights");
    expect(quantize(weights, kMeans({ bits: 8, iterations: 3 })).codebook?.length).toBe(256);
  });
});

describe("hqq", () => {
  const cases = readFixture<
    {
      count: number;
      seed: number;
      group: number;
      bits: number;
      factor: number;
      iterations: number;
      codesSha: string;
      scales: number[];
      zeros: number[];
    }[]
  >("quantize", "hqq.json");

  test.each(cases)("$bits bits, groups of $group, $iterations rounds: numpy's codes, scales and zero points", (c) => {
    const weights = generateWeights(c.count, c.seed).map((w) => w * c.factor);
    const { bits, group, iterations } = c;
    const result = quantize(weights, hqq({ bits, group, iterations, scaleDtype: "F32" }));
    expect(shaOf(Int32Array.from(result.codes))).toBe(c.codesSha);
    expect([...(result.scales ?? [])].slice(0, 8)).toEqual(c.scales);
    expect([...(result.zeroPoints ?? [])].slice(0, 8)).toEqual(c.zeros);
  });

  test("the search lowers the mean absolute error of weights with outliers", () => {
    const weights = gaussian.map((w, i) => (i % 61 === 0 ? w * 8 : w) * 8);
    const absolute = (iterations: number) => {
      const { values } = quantize(weights, hqq({ iterations, roundZero: false, scaleDtype: "F32" }));
      return weights.reduce((sum, w, i) => sum + Math.abs(w - values[i]), 0);
    };
    expect(absolute(20)).toBeLessThan(absolute(0) * 0.99);
  });

  test("bits: 4 and two float16 per 64", () => {
    expect(quantize(gaussian.slice(0, 6400), hqq()).bitsPerWeight).toBe(4.5);
    expect(() => hqq({ norm: 2 })).toThrow("norm is 2");
  });
});

const everyStep: Step[] = [
  ternary(),
  ternary({ method: "twn", group: 16 }),
  ternary({ method: "optimal", per: "channel" }),
  kMeans({ bits: 2 }),
  kMeans({ bits: 3, per: "channel", exact: false }),
  hqq({ scaleDtype: "F32" }),
  hqq({ bits: 2, group: 5, scaleDtype: "F32" }),
];

test.each(everyStep)("%o: awkward shapes, zeros, NaN", (step) => {
  for (const [shape, weights] of awkward) {
    const result = quantize(weights, step, { shape });
    expect(result.values.length).toBe(weights.length);
    expect(dequantize(structuredClone(result.quantized))).toEqual(result.values);
    expect(result.values.every(Number.isFinite)).toBe(true);
    if (weights.every((weight) => weight === 0)) expect(result.values.every((value) => value + 0 === 0)).toBe(true);
  }
  expect(() => quantize([1, NaN], step, { name: "x" })).toThrow("x: weight 1 is NaN");
});

test("labels", () => {
  expect(everyStep.map((step) => quantizerLabel(step))).toEqual([
    "ternary per tensor",
    "ternary twn g16",
    "ternary optimal per channel",
    "kMeans 2-bit",
    "kMeans 3-bit per channel lloyd",
    "hqq 4-bit g64",
    "hqq 2-bit g5",
  ]);
});
