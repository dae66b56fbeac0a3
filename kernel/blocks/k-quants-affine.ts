/** Super-blocks of 256 weights in groups that have a scale and a minimum each: w′ = d·s·q − dmin·m, with s and m whole numbers of the
 *  group and d, dmin float16 of the super-block.
 *
 *  | type | bytes | bits per weight | groups  | s, m   | q      | layout |
 *  |------|-------|-----------------|---------|--------|--------|--------|
 *  | Q2_K | 84    | 2.625           | 16 × 16 | 4 bits | 0 … 3  | 16 scales (s low nibble, m high), 64 codes, d, dmin |
 *  | Q4_K | 144   | 4.5             | 8 × 32  | 6 bits | 0 … 15 | d, dmin, 12 scales, 128 codes |
 *  | Q5_K | 176   | 5.5             | 8 × 32  | 6 bits | 0 … 31 | d, dmin, 12 scales, 32 fifth bits, 128 codes |
 *
 *  1. Each group's scale and minimum by `affineScale`; errors weighed by |w| and taken absolute (Q2_K), or weighed by √(mean w² of the
 *     group) + |w|; with importance a by a·√(c·mean w² of the super-block + w²), c = 1 in Q2_K, else 2.
 *  2. d and dmin: the largest scale and minimum go to the top of their range; with importance by `positiveScale`, weighed by the groups'
 *     sums of weights.
 *  3. The codes again, from the scales as they are stored: q = rint((w + dmin·m) / (d·s)). A group with d·s = 0 keeps those of step 1.
 *  Source: ggml, src/ggml-quants.c (quantize_row_q{2,4,5}_K_ref and _impl). */
import { clamp, importanceWeights, nearestInteger, readHalf, sumOfSquares, writeHalf } from "./arithmetic";
import {
  bitPacking,
  crumbPlace,
  layoutOf,
  nibblePlace,
  type BlockCodec,
  type BlockName,
  type RowImportance,
} from "./block";
import { affineScale, affineSearch, positiveScale, positiveTrials, type AffineSearch } from "./scale-search";

const { abs, fround, sqrt, min: least } = Math;
const weightsOfBlock = 256;

const scales = new Float32Array(16);
const minima = new Float32Array(16);
const groupSums = new Float32Array(16);
const weights = new Float32Array(32);
const scaleCodes = new Uint8Array(16);
const minimumCodes = new Uint8Array(16);

interface Plain {
  readonly search: AffineSearch;
  /** Adds √(mean w²) of the group to the weight |w|. */
  readonly addRoot: boolean;
}

/** Scales and minima of the groups by step 1. */
function searchGroups(x: Float32Array, from: number, size: number, plain: Plain, codes: Uint8Array): void {
  for (let group = 0; group < weightsOfBlock / size; group++) {
    const first = from + group * size;
    const root = plain.addRoot ? fround(sqrt(fround(sumOfSquares(x, first, size) / size))) : 0;
    for (let i = 0; i < size; i++) weights[i] = root + abs(x[first + i]);
    const own = x.subarray(first, first + size);
    const minimum = minima.subarray(group);
    scales[group] = affineScale(size, plain.search, own, weights, codes.subarray(group * size), minimum);
  }
}

/** The same with importance, for the weights of one block. */
function searchWeighedGroups(
  x: Float32Array,
  size: number,
  search: AffineSearch,
  spread: number,
  importance: RowImportance,
  codes: Uint8Array,
): void {
  for (let group = 0; group < weightsOfBlock / size; group++) {
    const own = x.subarray(group * size, (group + 1) * size);
    importanceWeights(importance, group * size, spread, own, weights);
    let sum = 0;
    for (let i = 0; i < size; i++) sum = fround(sum + weights[i]);
    groupSums[group] = sum;
    const minimum = minima.subarray(group);
    scales[group] = affineScale(size, search, own, weights, codes.subarray(group * size), minimum);
  }
}

