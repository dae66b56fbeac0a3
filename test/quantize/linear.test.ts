import * as fc from "fast-check";
import { NonFiniteError, OptionError } from "../../kernel/errors";
import { linear, type LinearOptions } from "../../kernel/quantize/linear";
import { dequantize, quantize, quantizerLabel } from "../../kernel/quantize/quantize";
import { generateWeights, readFixture, shaOf } from "./generator";

describe("linear, by hand", () => {
  test("symmetric 4-bit: s = max|w| / 7, ties to even", () => {
    // s = 7/7 = 1, so codes are rint(w)
    const { codes, scales, values, bits, error } = quantize(
      [-7, -2.5, -1.5, -0.5, 0, 0.5, 1.5, 3.4],
      linear({ bits: 4, per: "tensor" }),
    );
    expect([...codes]).toEqual([-7, -2, -2, 0, 0, 0, 2, 3]);
    expect([...(scales ?? [])]).toEqual([1]);
    expect([...values]).toEqual([-7, -2, -2, 0, 0, 0, 2, 3]);
    expect(bits).toBe(8 * 4 + 32);
    // 0.5² five times and 0.4² once
    expect(error.meanSquaredError).toBeCloseTo((5 * 0.25 + 0.16) / 8, 7);
    expect(error.maxAbsError).toBe(0.5);
  });

  test("asymmetric 2-bit: the zero point is whole, zero stays zero", () => {
    // lo = -1, hi = 2, s = 1, z = 1
    const { codes, scales, zeroPoints, values } = quantize(
      [-1, 0, 0.4, 2],
      linear({ bits: 2, symmetric: false, per: "tensor" }),
    );
    expect([...codes]).toEqual([0, 1, 1, 3]);
    expect([...(scales ?? [])]).toEqual([1]);
    expect([...(zeroPoints ?? [])]).toEqual([1]);
    expect([...values]).toEqual([-1, 0, 0, 2]);
  });

  test("asymmetric, all positive: the range still holds zero", () => {
    const { codes, zeroPoints } = quantize([3, 6, 0], linear({ bits: 2, symmetric: false, per: "tensor" }));
    expect([...(zeroPoints ?? [])]).toEqual([0]);
    expect([...codes]).toEqual([2, 3, 0]); // s = 2, 3/2 = 1.5 → 2
  });

  test("1 bit symmetric: ±mean|w|", () => {
    const { codes, values } = quantize([1, -2, 3, 0], linear({ bits: 1, per: "tensor" }));
    expect([...codes]).toEqual([1, -1, 1, 1]);
    expect([...values]).toEqual([1.5, -1.5, 1.5, 1.5]);
  });

  test("groups lie along the row, the last one is shorter, each with its scale", () => {
    const weights = [
      [7, 1, 14],
      [0, 0, 21],
    ];
    const { codes, scales, bits, quantized } = quantize(weights, linear({ bits: 4, group: 2 }));
    expect([...(scales ?? [])]).toEqual([1, 2, 0, 3]);
    expect([...codes]).toEqual([7, 1, 7, 0, 0, 7]);
    expect(quantized.tables[0].shape).toEqual([2, 2]);
    expect(bits).toBe(6 * 4 + 4 * 16);
  });

  test("a kernel (out, in, height, width) has one row per output channel", () => {
    const { scales } = quantize(
      Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 127 : 254)),
      linear({ bits: 8, per: "channel" }),
      { shape: [2, 2, 2, 2] },
    );
    expect([...(scales ?? [])]).toEqual([1, 2]);
  });

  test("a fixed step gives unbounded codes", () => {
    const { codes, values, quantized } = quantize([0.25, -3.1, 1000, 0.125], linear({ step: 0.25 }));
    expect(codes).toEqual(Int32Array.of(1, -12, 4000, 0));
    expect([...values]).toEqual([0.25, -3, 1000, 0]);
    expect(quantized.codeBits).toBe(13); // −4096…4095
  });

  test("percentile: nearest rank of |w|, weights outside are clamped", () => {
    const weights = [...Array.from({ length: 99 }, (_, i) => (i + 1) / 99), 50];
    const { scales, values } = quantize(weights, linear({ bits: 8, per: "tensor", percentile: 99 }));
    expect(scales?.[0]).toBe(Math.fround(1 / 127));
    expect(values[99]).toBeCloseTo(1, 6);
  });

  test("least squared error: as good as a search over 2,000 ranges, to 1 %", () => {
    const weights = generateWeights(512, 9);
    weights[3] = 0.5;
    const minmax = quantize(weights, linear({ bits: 3, per: "tensor" })).error.meanSquaredError;
    const found = quantize(weights, linear({ bits: 3, per: "tensor", range: "mse" })).error.meanSquaredError;
    let best = Infinity;
    for (let i = 1; i <= 2000; i++) {
      const scale = (0.5 / 3) * (i / 2000);
      const sum = weights.reduce((total, w) => {
        const q = Math.max(-3, Math.min(3, Math.round(w / scale)));
        return total + (w - scale * q) ** 2;
      }, 0);
      best = Math.min(best, sum / weights.length);
    }
    expect(found).toBeLessThan(minmax / 2);
    expect(found).toBeLessThan(best * 1.01);
  });
});

