import fc from "fast-check";
import { Random } from "../../kernel/bytes/random";
import { decode, encode, rans } from "../../kernel/encode";
import { entropyOfCodes } from "../../kernel/measure";
import { dequantize, linear, quantize, quantizerLabel } from "../../kernel/quantize";
import { trellis } from "../../kernel/quantize/trellis";
import { automatonOf, segmentLength } from "../../kernel/loops/trellis";
import { readFixture } from "./generator";

interface Case {
  readonly states: number;
  readonly seed: number;
  readonly step: number;
  readonly codes: readonly number[];
}

/** As in make_trellis.py. */
function fixtureWeights(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    let total = 0;
    for (let k = 0; k < 4; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      total += state / 2 ** 32 - 0.5;
    }
    return total;
  });
}

test.each(readFixture<Case[]>("quantize", "trellis.json"))(
  "$states states, seed $seed, step $step: the codes of an implementation that knows the parity checks only",
  ({ states, seed, step, codes }) => {
    expect([...quantize(fixtureWeights(codes.length, seed), trellis({ step, states })).codes]).toEqual(codes);
  },
);

test("by hand: four states, three weights", () => {
  // States 0 and 2 take grid 0, states 1 and 3 grid 1. An even code leads 0→0, 1→2, 2→1, 3→3; an odd code flips the lowest bit.
  expect(automatonOf(4)).toEqual({ afterEven: Uint8Array.of(0, 2, 1, 3), flip: 1, turn: 0 });
  // 1 is a level of grid 0 (k = 1, odd): 0 → 1. There grid 1 has 0.5 (k = 0, even): 1 → 2. There grid 0 has 2 (k = 2). No error at all.
  const { codes, values } = quantize([1, 0.5, 2], trellis({ step: 1, states: 4 }));
  expect([[...codes], [...values]]).toEqual([
    [1, 0, 2],
    [1, 0.5, 2],
  ]);
  // 0.5 first is out of reach of grid 0, where every path begins: it becomes 0 or 1.
  expect([0, 1]).toContain(quantize([0.5], trellis({ step: 1, states: 4 })).values[0]);
});

test.each([4, 8, 16, 32, 64, 128, 256])("%d states: every path meets Ungerboeck's parity check", (states) => {
  const octal: Record<number, [string, string]> = {
    ...{ 4: ["5", "2"], 8: ["13", "04"], 16: ["23", "04"], 32: ["45", "10"], 64: ["103", "024"], 128: ["235", "126"] },
    256: ["515", "362"],
  };
  const width = Math.log2(states);
  const [h0, h1] = octal[states].map((digits) =>
    [
      ...parseInt(digits, 8)
        .toString(2)
        .padStart(width + 1, "0"),
    ].map(Number),
  );
  const { afterEven, flip } = automatonOf(states);
  expect(new Set(afterEven).size).toBe(states);
  const random = new Random(states);
  const grids: number[] = [];
  const parities: number[] = [];
  for (let n = 0, state = 0; n < 500; n++) {
    const odd = random.uniform() < 0.5 ? 1 : 0;
    grids.push(state & 1);
    parities.push(odd);
    state = afterEven[state] ^ (odd ? flip : 0);
    const check = h0.reduce((sum, bit, i) => sum + bit * (grids[n - i] ?? 0) + h1[i] * (parities[n - i] ?? 0), 0);
    expect(check % 2).toBe(0);
  }
});