function largestOf(values: Float32Array, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) if (values[i] > largest) largest = values[i];
  return largest;
}

/** Step 3, for the weights of one group. */
function roundGroup(x: Float32Array, d: number, m: number, qmax: number, codes: Uint8Array): void {
  if (d === 0) return;
  for (let i = 0; i < x.length; i++) codes[i] = clamp(nearestInteger(fround(fround(x[i] + m) / d)), 0, qmax);
}

const q2Plain: Plain = { search: affineSearch(3, -0.5, 0.1, 15, true), addRoot: false };
const q2Weighed = affineSearch(3, -0.9, 0.05, 36, false);

const q2: BlockCodec = {
  name: "Q2_K",
  id: 10,
  ...layoutOf(weightsOfBlock, [
    ["scales", 16],
    ["codes", 64],
    ["d", 2],
    ["dmin", 2],
  ]),
  packing: bitPacking(weightsOfBlock, { bits: 2, place: crumbPlace(16) }),
  takesImportance: true,
  lists: (isWeighed) => [(isWeighed ? q2Weighed : q2Plain.search).numerators, positiveTrials(15)],
  encode(x, from, bytes, at, codes, importance) {
    let d: number;
    let dmin: number;
    if (importance) {
      const spread = fround(sumOfSquares(x, from, weightsOfBlock) / weightsOfBlock);
      searchWeighedGroups(x.subarray(from, from + weightsOfBlock), 16, q2Weighed, spread, importance, codes);
      d = writeHalf(bytes, at + 80, positiveScale(16, 15, scales, scaleCodes, groupSums));
      dmin = writeHalf(bytes, at + 82, positiveScale(16, 15, minima, minimumCodes, groupSums));
    } else {
      searchGroups(x, from, 16, q2Plain, codes);
      d = writeHalf(bytes, at + 80, spreadCodes(scales, 16, 15, scaleCodes));
      dmin = writeHalf(bytes, at + 82, spreadCodes(minima, 16, 15, minimumCodes));
    }
    for (let group = 0; group < 16; group++) {
      const packed = (scaleCodes[group] | (minimumCodes[group] << 4)) & 255;
      bytes[at + group] = packed;
      const scale = fround(d * (packed & 15));
      const own = x.subarray(from + 16 * group, from + 16 * group + 16);
      roundGroup(own, scale, fround(dmin * (packed >> 4)), 3, codes.subarray(16 * group));
    }
  },
  decode(bytes, at, codes, values, to) {
    const d = readHalf(bytes, at + 80);
    const dmin = readHalf(bytes, at + 82);
    for (let group = 0; group < 16; group++) {
      const scale = fround(d * (bytes[at + group] & 15));
      const m = fround(dmin * (bytes[at + group] >> 4));
      for (let i = 16 * group; i < 16 * group + 16; i++) values[to + i] = fround(scale * codes[i]) - m;
    }
  },
};

/** Whole numbers for values ≥ 0 (the few negative ones wrap as bytes do), the largest at `top`; returns the step between them. */
function spreadCodes(values: Float32Array, count: number, top: number, codes: Uint8Array): number {
  const largest = largestOf(values, count);
  const inverse = largest > 0 ? fround(top / largest) : 0;
  for (let i = 0; i < count; i++) codes[i] = largest > 0 ? nearestInteger(fround(inverse * values[i])) : 0;
  return largest > 0 ? fround(largest / top) : 0;
}

/** Eight scales and eight minima of 6 bits in 12 bytes: those of groups 0 to 3 in the low six bits of bytes 0 to 3 (s) and 4 to 7 (m);
 *  of groups 4 to 7 the low four bits in bytes 8 to 11 (s low nibble, m high) and the upper two on top of bytes 0 to 7. */
