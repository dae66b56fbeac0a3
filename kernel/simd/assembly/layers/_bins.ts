/** Histograms of w and w′ by pairs of neighbours' bins. */
import { pinned } from "./_pin";
import { BINS } from "./_shared";

/** Types that stand for w and w′ when the compiler makes a function for each. */
export type OfW = u8;
export type OfV = u16;

/** A value has a place in units of 2^−16 of a bin, a whole number in the last bits of a float32 between 2^23 and 2^24: its upper half is 0x4b00 and
 *  1 for the first bin, 0 and 65 for what lies below and above all bins. The bins per unit, their product with the value, the place of the
 *  minimum and the sum are each rounded by half a unit at most: the place lies within 2 units of that of float64, and the bin is another only
 *  where it lies so near to an edge. Places are 4 units too high, so that near an edge means a lower half below 8. */
const placeOfMinimum: f64 = 8388608 + 65536 + 4;
/** The upper halves of places below and above all bins. As signed numbers those of other places lie beyond them on the same side. */
const leastHalf: i16 = 0x4b00;
const greatestHalf: i16 = 0x4b41;

/** Counts u16 of pairs of bins, 128 for each bin of the second of a pair, and in place of the pair (127, 65) those of stretches that are counted
 *  value by value. One addition for a pair takes half the time of two. They hold the counts of at most `mostPairs` pairs, and are then added
 *  to the totals. */
const pairBytes = 2 * 128 * 66;
const pairsOfW: usize = memory.data(2 * 128 * 66, 64);
const pairsOfV: usize = memory.data(2 * 128 * 66, 64);
const aside: i16 = 2 * 128 * 66 - 2;
const mostPairs: i32 = 65535;
let pendingPairs: i32 = 0;
/** Counts (BINS + 2) u32 of w and w′: below, the bins, above; and six more, to which nothing is added. */
const totalsOfW: usize = memory.data(4 * 72, 16);
const totalsOfV: usize = memory.data(4 * 72, 16);

/** Weights whose places are found at once, and the offsets u16 of the counts of their pairs. */
export const stretch: usize = 256;
const offsetsOfW: usize = memory.data(256, 64);
const offsetsOfV: usize = memory.data(256, 64);

/** Zeros of w′ so far. */
export let zeros = i32x4.splat(0);

export function clearZeros(): void {
  zeros = i32x4.splat(0);
}

/** Begins the counts anew. */
export function clearBins(): void {
  memory.fill(pairsOfW, 0, pairBytes);
  memory.fill(pairsOfV, 0, pairBytes);
  memory.fill(totalsOfW, 0, 4 * 72);
  memory.fill(totalsOfV, 0, 4 * 72);
  pendingPairs = 0;
}

/** Writes the counts of w (0) or w′ (1) to out (BINS + 2) u32: below, the bins, above. */
export function binTotals(which: i32, out: usize): void {
  if (pendingPairs > 0) addPairs();
  memory.copy(out, which == 0 ? totalsOfW : totalsOfV, 4 * (BINS + 2));
}

function addPairs(): void {
  addPairsTo(pairsOfW, totalsOfW);
  addPairsTo(pairsOfV, totalsOfV);
  pendingPairs = 0;
}

/** Adds the counts of pairs to those of the bins, and begins them anew. The sum of all fits 16 bits. */
function addPairsTo(pairs: usize, totals: usize): void {
  store<u16>(pairs + <usize>aside, 0);
  for (let column: usize = 0; column < 144; column += 16) {
    let sum = i16x8.splat(0);
    for (let row: usize = 0; row < 66; row++) sum = i16x8.add(sum, v128.load(pairs + (row << 8) + column));
    const to = totals + (column << 1);
    v128.store(to, i32x4.add(v128.load(to), i32x4.extend_low_i16x8_u(sum)));
    v128.store(to, i32x4.add(v128.load(to, 16), i32x4.extend_high_i16x8_u(sum)), 16);
  }
  for (let row: usize = 0; row < 66; row++, pairs += 256, totals += 4) {
    let sum = i32x4.splat(0);
    for (let column: usize = 0; column < 144; column += 16) {
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(v128.load(pairs + column)));
      v128.store(pairs + column, i16x8.splat(0));
    }
    sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    store<u32>(totals, load<u32>(totals) + <u32>(i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1)));
  }
}

/** Writes the offsets of the counts of the pairs of `weights` values, a multiple of 16, to `offsets`; zeros of w′ are counted on the way. Returns
 *  false when a value lies near an edge: then the offsets mean nothing, and no zeros are counted. */
