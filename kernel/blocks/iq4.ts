/** Four bits that point into sixteen values, closer to each other near zero.
 *
 *  IQ4_NL: 32 weights in 18 bytes: d (float16), 16 bytes of codes; w′ = d·value[q].
 *  IQ4_XS: 256 weights in 136 bytes: d, 8 scales s of 6 bits in 2 + 4 bytes, 128 bytes of codes; w′ = d·(s − 32)·value[q] in groups of 32.
 *
 *  For each group 15 inverse scales (k − 127)/peak, |k| ≤ 7, and peak at +127 first: the one that explains most, errors weighed by w², or
 *  with importance a by a·√(2·mean w² of the block + w²). IQ4_XS: the scale of greatest magnitude goes to −32; codes once more from
 *  the stored s, with d before its rounding to float16. Source: ggml, src/ggml-quants.c (quantize_row_iq4_nl_impl). */
import { clamp, importanceWeights, nearestInteger, peakOf, readHalf, sumOfSquares, writeHalf } from "./arithmetic";
import { bitPacking, layoutOf, nibblePlace, type BlockCodec, type RowImportance } from "./block";
import { zeroBelow } from "./scale-search";

const { abs, fround } = Math;
const size = 32;
const tries = 7;

export const iq4Values: Int8Array = Int8Array.from([
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
]);

const weights = new Float32Array(size);
const scales = new Float32Array(8);

/** The code of the value nearest to x, the larger of two as near. NaN gives 15. */
function nearestCode(x: number): number {
  if (x <= -127) return 0;
  if (x >= 113) return 15;
  let low = 0;
  let high = 15;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x < iq4Values[middle]) high = middle;
    else low = middle;
  }
  return fround(x - iq4Values[high - 1]) < fround(iq4Values[high] - x) ? high - 1 : high;
}

/** The scale of one group. `spread` is used with importance only. */
function groupScale(
  x: Float32Array,
  from: number,
  spread: number,
  importance: RowImportance | undefined,
  offset: number,
): number {
  if (importance) importanceWeights(importance, offset, spread, x.subarray(from, from + size), weights);
  else for (let i = 0; i < size; i++) weights[i] = x[from + i] * x[from + i];
  const peak = peakOf(x, from, size);
  if (abs(peak) < zeroBelow) return 0;
  let scale = 0;
  let best = 0;
  for (let trial = -tries - 1; trial <= tries; trial++) {
    const first = trial < -tries;
    const inverse = first ? fround(1 / fround(-peak / iq4Values[0])) : fround((trial + iq4Values[0]) / peak);
    let products = 0;
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const value = x[from + i];
      const q = iq4Values[nearestCode(fround(inverse * value))];
      const wq = fround(weights[i] * q);
      products = fround(products + fround(wq * value));
      squares = fround(squares + fround(wq * q));
    }
    if (first) {
      scale = squares > 0 ? fround(products / squares) : 0;
      best = fround(scale * products);
    } else if (squares > 0 && fround(products * products) > fround(best * squares)) {
      scale = fround(products / squares);
      best = fround(scale * products);
    }
  }
  return scale;
}

function spreadOf(x: Float32Array, from: number, count: number): number {
  return fround(sumOfSquares(x, from, count) * fround(2 / count));
}

const iq4Nl: BlockCodec = {
  name: "IQ4_NL",
  id: 20,
  ...layoutOf(size, [
    ["d", 2],
    ["codes", 16],
  ]),
  packing: bitPacking(size, { bits: 4, place: nibblePlace(2, 16) }),
  takesImportance: true,
  encode(x, from, bytes, at, codes, importance) {
    const d = groupScale(x, from, importance ? spreadOf(x, from, size) : 0, importance, 0);
    writeHalf(bytes, at, d);
    const inverse = d !== 0 ? fround(1 / d) : 0;
    for (let i = 0; i < size; i++) codes[i] = nearestCode(fround(inverse * x[from + i]));
  },
  decode(bytes, at, codes, values, to) {
    const d = readHalf(bytes, at);
    for (let i = 0; i < size; i++) values[to + i] = d * iq4Values[codes[i]];
  },
};

const iq4Xs: BlockCodec = {
  name: "IQ4_XS",
  id: 23,
  ...layoutOf(256, [
    ["d", 2],
    ["scales, upper bits", 2],
    ["scales", 4],
    ["codes", 128],
  ]),
  packing: bitPacking(256, { bits: 4, place: nibblePlace(8, 16) }),
  takesImportance: true,
  encode(x, from, bytes, at, codes, importance) {
    const spread = importance ? spreadOf(x, from, 256) : 0;
    for (let group = 0; group < 8; group++)
      scales[group] = groupScale(x, from + size * group, spread, importance, size * group);
    const d = fround(-peakOf(scales, 0, 8) / 32);
    writeHalf(bytes, at, d);
    const inverse = d !== 0 ? fround(1 / d) : 0;
    bytes.fill(0, at + 2, at + 8);
    for (let group = 0; group < 8; group++) {
      const s = clamp(nearestInteger(fround(inverse * scales[group])), -32, 31);
      const scale = fround(d * s);
      const groupInverse = scale !== 0 ? fround(1 / scale) : 0;
      for (let i = size * group; i < size * group + size; i++)
        codes[i] = nearestCode(fround(groupInverse * x[from + i]));
      const code = s + 32;
      bytes[at + 4 + (group >> 1)] |= (code & 15) << (4 * (group & 1));
      bytes[at + 2 + (group >> 2)] |= (code >> 4) << (2 * (group & 3));
    }
  },
  decode(bytes, at, codes, values, to) {
    const d = readHalf(bytes, at);
    for (let group = 0; group < 8; group++) {
      const low = (bytes[at + 4 + (group >> 1)] >> (4 * (group & 1))) & 15;
      const high = (bytes[at + 2 + (group >> 2)] >> (2 * (group & 3))) & 3;
      const scale = fround(d * ((low | (high << 4)) - 32));
      for (let i = size * group; i < size * group + size; i++) values[to + i] = scale * iq4Values[codes[i]];
    }
  },
};

export const iq4Blocks: readonly BlockCodec[] = [iq4Nl, iq4Xs];
