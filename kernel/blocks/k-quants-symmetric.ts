/** Super-blocks of 256 weights in 16 groups of 16 that have a scale each: w′ = d·s·(q − 2^(bits−1)), s a whole number of the group and d
 *  a float16 of the super-block.
 *
 *  | type | bytes | bits per weight | s                 | q      | layout |
 *  |------|-------|-----------------|-------------------|--------|--------|
 *  | Q3_K | 110   | 3.4375          | 6 bits, −32 … 31  | 0 … 7  | 32 third bits, 64 codes, 12 scales, d |
 *  | Q6_K | 210   | 6.5625          | 8 bits, −128 … 127| 0 … 63 | 128 low nibbles, 64 upper bits, 16 scales, d |
 *
 *  1. Each group's scale: Q3_K by `descendedScale`, with importance a by `symmetricScale` weighed by a·√(2·mean w² of the super-block +
 *     w²); Q6_K by `symmetricScale` weighed by w², or by a itself.
 *  2. d: the scale of greatest magnitude goes to the negative end of the range (−32, −128); Q3_K with importance by `symmetricScale` over
 *     the scales, weighed by the groups' sums of weights.
 *  3. The codes again, from the scales as they are stored: rint(w / (d·s)). A group with d·s = 0 keeps those of step 1.
 *  Source: ggml, src/ggml-quants.c (quantize_row_q{3,6}_K_ref and _impl). */
import { clamp, importanceWeights, nearestInteger, peakOf, readHalf, sumOfSquares, writeHalf } from "./arithmetic";
import { bitPacking, crumbPlace, layoutOf, type BlockCodec } from "./block";
import { descendedScale, symmetricScale, symmetricTrials, zeroBelow } from "./scale-search";

const { abs, fround, min: least } = Math;
const weightsOfBlock = 256;
const groups = 16;
const size = 16;

const scales = new Float32Array(groups);
const groupSums = new Float32Array(groups);
const scaleCodes = new Uint8Array(groups);
const weights = new Float32Array(size);

/** Step 3, for one group. */
function roundGroup(
  x: Float32Array,
  from: number,
  d: number,
  half: number,
  codes: Uint8Array,
  codesFrom: number,
): void {
  if (d === 0) return;
  for (let i = 0; i < size; i++)
    codes[codesFrom + i] = clamp(nearestInteger(fround(x[from + i] / d)), -half, half - 1) + half;
}

const trials4 = symmetricTrials(4);
const trials32 = symmetricTrials(32);

/** Sixteen scales + 32, of 6 bits, in 12 bytes: the low four bits of scale g in the nibbles of byte g mod 8 (low for g < 8), the upper two
 *  in bits 2·⌊g/4⌋ of byte 8 + g mod 4. */
function readScale3(bytes: Uint8Array, at: number, group: number): number {
  const low = group < 8 ? bytes[at + group] & 15 : bytes[at + group - 8] >> 4;
  return (low | (((bytes[at + 8 + (group & 3)] >> (2 * (group >> 2))) & 3) << 4)) - 32;
}

function writeScale3(bytes: Uint8Array, at: number, group: number, code: number): void {
  bytes[at + (group & 7)] |= (code & 15) << (group < 8 ? 0 : 4);
  bytes[at + 8 + (group & 3)] |= (code >> 4) << (2 * (group >> 2));
}

