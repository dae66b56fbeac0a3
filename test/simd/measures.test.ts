import { measureChange } from "../../kernel/measure/change";
import { packCodes, unpackCodes } from "../../kernel/stored/packed-codes";
import { extremeRanks, packBits, unpackBits } from "../../kernel/simd/measures";
import { adversarialWeights, gaussianWeights, randomBytes } from "../blocks/weights";

/** Values on which a difference in the order of sums, at the edges of bins, or in the sign of zero would show. */
const kinds: Record<string, (count: number) => Float32Array> = {
  gaussian: (count) => gaussianWeights(count, 3),
  adversarial: (count) => adversarialWeights(count, 4),
  "half zeros": (count) => gaussianWeights(count, 5).map((w, i) => (i % 2 === 0 ? w : i % 4 === 1 ? 0 : -0)),
  zeros: (count) => new Float32Array(count),
  "nearly all zeros": (count) => gaussianWeights(count, 9).map((w, i) => (i % 5000 === 7 ? w : i % 3 === 0 ? -0 : 0)),
  constant: (count) => new Float32Array(count).fill(0.25),
  "few levels": (count) => gaussianWeights(count, 6).map((w) => Math.round(w * 100) / 100),
  huge: (count) => gaussianWeights(count, 7).map((w) => w * 1e39),
  ascending: (count) => new Float32Array(count).map((_, i) => i - count / 3),
  "one outlier": (count) => gaussianWeights(count, 8).map((w, i) => (i === count >> 1 ? 1e6 : w)),
};

test("sums by hand", () => {
  const { sums, zeros } = measureChange(Float32Array.of(1, -2, 3), Float32Array.of(0, -2, 5));
  expect(sums).toEqual({
    count: 3,
    squaredError: 5,
    squaredBefore: 14,
    squaredAfter: 29,
    product: 19,
    maxAbsError: 2,
  });
  expect(zeros).toBe(1);
});

test("extreme ranks: those of the sorted values for small cuts; the rest is left to sorting", () => {
  for (const [kind, draw] of Object.entries(kinds)) {
    const values = draw(200_000);
    const sorted = values.slice().sort();
    for (const cut of [0, 1, 100, 700]) {
      const ends = extremeRanks(values, cut);
      if (!ends) continue;
      expect([kind, cut, ends.low + 0, ends.high + 0]).toEqual([
        kind,
        cut,
        sorted[cut] + 0,
        sorted[sorted.length - 1 - cut] + 0,
      ]);
    }
  }
  expect(extremeRanks(gaussianWeights(200_000, 1), 100)).toBeDefined();
  expect(extremeRanks(kinds["nearly all zeros"](200_000), 100)).toBeDefined();
  expect(extremeRanks(gaussianWeights(200_000, 1), 50_000)).toBeUndefined();
  expect(extremeRanks(gaussianWeights(100, 1), 1)).toBeUndefined();
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])("%d-bit codes pack to their places and come back", (bits) => {
  for (const count of [0, 1, 7, 8, 15, 16, 17, 16_384, 16_391, 50_003])
    for (const first of [0, -(2 ** (bits - 1))]) {
      const numbers = randomBytes(count, bits).map((byte) => byte % 2 ** bits);
      const codes = first < 0 ? Int8Array.from(numbers, (n) => n + first) : numbers;
      const expected = new Uint8Array(Math.ceil((count * bits) / 8));
      numbers.forEach((number, i) => {
        for (let b = 0; b < bits; b++) expected[(i * bits + b) >> 3] |= ((number >> b) & 1) << ((i * bits + b) & 7);
      });
      const packed = new Uint8Array(expected.length);
      packBits(codes, bits, first, packed);
      expect([count, first, Buffer.compare(packed, expected)]).toEqual([count, first, 0]);
      const back = first < 0 ? new Int8Array(count) : new Uint8Array(count);
      unpackBits(packed, bits, first, back);
      expect([count, first, Buffer.compare(Buffer.from(back.buffer), Buffer.from(codes.buffer))]).toEqual([
        count,
        first,
        0,
      ]);
      const stored = packCodes(codes, bits);
      expect(unpackCodes(stored)).toEqual(codes);
    }
});