test("no sequence of codes is nearer: all paths of ten weights tried", () => {
  const weight = fc.double({ min: -4, max: 4, noNaN: true });
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 10 }), fc.constantFrom(4, 8, 16), (list, states) => {
      const weights = Float32Array.from(list);
      const found = quantize(weights, trellis({ step: 1, states }));
      const squared = (values: ArrayLike<number>) => weights.reduce((sum, w, i) => sum + (w - values[i]) ** 2, 0);
      const { afterEven, flip } = automatonOf(states);
      let least = Infinity;
      for (let path = 0; path < 2 ** weights.length; path++) {
        let state = 0;
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          const odd = (path >> i) & 1;
          const offset = odd + (state & 1) / 2;
          sum += (weights[i] - (2 * Math.round((weights[i] - offset) / 2) + offset)) ** 2;
          state = afterEven[state] ^ (odd ? flip : 0);
        }
        least = Math.min(least, sum);
      }
      expect(squared(found.values)).toBeLessThanOrEqual(least + 1e-5);
      expect(dequantize(found.quantized)).toEqual(found.values);
    }),
    { numRuns: 200 },
  );
});

test("at equal bits the error falls as the literature has it (granular gain of 1.33 dB at 256 states)", () => {
  const source = new Random(6).normals(200_000);
  const below = (codes: ArrayLike<number>, sqnrDb: number | null) =>
    20 * Math.log10(2) * entropyOfCodes(Int32Array.from(codes)) - (sqnrDb ?? 0);
  const scalar = quantize(source, linear({ step: 0.26 }));
  const gains = [4, 8, 16, 64, 256].map((states) => {
    const coded = quantize(source, trellis({ step: 0.26, states }));
    return below(scalar.codes, scalar.error.sqnrDb) - below(coded.codes, coded.error.sqnrDb);
  });
  // Marcellin and Fischer 1990, Table I, for the uniform source: 0.99, 1.09, 1.16, 1.27, 1.33 dB.
  [0.99, 1.09, 1.16, 1.27, 1.33].forEach((expected, i) => expect(Math.abs(gains[i] - expected)).toBeLessThan(0.04));
});

test("segments are independent: the second is coded as if it stood alone", () => {
  const weights = new Random(3).normals(segmentLength + 1000);
  const { codes, values } = quantize(weights, trellis({ step: 0.5 }));
  const second = quantize(weights.slice(segmentLength), trellis({ step: 0.5 }));
  expect(Buffer.compare(Buffer.from(codes.slice(segmentLength).buffer), Buffer.from(second.codes.buffer))).toBe(0);
  expect(values.slice(segmentLength)).toEqual(second.values);
});

test("targetBits is kept, and the coder gives back every code", () => {
  const weights = new Random(9).normals(60_000, 0.04);
  const { codes, entropyBits, error } = quantize(weights, trellis({ targetBits: 4 }));
  const stream = encode(codes, rans());
  expect(entropyBits).toBeLessThan(4.01);
  expect(stream.bitsPerSymbol).toBeLessThan(4.03);
  expect(decode(stream)).toEqual(codes);
  const uniform = quantize(weights, linear({ targetBits: 4 }));
  expect((error.sqnrDb ?? 0) - (uniform.error.sqnrDb ?? 0)).toBeGreaterThan(1);
});

test("zeros, one outlier, nothing; what is refused", () => {
  expect(quantize(new Float32Array(5), trellis({ step: 1 })).error.maxAbsError).toBeLessThanOrEqual(0.5);
  expect(quantize(new Float32Array(0), trellis({ step: 1 })).codes.length).toBe(0);
  expect(quantize([1e6, 0, 0], trellis({ step: 1 })).values[0]).toBe(1e6);
  expect(() => quantize([1e7], trellis({ step: 1 }))).toThrow("weight 0 of the tensor is 10000000, beyond 2^22 steps");
  expect(() => quantize([NaN], trellis({ step: 1 }))).toThrow("weight 0 is NaN");
  expect(() => trellis({ step: 1, targetBits: 4 })).toThrow("either step");
  expect(() => trellis({})).toThrow("either step");
  expect(() => trellis({ step: 1, states: 12 })).toThrow("it takes 4, 8, 16, 32, 64, 128, 256");
  expect(() => trellis({ step: 1, state: 8 } as object)).toThrow('did you mean "states"');
  expect(quantizerLabel(trellis({ targetBits: 4.5 }))).toBe("trellis 8 states to 4.5 bits");
});
