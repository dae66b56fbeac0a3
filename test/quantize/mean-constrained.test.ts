import * as fc from "fast-check";
import { linear } from "../../kernel/quantize/linear";
import { meanConstrained, type MeanConstrainedOptions } from "../../kernel/quantize/mean-constrained";
import { quantize, quantizerLabel } from "../../kernel/quantize/quantize";
import { generateWeights, readFixture, shaOf } from "./generator";

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe("meanConstrained, by hand", () => {
  const weights = [7, 0, 1.4, 1.4, -0.2]; // s = 1, ŵ = (7, 0, 1, 1, 0), bias Σ(w − ŵ) = 0.6

  test("all weights share the bias: o = 0.6 / 5", () => {
    const { codes, offsets, values } = quantize(weights, meanConstrained({ bits: 4, per: "tensor", keepZeros: false }));
    expect([...codes]).toEqual([7, 0, 1, 1, 0]);
    expect(offsets?.[0]).toBeCloseTo(0.12, 6);
    expect([...values].map((v) => +v.toFixed(5))).toEqual([7.12, 0.12, 1.12, 1.12, 0.12]);
  });

  test("keepZeros: only the three that are not zero carry it, o = 0.6 / 3", () => {
    const { offsets, values } = quantize(weights, meanConstrained({ bits: 4, per: "tensor" }));
    expect(offsets?.[0]).toBeCloseTo(0.2, 6);
    expect([...values].map((v) => +v.toFixed(5))).toEqual([7.2, 0, 1.2, 1.2, 0]);
    expect(mean(values)).toBeCloseTo(mean(weights), 6);
  });

  test("1 bit, as many above the mean as below: μ ± mean|w − μ|", () => {
    // μ = 2, |w − μ| = 3, 1, 1, 3, α = 2
    const { codes, values, scales, offsets } = quantize([-1, 1, 3, 5], meanConstrained({ bits: 1, per: "tensor" }));
    expect([...codes]).toEqual([-1, -1, 1, 1]);
    expect([scales?.[0], offsets?.[0]]).toEqual([2, 2]);
    expect([...values]).toEqual([0, 0, 4, 4]);
  });

  test("1 bit, lopsided: the means of both sides, and still the mean", () => {
    const { values } = quantize([0, 0, 0, 8], meanConstrained({ bits: 1, per: "tensor" }));
    expect([...values]).toEqual([0, 0, 0, 8]);
    const constant = quantize(new Float32Array(5).fill(0.1), meanConstrained({ bits: 1, per: "tensor" }));
    expect([...constant.values]).toEqual(new Array(5).fill(Math.fround(0.1)));
  });

  test("scales and offsets are both counted", () => {
    expect(quantize(new Float32Array(256).fill(1), meanConstrained({ bits: 4 })).bits).toBe(256 * 4 + 2 * (16 + 16));
  });
});

describe("meanConstrained against numpy", () => {
  type Case = Required<MeanConstrainedOptions> & {
    rows: number;
    columns: number;
    seed: number;
    offsetsSha: string;
    valuesSha: string;
  };
  const cases = readFixture<{ mean: Case[] }>("quantize", "codebooks.json").mean;
  test(`${cases.length} cases`, () => {
    expect(cases.length).toBeGreaterThan(90);
    for (const c of cases) {
      const { bits, symmetric, per, group, scaleDtype, keepZeros, rows, columns } = c;
      const step = meanConstrained({ bits, symmetric, per, group, scaleDtype, keepZeros });
      const result = quantize(generateWeights(rows * columns, c.seed), step, { shape: [rows, columns] });
      const seen = { ...c, offsetsSha: shaOf(result.offsets ?? new Float32Array()), valuesSha: shaOf(result.values) };
      expect(seen).toEqual(c);
    }
  });
});

test("properties: every group keeps its mean, zeros stay zero", () => {
  const finite = fc.float({ noNaN: true, min: -1000, max: 1000 });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(finite, fc.constant(0)), { minLength: 1, maxLength: 60 }),
      fc.constantFrom(1, 2, 3, 4, 8, 16),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      (list, bits, symmetric, keep, group) => {
        const weights = Float32Array.from(list);
        const keepZeros = keep && bits > 1;
        const options = { bits, symmetric: symmetric || bits === 1, group, scaleDtype: "F32", keepZeros } as const;
        const { values, error } = quantize(weights, meanConstrained(options));
        for (let start = 0; start < list.length; start += group) {
          const part = values.slice(start, start + group);
          const largest = part.reduce((m, v) => Math.max(m, Math.abs(v)), 2 ** -100);
          const gap = Math.abs(mean(part) - mean(weights.slice(start, start + group)));
          expect(gap).toBeLessThanOrEqual(largest * 2 ** -22);
        }
        if (keepZeros) weights.forEach((w, i) => expect(w === 0 && values[i] !== 0).toBe(false));
        if (!keepZeros && bits > 1) {
          // the mean is the least-squares offset: never worse than linear, but for the rounding of the offset
          const { bits: b, symmetric: s, scaleDtype } = options;
          const plain = quantize(weights, linear({ bits: b, symmetric: s, group, scaleDtype })).error;
          expect(error.meanSquaredError).toBeLessThanOrEqual(plain.meanSquaredError * 1.001 + 1e-9);
        }
      },
    ),
  );
});

test("options and label", () => {
  expect(meanConstrained({ bits: 3 })).toMatchObject({
    kind: "meanConstrained",
    keepZeros: true,
    per: "group",
    group: 128,
  });
  expect(meanConstrained({ bits: 1 }).keepZeros).toBe(false);
  expect(quantizerLabel(meanConstrained({ bits: 3 }))).toBe("mean-constrained 3-bit g128");
  expect(quantizerLabel(meanConstrained({ bits: 2, keepZeros: false }))).toBe("mean-constrained 2-bit g128 all offset");
  expect(quantizerLabel(meanConstrained({ bits: 1 }))).toBe("mean-constrained 1-bit g128");
  expect(() => meanConstrained({ bits: 1, keepZeros: true })).toThrow("keepZeros needs 2 bits");
  expect(() => meanConstrained({ bits: 1, symmetric: false })).toThrow("no meaning");
  expect(() => meanConstrained({ bits: 4, step: 1 } as MeanConstrainedOptions)).toThrow('unknown option "step"');
  expect(() => quantize([1, NaN], meanConstrained({ bits: 4 }), { name: "key" })).toThrow("key: weight 1 is NaN");
});
