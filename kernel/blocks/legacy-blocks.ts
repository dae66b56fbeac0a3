/** ggml's blocks of 32 weights with one scale d, and in the _1 types a minimum m, as little-endian float16.
 *
 *  | type | bytes | layout                  | w′          | q       |
 *  |------|-------|-------------------------|-------------|---------|
 *  | Q4_0 | 18    | d, 16 codes bytes       | d·(q − 8)   | 0 … 15  |
 *  | Q4_1 | 20    | d, m, 16                | d·q + m     | 0 … 15  |
 *  | Q5_0 | 22    | d, 4 fifth bits, 16     | d·(q − 16)  | 0 … 31  |
 *  | Q5_1 | 24    | d, m, 4 fifth bits, 16  | d·q + m     | 0 … 31  |
 *  | Q8_0 | 34    | d, 32                   | d·q         | −127 … 127 |
 *
 *  _0: the weight of greatest magnitude goes to code 0 (d = peak/−8, peak/−16), rounding is ⌊w/d + 8.5⌋ with an end cut off.
 *  _1: d = (max − min)/15 or /31, m = min, q = ⌊(w − m)/d + 0.5⌋. Q8_0: d = max|w|/127, halves away from zero.
 *  d for the codes is the float32; float16 is rounded afterwards. Error: |w − w′| ≤ d in Q4_0 and Q5_0 (d/2 but at the cut end), d/2 in
 *  the others, and the rounding of d and m to float16.
 *  With importance a: the scale searches of scale-search.ts, the errors weighed by a·√(mean of w² over the row + w²). Q8_0 ignores it.
 *  Source: ggml, src/ggml-quants.c (quantize_row_q*_ref, quantize_row_q*_impl). */
import { importanceWeights, peakOf, readHalf, roundHalfAway, truncateToByte, writeHalf } from "./arithmetic";
import { bitPacking, layoutOf, nibblePlace, type BlockCodec, type BlockName, type Packing } from "./block";
import { affineScale, affineSearch, symmetricScale, symmetricTrials } from "./scale-search";

const { abs, fround } = Math;
const count = 32;
const weights = new Float32Array(count);
const minimum = new Float32Array(1);

function nibbles(at: number): Packing {
  return bitPacking(count, { bits: 4, place: nibblePlace(at, 16) });
}

/** The fifth bit of code i is bit i of the little-endian word at `high`. */
function nibblesAndFifthBits(at: number, high: number): Packing {
  return bitPacking(
    count,
    { bits: 4, place: nibblePlace(at, 16) },
    { bits: 1, place: (i) => [high + (i >> 3), i & 7] },
  );
}

function centred(name: BlockName, id: number, bits: 4 | 5): BlockCodec {
  const half = 2 ** (bits - 1);
  const trials = symmetricTrials(half);
  const layout =
    bits === 4
      ? layoutOf(count, [
          ["d", 2],
          ["codes", 16],
        ])
      : layoutOf(count, [
          ["d", 2],
          ["codes, fifth bits", 4],
          ["codes", 16],
        ]);
  return {
    name,
    id,
    ...layout,
    packing: bits === 4 ? nibbles(2) : nibblesAndFifthBits(6, 2),
    takesImportance: true,
    lists: () => [trials],
    encode(x, from, bytes, at, codes, importance) {
      if (importance) {
        const own = x.subarray(from, from + count);
        importanceWeights(importance, 0, importance.meanSquare, own, weights);
        writeHalf(bytes, at, symmetricScale(count, half, trials, own, weights, codes));
        return;
      }
      const d = fround(peakOf(x, from, count) / -half);
      const inverse = d !== 0 ? fround(1 / d) : 0;
      writeHalf(bytes, at, d);
      for (let i = 0; i < count; i++) {
        const code = truncateToByte(fround(fround(x[from + i] * inverse) + (half + 0.5)));
        codes[i] = code < 2 * half ? code : 2 * half - 1;
      }
    },
    decode(bytes, at, codes, values, to) {
      const d = readHalf(bytes, at);
      for (let i = 0; i < count; i++) values[to + i] = d * (codes[i] - half);
    },
  };
}

function shifted(name: BlockName, id: number, bits: 4 | 5): BlockCodec {
  const qmax = 2 ** bits - 1;
  const search = affineSearch(qmax, -0.9, 0.05, 36, false);
  const layout =
    bits === 4
      ? layoutOf(count, [
          ["d", 2],
          ["m", 2],
          ["codes", 16],
        ])
      : layoutOf(count, [
          ["d", 2],
          ["m", 2],
          ["codes, fifth bits", 4],
          ["codes", 16],
        ]);
  return {
    name,
    id,
    ...layout,
    packing: bits === 4 ? nibbles(4) : nibblesAndFifthBits(8, 4),
    takesImportance: true,
    lists: () => [search.numerators],
    encode(x, from, bytes, at, codes, importance) {
      if (importance) {
        const own = x.subarray(from, from + count);
        importanceWeights(importance, 0, importance.meanSquare, own, weights);
        writeHalf(bytes, at, affineScale(count, search, own, weights, codes, minimum));
        writeHalf(bytes, at + 2, -minimum[0]);
        return;
      }
      let min = x[from];
      let max = x[from];
      for (let i = 1; i < count; i++) {
        const value = x[from + i];
        if (value < min) min = value;
        if (value > max) max = value;
      }
      const d = fround(fround(max - min) / qmax);
      const inverse = d !== 0 ? fround(1 / d) : 0;
      writeHalf(bytes, at, d);
      writeHalf(bytes, at + 2, min);
      for (let i = 0; i < count; i++) {
        const code = truncateToByte(fround(fround(fround(x[from + i] - min) * inverse) + 0.5));
        codes[i] = code < qmax ? code : qmax;
      }
    },
    decode(bytes, at, codes, values, to) {
      const d = readHalf(bytes, at);
      const m = readHalf(bytes, at + 2);
      for (let i = 0; i < count; i++) values[to + i] = fround(d * codes[i]) + m;
    },
  };
}

const q8: BlockCodec = {
  name: "Q8_0",
  id: 8,
  ...layoutOf(count, [
    ["d", 2],
    ["codes", 32],
  ]),
  signed: true,
  packing: {
    bytes: 32,
    pack: (codes, bytes, at) => {
      for (let i = 0; i < count; i++) bytes[at + 2 + i] = codes[i];
    },
    unpack: (bytes, at, codes) => {
      for (let i = 0; i < count; i++) codes[i] = bytes[at + 2 + i];
    },
  },
  encode(x, from, bytes, at, codes) {
    const d = fround(abs(peakOf(x, from, count)) / 127);
    const inverse = d !== 0 ? fround(1 / d) : 0;
    writeHalf(bytes, at, d);
    for (let i = 0; i < count; i++) codes[i] = roundHalfAway(fround(x[from + i] * inverse));
  },
  decode(bytes, at, codes, values, to) {
    const d = readHalf(bytes, at);
    for (let i = 0; i < count; i++) values[to + i] = d * ((codes[i] << 24) >> 24);
  },
};

export const legacyBlocks: readonly BlockCodec[] = [
  centred("Q4_0", 2, 4),
  shifted("Q4_1", 3, 4),
  centred("Q5_0", 6, 5),
  shifted("Q5_1", 7, 5),
  q8,
];