interface Case extends Required<Pick<LinearOptions, "bits" | "symmetric" | "per" | "scaleDtype">> {
  rows: number;
  columns: number;
  seed: number;
  group?: number;
  codes?: number[];
  scales?: number[];
  codesSha: string;
  scalesSha: string;
  zerosSha: string;
  valuesSha: string;
  meanSquaredError: number;
  maxAbsError: number;
}

describe("linear against numpy", () => {
  const cases = readFixture<Case[]>("quantize", "linear.json");
  const weightsOfCase = ({ rows, columns, seed }: Case) => {
    const weights = generateWeights(rows * columns, seed);
    if (rows === 3) weights.fill(0, 7, 14);
    if (rows === 5) {
      weights.fill(weights[300], 300, 600);
      weights[610] = 40;
    }
    return weights;
  };
  test.each(
    cases.map((c) => [
      `${c.rows}×${c.columns}, ${c.bits} bits, ${c.symmetric ? "" : "a"}symmetric, ${c.per} ${c.group ?? ""} ${c.scaleDtype}`,
      c,
    ]),
  )("%s", (_, c) => {
    const weights = weightsOfCase(c);
    const before = shaOf(weights);
    const { bits, symmetric, per, group, scaleDtype } = c;
    const result = quantize(
      weights,
      linear({ bits, symmetric, per, scaleDtype, ...(group !== undefined && { group }) }),
      {
        shape: [c.rows, c.columns],
      },
    );
    if (c.codes) expect([...result.codes]).toEqual(c.codes);
    if (c.scales) expect([...(result.scales ?? [])]).toEqual(c.scales);
    expect(shaOf(result.scales ?? new Float32Array())).toBe(c.scalesSha);
    expect(shaOf(new Int32Array(result.codes))).toBe(c.codesSha);
    const zeros = result.zeroPoints ?? new Int32Array(result.scales?.length ?? 0);
    expect(shaOf(Int32Array.from(zeros))).toBe(c.zerosSha);
    expect(shaOf(result.values)).toBe(c.valuesSha);
    expect(result.error.meanSquaredError).toBeCloseTo(c.meanSquaredError, 14);
    expect(result.error.maxAbsError).toBe(c.maxAbsError);
    expect(shaOf(weights)).toBe(before);
  });
});