function findOffsets<Array>(x: usize, weights: usize, range: usize, offsets: usize): bool {
  const perUnit = load<f64>(range, 8);
  const scale = pinned(f32x4.splat(<f32>(65536 * perUnit)));
  const place = pinned(f32x4.splat(<f32>(placeOfMinimum - 65536 * load<f64>(range) * perUnit)));
  const least = pinned(i16x8.splat(leastHalf));
  const greatest = pinned(i16x8.splat(greatestHalf));
  const upper = pinned(i32x4.splat(0xffff0000));
  const lower = pinned(i16x8.splat(254));
  let none = zeros;
  let smallest = i16x8.splat(-1);
  for (const end = x + (weights << 2); x < end; x += 64, offsets += 16) {
    const v0 = v128.load(x);
    const v1 = v128.load(x, 16);
    const v2 = v128.load(x, 32);
    const v3 = v128.load(x, 48);
    if (sizeof<Array>() == sizeof<OfV>()) {
      none = i32x4.sub(i32x4.sub(none, f32x4.eq(v0, f32x4.splat(0))), f32x4.eq(v1, f32x4.splat(0)));
      none = i32x4.sub(i32x4.sub(none, f32x4.eq(v2, f32x4.splat(0))), f32x4.eq(v3, f32x4.splat(0)));
    }
    const a = f32x4.add(f32x4.mul(v0, scale), place);
    const b = f32x4.add(f32x4.mul(v1, scale), place);
    const c = f32x4.add(f32x4.mul(v2, scale), place);
    const d = f32x4.add(f32x4.mul(v3, scale), place);
    // An upper half below 8 is far from all bins: then the values are looked at one by one for nothing.
    smallest = i16x8.min_u(i16x8.min_u(i16x8.min_u(a, b), i16x8.min_u(c, d)), smallest);
    const ab = v128.or(i32x4.shr_u(a, 16), v128.and(b, upper));
    const cd = v128.or(i32x4.shr_u(c, 16), v128.and(d, upper));
    const firsts = i16x8.min_s(i16x8.max_s(ab, least), greatest);
    const seconds = i16x8.min_s(i16x8.max_s(cd, least), greatest);
    v128.store(offsets, v128.or(v128.and(i16x8.shl(firsts, 1), lower), i16x8.shl(seconds, 8)));
  }
  if (!i16x8.all_true(i16x8.sub_sat_u(smallest, i16x8.splat(7)))) return false;
  if (sizeof<Array>() == sizeof<OfV>()) zeros = none;
  return true;
}

/** Gets a stretch of values ready to be counted by `bump`. Where one of sixteen lies near an edge, these are counted here, one by one, and their
 *  offsets are `aside`. */
export function prepareStretch<Array>(x: usize, range: usize): void {
  const isV = sizeof<Array>() == sizeof<OfV>();
  let offsets = isV ? offsetsOfV : offsetsOfW;
  if (findOffsets<Array>(x, stretch, range, offsets)) return;
  for (const end = x + (stretch << 2); x < end; x += 64, offsets += 16) {
    if (findOffsets<Array>(x, 16, range, offsets)) continue;
    v128.store(offsets, i16x8.splat(aside));
    for (let k: usize = 0; k < 64; k += 4) countOne(x + k, range, isV ? totalsOfV : totalsOfW);
    if (isV) countZeros(x, 16);
  }
}

/** Makes room for the counts of one more stretch. */
export function beginStretch(): void {
  if (pendingPairs + <i32>stretch / 2 > mostPairs) addPairs();
  pendingPairs += <i32>stretch / 2;
}

/** Counts a pair of the stretch, that of values `at` and `at` + 1, at even. */
export function bump<Array>(at: usize): void {
  if (sizeof<Array>() == sizeof<OfV>()) {
    const pair = <usize>load<u16>(at, offsetsOfV);
    store<u16>(pair, load<u16>(pair, pairsOfV) + 1, pairsOfV);
  } else {
    const pair = <usize>load<u16>(at, offsetsOfW);
    store<u16>(pair, load<u16>(pair, pairsOfW) + 1, pairsOfW);
  }
}

/** Counts values of w and w′ one by one. */
export function countEach(before: usize, after: usize, weights: i32, range: usize): void {
  for (; weights > 0; weights--, before += 4, after += 4) {
    countOne(before, range, totalsOfW);
    countOne(after, range, totalsOfV);
  }
}

/** Counts one value, in float64. range: minimum f64, bins per unit f64, maximum f64. */
function countOne(x: usize, range: usize, totals: usize): void {
  const value = <f64>load<f32>(x);
  const minimum = load<f64>(range);
  let slot: i32 = BINS + 1;
  if (value < minimum) slot = 0;
  else if (value <= load<f64>(range, 16))
    slot = 1 + min<i32>(BINS - 1, <i32>floor((value - minimum) * load<f64>(range, 8)));
  const at = totals + ((<usize>slot) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Adds the zeros among `weights` values of w′. */
export function countZeros(x: usize, weights: usize): void {
  const end = x + (weights << 2);
  let none = zeros;
  for (; x + 16 <= end; x += 16) none = i32x4.sub(none, f32x4.eq(v128.load(x), f32x4.splat(0)));
  for (; x < end; x += 4) if (load<f32>(x) == 0) none = i32x4.replace_lane(none, 0, i32x4.extract_lane(none, 0) + 1);
  zeros = none;
}

/** Bins of very large and very small values, and a range far from 0, are beyond what float32 tells. */
export function placesTell(range: usize): bool {
  const perUnit = load<f64>(range, 8);
  return perUnit > 1e-25 && perUnit < 1e25 && load<f64>(range) <= 0 && load<f64>(range, 16) >= 0;
}
