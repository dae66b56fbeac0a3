import { Random } from "../../../kernel/bytes/random";
import { encode } from "../../../kernel/encode/encode";
import { rans } from "../../../kernel/encode/rans";
import { entropyOfCodes } from "../../../kernel/measure/entropy";
import { linear } from "../../../kernel/quantize/linear";
import { dequantize, quantize, quantizerLabel } from "../../../kernel/quantize/quantize";
import {
  entropyStep,
  atOnce,
  countByClass,
  estimateBits,
  StepSearch,
  tableBitsPerCode,
} from "../../../kernel/quantize/target/entropy-step";

const normal = new Random(5).normals(40_000, 0.05);

describe("linear({ targetBits }) on one tensor", () => {
  test.each([0.5, 1, 2, 3.25, 4.5, 7])(
    "the codes' entropy and their table take %d bits, or 0.001 less",
    (targetBits) => {
      const { codes, quantized, values } = quantize(normal, linear({ targetBits }));
      const used = new Set(codes).size;
      const bits = entropyOfCodes(codes) + (used * tableBitsPerCode) / normal.length;
      expect(bits).toBeLessThanOrEqual(targetBits);
      expect(bits).toBeGreaterThan(targetBits - 0.0011);
      expect(dequantize(quantized)).toEqual(values);
      expect(encode(codes, rans()).bitsPerSymbol).toBeLessThan(targetBits + 0.02);
    },
  );

  test("a normal source at 4 bits: 1.53 dB below the Shannon bound, as Gish and Pierce have it", () => {
    const source = new Random(6).normals(400_000);
    const { error, codes } = quantize(source, linear({ targetBits: 4 }));
    const bound = 20 * Math.log10(2) * entropyOfCodes(codes);
    expect(bound - (error.sqnrDb ?? 0)).toBeCloseTo(10 * Math.log10((Math.PI * Math.E) / 6), 1);
  });

  test("zeros, one value, few values: the smallest step, nothing or next to nothing lost", () => {
    expect([...quantize(new Float32Array(9), linear({ targetBits: 1 })).values]).toEqual(new Array(9).fill(0));
    expect(quantize([0.5, 0.5, 0.5], linear({ targetBits: 2 })).error.maxAbsError).toBeLessThan(1e-4);
    const two = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 ? 0.3 : -0.3));
    expect(quantize(two, linear({ targetBits: 3 })).error.maxAbsError).toBeLessThan(1e-5);
    expect(quantize(new Float32Array(0), linear({ targetBits: 4 })).codes.length).toBe(0);
  });

  test("wrong options", () => {
    expect(() => linear({ targetBits: 0 })).toThrow("targetBits is 0");
    expect(() => linear({ targetBits: 4, bits: 4 })).toThrow("targetBits and bits exclude each other");
    expect(quantizerLabel(linear({ targetBits: 4.5 }))).toBe("linear to 4.5 bits");
    expect(() => quantize([NaN], linear({ targetBits: 4 }))).toThrow("weight 0 is NaN");
  });
});

test("the estimate from the classes is the real entropy within 1 %", () => {
  const counts = countByClass(normal);
  expect(counts.reduce((a, b) => a + b)).toBe(normal.length);
  for (const step of [0.2, 0.05, 0.01, 0.002]) {
    const codes = quantize(normal, linear({ step })).codes;
    const used = new Set(codes).size;
    const real = normal.length * entropyOfCodes(codes) + used * tableBitsPerCode;
    expect(Math.abs(estimateBits(counts, step) / real - 1)).toBeLessThan(0.01);
  }
});

describe("one step for all tensors", () => {
  const spread = [normal.map((w) => w * 4), normal, normal.map((w) => w / 16)].map((w) => Float32Array.from(w));

  test("tensors of unequal spread share the distortion: reverse water-filling", () => {
    const step = entropyStep(spread, 3);
    const results = spread.map((weights) => quantize(weights, linear({ step })));
    const bits = results.reduce((sum, { codes }) => sum + entropyOfCodes(codes) / 3, 0);
    expect(bits).toBeLessThan(3);
    expect(bits).toBeGreaterThan(2.98);
    const rates = results.map(({ codes }) => entropyOfCodes(codes));
    expect(rates[0] - rates[1]).toBeCloseTo(2, 1); // twice the spread, a bit more
    // better than three bits for each
    const equal = spread.map((weights) => quantize(weights, linear({ targetBits: 3 })));
    const squared = (all: typeof results) => all.reduce((sum, { error }) => sum + error.meanSquaredError, 0);
    expect(squared(results)).toBeLessThan(squared(equal) / 2);
  });

  test("a budget below the tables is refused; the search ends whatever the sizes are", () => {
    expect(() => {
      const search = new StepSearch([countByClass(normal)], 1);
      atOnce(search.start());
      while (!atOnce(search.observe(1e9)));
    }).toThrow("headers and tables alone take");
    const search = new StepSearch([countByClass(normal)], 2);
    atOnce(search.start());
    let rounds = 0;
    const jumps = (step: number) => (step > 0.03 ? 60_000 : 200_000); // never near 80,000
    while (!atOnce(search.observe(jumps(search.step)))) rounds++;
    expect(rounds).toBeLessThan(12);
    expect(search.best?.bits).toBe(60_000);
  });
});
