import { countSymbols, entropyOfCodes } from "../../kernel/measure/entropy";
import { measureError, sumErrors } from "../../kernel/measure/error";
import { countHistogram, robustRange } from "../../kernel/measure/histogram";
import { countZeros } from "../../kernel/measure/sparsity";
import { packCodes, unpackCodes } from "../../kernel/stored/pack-bits";
import {
  checkFiniteFast,
  countSymbolsFast,
  entropyOfCodesFast,
  levelsOf,
  measureLayer,
  robustRangeFast,
  sumErrorsFast,
} from "../../kernel/loops/measures";
import { release, reserve, roomForFloats } from "../../kernel/simd/layer-memory";
import { countCodes, extremeRanks, packBits, unpackBits } from "../../kernel/simd/measures";
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
const counts = [0, 1, 2, 3, 5, 70, 16_384, 16_387, 100_001];

/** What the layer's job has in the kernels' memory, and what it has on the heap. */
const places: Record<string, (values: Float32Array) => Float32Array> = {
  heap: (values) => values,
  room: (values) => {
    const inside = roomForFloats(values.length);
    inside.set(values);
    return inside;
  },
};

afterEach(release);

describe.each(Object.keys(places))("on the %s", (place) => {
  test.each(Object.keys(kinds))("%s values: sums, zeros, histograms, range, levels are the plain ones", (kind) => {
    for (const count of counts) {
      reserve(place === "room" ? 16 * count + 4096 : 0);
      const before = places[place](kinds[kind](count));
      const after = places[place](before.map((w) => Math.fround(Math.round(w * 30) / 30)));
      const where = `${kind} × ${count}`;
      const range = robustRange(before);
      expect([where, robustRangeFast(before)]).toEqual([where, range]);
      expect([where, measureLayer(before, after)]).toEqual([
        where,
        {
          sums: sumErrors(before, after),
          zeros: countZeros(after),
          histogramBefore: countHistogram(before, range),
          histogramAfter: countHistogram(after, range),
        },
      ]);
      expect([where, sumErrorsFast(before, after)]).toEqual([where, sumErrors(before, after)]);
      const distinct = [...new Set(after)].sort((a, b) => a - b);
      expect([where, levelsOf(after)]).toEqual([where, distinct.length > 256 ? undefined : distinct]);
      expect(() => checkFiniteFast(before, "linear", "layer")).not.toThrow();
    }
  });
});

test("sums by hand", () => {
  const { sums, zeros } = measureLayer(Float32Array.of(1, -2, 3), Float32Array.of(0, -2, 5));
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

test("values that are not finite: found wherever they stand, and summed as plainly", () => {
  for (const bad of [NaN, Infinity, -Infinity])
    for (const [count, at] of [
      [1, 0],
      [9, 8],
      [20_000, 19_999],
      [20_000, 16_383],
    ]) {
      const values = gaussianWeights(count, 1);
      values[at] = bad;
      expect(() => checkFiniteFast(values, "linear", "layer")).toThrow(/layer/);
      const before = gaussianWeights(count, 1);
      expect(sumErrorsFast(before, values)).toEqual(sumErrors(before, values));
      expect(measureError(before, values).maxAbsError).toBe(sumErrorsFast(before, values).maxAbsError);
    }
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

test.each([0, 1, 7, 8, 9, 4096, 65_539])("%d codes of each type: counts and entropy are the plain ones", (count) => {
  const bytes = randomBytes(count, 5);
  const arrays = [
    bytes,
    bytes.map((byte) => byte % 3),
    new Int8Array(bytes.buffer),
    Int32Array.from(bytes, (byte) => byte * 7 - 900),
    Int32Array.from(bytes, (byte) => byte * 1_000_003),
    Int16Array.from(bytes, (byte) => byte * 100 - 12_000),
    Uint16Array.from(bytes, (byte) => byte * 256),
  ];
  for (const codes of arrays) {
    expect(countSymbolsFast(codes)).toEqual(countSymbols(codes));
    expect(entropyOfCodesFast(codes)).toBe(entropyOfCodes(codes));
  }
  expect(countCodes(arrays[4]) === undefined).toBe(count !== 1);
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