describe("linear, awkward weights", () => {
  test("no weight at all, and a zero tensor", () => {
    expect(quantize([], linear({ bits: 4 })).bits).toBe(0);
    for (const bits of [1, 2, 8, 16])
      for (const symmetric of [true, false]) {
        const { values, error } = quantize(new Float32Array(10), linear({ bits, symmetric, group: 4 }));
        expect([...values]).toEqual(new Array(10).fill(0));
        expect(error.sqnrDb).toBeNull();
      }
  });

  test("NaN and infinity are refused by layer and index", () => {
    const run = (value: number) => quantize([1, 2, value], linear({ bits: 4 }), { name: "query.weight" });
    expect(() => run(NaN)).toThrow(NonFiniteError);
    expect(() => run(-Infinity)).toThrow("query.weight: weight 2 is -Infinity");
  });

  test("denormals keep the error bound", () => {
    const tiny = 2 ** -149;
    for (const scaleDtype of ["F32", "F16"] as const)
      for (const symmetric of [true, false]) {
        const weights = Float32Array.from([10, 3, -9, 1, 0], (x) => x * tiny);
        const { values, scales } = quantize(weights, linear({ bits: 4, per: "tensor", scaleDtype, symmetric }));
        for (let i = 0; i < 5; i++)
          expect(Math.abs(values[i] - weights[i])).toBeLessThanOrEqual((scales?.[0] ?? 0) / 2);
      }
  });

  test("weights beyond 2^126, codes beyond 32 bits: a clear refusal", () => {
    expect(() => quantize([3e38], linear({ bits: 4, per: "tensor" }))).toThrow("2^126");
    expect(() => quantize([1, 1e10], linear({ step: 1e-3 }))).toThrow("weight 1");
  });

  test("a shape that does not fit", () => {
    expect(() => quantize([1, 2, 3], linear({ bits: 4 }), { shape: [2, 2] })).toThrow(OptionError);
    expect(() => quantize([[1, 2], [3]], linear({ bits: 4 }))).toThrow("row 1");
  });
});

test("properties: the bound, zeros, the range of codes, determinism", () => {
  const finite = fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) });
  fc.assert(
    fc.property(
      fc.array(finite, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(2, 3, 4, 5, 6, 7, 8, 16),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      (list, bits, symmetric, group) => {
        const weights = Float32Array.from(list);
        const step = linear({ bits, symmetric, group, scaleDtype: "F32" });
        const { values, scales, codes, quantized } = quantize(weights, step);
        weights.forEach((w, i) => {
          const start = i - (i % group);
          const largest = weights.slice(start, start + group).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
          const scale = scales?.[Math.floor(i / group)] ?? NaN;
          expect(Math.abs(w - values[i])).toBeLessThanOrEqual(scale / 2 + largest * 2 ** -23);
          if (w === 0) expect(values[i]).toBe(0);
          expect(Math.abs(codes[i])).toBeLessThan(2 ** bits);
        });
        expect(dequantize(quantized)).toEqual(values);
      },
    ),
  );
});

describe("options", () => {
  test("a step is frozen, plain JSON, kind first, defaults filled in", () => {
    const step = linear({ bits: 4 });
    expect(Object.isFrozen(step)).toBe(true);
    expect(JSON.stringify(step)).toBe(
      '{"kind":"linear","bits":4,"symmetric":true,"per":"group","group":128,"range":"minmax","scaleDtype":"F16"}',
    );
    expect(linear({ bits: 8, per: "channel" }).scaleDtype).toBe("F32");
  });

  test("labels", () => {
    expect(quantizerLabel(linear({ bits: 4 }))).toBe("linear 4-bit g128");
    expect(quantizerLabel(linear({ bits: 8, symmetric: false, per: "channel", range: "mse" }))).toBe(
      "linear 8-bit asymmetric per channel mse",
    );
    expect(quantizerLabel(linear({ step: 0.01 }))).toBe("linear step 0.01");
  });

  test.each([
    [{ bit: 4 }, 'did you mean "bits"?'],
    [{}, "bits is undefined"],
    [{ bits: 9 }, "from 1 to 8, or 16"],
    [{ bits: 4, group: 0 }, "group is 0"],
    [{ bits: 4, group: 8, per: "tensor" }, 'per: "group"'],
    [{ bits: 4, per: "chanel" }, 'did you mean "channel"?'],
    [{ bits: 4, step: 1 }, "exclude each other"],
    [{ step: -1 }, "step is -1"],
    [{ bits: 4, symmetric: 1 }, "true or false"],
    [{ bits: 4, percentile: 99, range: "mse" }, "percentile goes with"],
    [{ bits: 1, range: "mse" }, "1 bit"],
  ])("%j is refused", (options, message) => {
    expect(() => linear(options as LinearOptions)).toThrow(message);
    expect(() => linear(options as LinearOptions)).toThrow(OptionError);
  });

  test("a step of another kind is named", () => {
    expect(() => quantize([1], { kind: "linaer" })).toThrow('did you mean "linear"?');
  });
});