function writeScales(bytes: Uint8Array, at: number): void {
  for (let group = 0; group < 4; group++) {
    const [s, m] = [least(63, scaleCodes[group + 4]), least(63, minimumCodes[group + 4])];
    bytes[at + group] = least(63, scaleCodes[group]) | ((s >> 4) << 6);
    bytes[at + group + 4] = least(63, minimumCodes[group]) | ((m >> 4) << 6);
    bytes[at + group + 8] = (s & 15) | ((m & 15) << 4);
  }
}

function scaleAt(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group] & 63;
  return (bytes[at + group + 4] & 15) | ((bytes[at + group - 4] >> 6) << 4);
}

function minimumAt(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group + 4] & 63;
  return (bytes[at + group + 4] >> 4) | ((bytes[at + group] >> 6) << 4);
}

function sixBitScales(name: BlockName, id: number, bits: 4 | 5, plain: Plain): BlockCodec {
  const qmax = 2 ** bits - 1;
  const weighed = affineSearch(qmax, -0.9, 0.05, 36, false);
  const head: readonly (readonly [string, number])[] = [
    ["d", 2],
    ["dmin", 2],
    ["scales", 12],
  ];
  const layout =
    bits === 4
      ? layoutOf(weightsOfBlock, [...head, ["codes", 128]])
      : layoutOf(weightsOfBlock, [...head, ["codes, fifth bits", 32], ["codes", 128]]);
  const low = { bits: 4, place: nibblePlace(bits === 4 ? 16 : 48, 32) };
  return {
    name,
    id,
    ...layout,
    // The fifth bit of code i is bit ⌊i/32⌋ of byte i mod 32.
    packing:
      bits === 4
        ? bitPacking(weightsOfBlock, low)
        : bitPacking(weightsOfBlock, low, { bits: 1, place: (i) => [16 + (i & 31), i >> 5] }),
    takesImportance: true,
    lists: (isWeighed) => [(isWeighed ? weighed : plain.search).numerators, positiveTrials(63)],
    encode(x, from, bytes, at, codes, importance) {
      let d: number;
      let dmin: number;
      if (importance) {
        const spread = fround(fround(2 * sumOfSquares(x, from, weightsOfBlock)) / weightsOfBlock);
        searchWeighedGroups(x.subarray(from, from + weightsOfBlock), 32, weighed, spread, importance, codes);
        d = writeHalf(bytes, at, positiveScale(8, 63, scales, scaleCodes, groupSums));
        dmin = writeHalf(bytes, at + 2, positiveScale(8, 63, minima, minimumCodes, groupSums));
      } else {
        searchGroups(x, from, 32, plain, codes);
        d = writeHalf(bytes, at, spreadCodes(scales, 8, 63, scaleCodes));
        dmin = writeHalf(bytes, at + 2, spreadCodes(minima, 8, 63, minimumCodes));
      }
      writeScales(bytes, at + 4);
      for (let group = 0; group < 8; group++) {
        const scale = fround(d * scaleAt(bytes, at + 4, group));
        const m = fround(dmin * minimumAt(bytes, at + 4, group));
        const own = x.subarray(from + 32 * group, from + 32 * group + 32);
        roundGroup(own, scale, m, qmax, codes.subarray(32 * group));
      }
    },
    decode(bytes, at, codes, values, to) {
      const d = readHalf(bytes, at);
      const dmin = readHalf(bytes, at + 2);
      for (let group = 0; group < 8; group++) {
        const scale = fround(d * scaleAt(bytes, at + 4, group));
        const m = fround(dmin * minimumAt(bytes, at + 4, group));
        for (let i = 32 * group; i < 32 * group + 32; i++) values[to + i] = fround(scale * codes[i]) - m;
      }
    },
  };
}

export const affineKQuants: readonly BlockCodec[] = [
  q2,
  sixBitScales("Q4_K", 12, 4, { search: affineSearch(15, -1, 0.1, 20, false), addRoot: true }),
  sixBitScales("Q5_K", 13, 5, { search: affineSearch(31, -0.5, 0.1, 15, false), addRoot: true }),
];
