/** Super-blocks of 256 weights in three values: w′ = d·(q − 1), q ∈ {0, 1, 2}, d = max|w| as float16, q − 1 = w/d rounded, halves away
 *  from zero. Made for weights that are ternary already (BitNet b1.58, TriLM).
 *
 *  TQ1_0, 54 bytes, 1.6875 bits per weight: 52 bytes of codes, d. A byte holds five codes as the digits of a number n < 243 in base 3,
 *  stored as ⌈256·n/243⌉, so that digit k is the integer part of 3·frac(byte·3^k/256). Weights 0–159 in bytes 0–31, byte m the weights
 *  m + 32k; 160–239 in bytes 32–47, 160 + m + 16k; 240–255 in bytes 48–51, four to a byte, 240 + m + 4k.
 *  TQ2_0, 66 bytes, 2.0625 bits per weight: 64 bytes of codes, d. Two bits a code, as in Q2_K.
 *  Source: ggml, src/ggml-quants.c (quantize_row_tq1_0_ref, quantize_row_tq2_0_ref). */
import { peakOf, readHalf, roundHalfAway, writeHalf } from "./arithmetic";
import { bitPacking, crumbPlace, layoutOf, type BlockCodec, type BlockName, type Packing } from "./block";

const { abs, floor, fround } = Math;
const weights = 256;

/** Runs of bytes: first byte, bytes, first weight, digits per byte. */
const runs: readonly (readonly [number, number, number, number])[] = [
  [0, 32, 0, 5],
  [32, 16, 160, 5],
  [48, 4, 240, 4],
];

const digits: Packing = {
  bytes: 52,
  pack(codes, bytes, at) {
    for (const [first, count, from, perByte] of runs)
      for (let m = 0; m < count; m++) {
        let n = 0;
        for (let k = 0; k < 5; k++) n = 3 * n + (k < perByte ? codes[from + m + k * count] : 0);
        bytes[at + first + m] = floor((256 * n + 242) / 243);
      }
  },
  unpack(bytes, at, codes) {
    for (const [first, count, from, perByte] of runs)
      for (let m = 0; m < count; m++) {
        let fraction = bytes[at + first + m];
        for (let k = 0; k < perByte; k++) {
          codes[from + m + k * count] = (3 * fraction) >> 8;
          fraction = (3 * fraction) & 255;
        }
      }
  },
};

function ternary(name: BlockName, id: number, codeBytes: number, packing: Packing): BlockCodec {
  return {
    name,
    id,
    ...layoutOf(weights, [
      ["codes", codeBytes],
      ["d", 2],
    ]),
    packing,
    encode(x, from, bytes, at, codes) {
      const d = abs(peakOf(x, from, weights));
      const inverse = d !== 0 ? fround(1 / d) : 0;
      writeHalf(bytes, at + codeBytes, d);
      for (let i = 0; i < weights; i++) codes[i] = roundHalfAway(fround(x[from + i] * inverse)) + 1;
    },
    decode(bytes, at, codes, values, to) {
      const d = readHalf(bytes, at + codeBytes);
      for (let i = 0; i < weights; i++) values[to + i] = d * (codes[i] - 1);
    },
  };
}

export const ternaryBlocks: readonly BlockCodec[] = [
  ternary("TQ1_0", 34, 52, digits),
  ternary("TQ2_0", 35, 64, bitPacking(weights, { bits: 2, place: crumbPlace(0) })),
];