const q3: BlockCodec = {
  name: "Q3_K",
  id: 11,
  ...layoutOf(weightsOfBlock, [
    ["codes, third bits", 32],
    ["codes", 64],
    ["scales", 12],
    ["d", 2],
  ]),
  // The third bit of code i is bit ⌊i/32⌋ of byte i mod 32.
  packing: bitPacking(weightsOfBlock, { bits: 2, place: crumbPlace(32) }, { bits: 1, place: (i) => [i & 31, i >> 5] }),
  takesImportance: true,
  lists: () => [trials4, trials32],
  encode(x, from, bytes, at, codes, importance) {
    let d: number;
    bytes.fill(0, at + 96, at + 108);
    if (importance) {
      const spread = fround(fround(2 * sumOfSquares(x, from, weightsOfBlock)) / weightsOfBlock);
      for (let group = 0; group < groups; group++) {
        const own = x.subarray(from + size * group, from + size * (group + 1));
        importanceWeights(importance, size * group, spread, own, weights);
        let sum = 0;
        for (let i = 0; i < size; i++) sum = fround(sum + weights[i]);
        groupSums[group] = sum;
        scales[group] = symmetricScale(size, 4, trials4, own, weights, codes.subarray(size * group));
      }
      d = writeHalf(bytes, at + 108, symmetricScale(groups, 32, trials32, scales, groupSums, scaleCodes));
      for (let group = 0; group < groups; group++) writeScale3(bytes, at + 96, group, scaleCodes[group]);
    } else {
      for (let group = 0; group < groups; group++)
        scales[group] = descendedScale(size, 4, x.subarray(from + size * group), codes.subarray(size * group));
      const largest = peakOf(scales, 0, groups);
      const inverse = fround(-32 / largest);
      d = writeHalf(bytes, at + 108, largest !== 0 ? fround(1 / inverse) : 0);
      if (largest !== 0)
        for (let group = 0; group < groups; group++) {
          const code = (nearestInteger(fround(inverse * scales[group])) << 24) >> 24;
          writeScale3(bytes, at + 96, group, clamp(code, -32, 31) + 32);
        }
    }
    for (let group = 0; group < groups; group++) {
      const scale = fround(d * readScale3(bytes, at + 96, group));
      roundGroup(x, from + size * group, scale, 4, codes, size * group);
    }
  },
  decode(bytes, at, codes, values, to) {
    const d = readHalf(bytes, at + 108);
    for (let group = 0; group < groups; group++) {
      const scale = fround(d * readScale3(bytes, at + 96, group));
      for (let i = size * group; i < size * group + size; i++) values[to + i] = scale * (codes[i] - 4);
    }
  },
};

const q6: BlockCodec = {
  name: "Q6_K",
  id: 14,
  ...layoutOf(weightsOfBlock, [
    ["codes", 128],
    ["codes, upper bits", 64],
    ["scales", 16],
    ["d", 2],
  ]),
  // Of 128 codes, code j has its low nibble in byte j mod 64 (low half of the byte for j < 64), its upper two bits as in crumbPlace.
  packing: bitPacking(
    weightsOfBlock,
    { bits: 4, place: (i) => [64 * (i >> 7) + (i & 63), (i & 64) === 0 ? 0 : 4] },
    { bits: 2, place: crumbPlace(128) },
  ),
  takesImportance: true,
  lists: () => [trials32],
  encode(x, from, bytes, at, codes, importance) {
    for (let group = 0; group < groups; group++) {
      const first = from + size * group;
      let given: Float32Array = weights;
      if (importance) given = importance.values.subarray(importance.column + size * group);
      else for (let i = 0; i < size; i++) weights[i] = x[first + i] * x[first + i];
      scales[group] = symmetricScale(size, 32, trials32, x.subarray(first), given, codes.subarray(size * group));
    }
    const largest = peakOf(scales, 0, groups);
    if (abs(largest) < zeroBelow) {
      bytes.fill(0, at + 192, at + 210);
      codes.fill(0);
      return;
    }
    const inverse = fround(-128 / largest);
    const d = writeHalf(bytes, at + 208, fround(1 / inverse));
    for (let group = 0; group < groups; group++) {
      const code = least(127, nearestInteger(fround(inverse * scales[group])));
      bytes[at + 192 + group] = code;
      const scale = fround(d * ((code << 24) >> 24));
      roundGroup(x, from + size * group, scale, 32, codes, size * group);
    }
  },
  decode(bytes, at, codes, values, to) {
    const d = readHalf(bytes, at + 208);
    for (let group = 0; group < groups; group++) {
      const scale = fround(d * ((bytes[at + 192 + group] << 24) >> 24));
      for (let i = size * group; i < size * group + size; i++) values[to + i] = scale * (codes[i] - 32);
    }
  },
};

export const symmetricKQuants: readonly BlockCodec[] = [q3, q6];
