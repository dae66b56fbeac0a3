/** What became of weights, in one pass over w and w′: sums of `kernel/loops/errors.ts` and histograms of both. */
import { pinned } from "./_pin";
import { BINS } from "./_shared";

/** A value has a place in units of 2^−16 of a bin, a whole number in the last bits of a float32 between 2^23 and 2^24: its upper half is 0x4b00 and
 *  1 for the first bin, 0 and 65 for what lies below and above all bins. The bins per unit, their product with the value, the place of the
 *  minimum and the sum are each rounded by half a unit at most: the place lies within 2 units of that of float64, and the bin is another only
 *  where it lies so near to an edge. Places are 4 units too high, so that near an edge means a lower half below 8. */
const placeOfMinimum: f64 = 8388608 + 65536 + 4;
/** In the middle of the bins below and above. */
const leastPlace: f32 = 8388608 + 32768;
const greatestPlace: f32 = 8388608 + 65 * 65536 + 32768;

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
const stretch: usize = 256;
const offsetsOfW: usize = memory.data(256, 64);
const offsetsOfV: usize = memory.data(256, 64);

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

/** The places of four values. */
// @ts-ignore: decorator
@inline
function placesOfFour(values: v128, scale: v128, place: v128, least: v128, greatest: v128): v128 {
  return f32x4.pmin(greatest, f32x4.pmax(least, f32x4.add(f32x4.mul(values, scale), place)));
}

/** Writes the offsets of the counts of the pairs of `weights` values, a multiple of 16, to `offsets`, and counts the zeros among the values of
 *  `isAfter`. Returns false when a value lies near an edge: then offsets mean nothing, and no zeros are counted. */
// @ts-ignore: decorator
@inline
function offsetsOf(x: usize, weights: usize, range: usize, offsets: usize, isAfter: bool): bool {
  const perUnit = load<f64>(range, 8);
  const scale = pinned(f32x4.splat(<f32>(65536 * perUnit)));
  const place = pinned(f32x4.splat(<f32>(placeOfMinimum - 65536 * load<f64>(range) * perUnit)));
  const least = pinned(f32x4.splat(leastPlace));
  const greatest = pinned(f32x4.splat(greatestPlace));
  const upper = pinned(i32x4.splat(0xffff0000));
  const lower = pinned(i16x8.splat(254));
  let none = zeros;
  let smallest = i16x8.splat(-1);
  for (const end = x + (weights << 2); x < end; x += 64, offsets += 16) {
    let values = v128.load(x);
    if (isAfter) none = i32x4.sub(none, f32x4.eq(values, f32x4.splat(0)));
    const a = placesOfFour(values, scale, place, least, greatest);
    values = v128.load(x, 16);
    if (isAfter) none = i32x4.sub(none, f32x4.eq(values, f32x4.splat(0)));
    const b = placesOfFour(values, scale, place, least, greatest);
    values = v128.load(x, 32);
    if (isAfter) none = i32x4.sub(none, f32x4.eq(values, f32x4.splat(0)));
    const c = placesOfFour(values, scale, place, least, greatest);
    values = v128.load(x, 48);
    if (isAfter) none = i32x4.sub(none, f32x4.eq(values, f32x4.splat(0)));
    const d = placesOfFour(values, scale, place, least, greatest);
    // Upper halves are never below 8.
    smallest = i16x8.min_u(i16x8.min_u(i16x8.min_u(a, b), i16x8.min_u(c, d)), smallest);
    const firsts = v128.or(i32x4.shr_u(a, 16), v128.and(b, upper));
    const seconds = v128.or(i32x4.shr_u(c, 16), v128.and(d, upper));
    v128.store(offsets, v128.or(v128.and(i16x8.shl(firsts, 1), lower), i16x8.shl(seconds, 8)));
  }
  const isFar = i16x8.all_true(i16x8.sub_sat_u(smallest, i16x8.splat(7)));
  if (isAfter && isFar) zeros = none;
  return isFar;
}

/** The same for a stretch of which a value lies near an edge: those of its sixteens that have one are counted value by value, and their offsets
 *  are `aside`. */
function offsetsNearEdges(x: usize, range: usize, offsets: usize, totals: usize, isAfter: bool): void {
  for (const end = x + (stretch << 2); x < end; x += 64, offsets += 16) {
    if (isAfter ? offsetsOf(x, 16, range, offsets, true) : offsetsOf(x, 16, range, offsets, false)) continue;
    v128.store(offsets, i16x8.splat(aside));
    for (let k: usize = 0; k < 64; k += 4) countOne(x + k, range, totals);
    if (isAfter) countZeros(x, 16);
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

// @ts-ignore: decorator
@inline
function bumpW(at: usize): void {
  const place = <usize>load<u16>(at, offsetsOfW);
  store<u16>(place, load<u16>(place, pairsOfW) + 1, pairsOfW);
}
// @ts-ignore: decorator
@inline
function bumpV(at: usize): void {
  const place = <usize>load<u16>(at, offsetsOfV);
  store<u16>(place, load<u16>(place, pairsOfV) + 1, pairsOfV);
}

/** Sums in hand: of each kind four, to which the values are added in turn; of the first two, and of the others. */
let errors0 = f64x2.splat(0);
let errors1 = f64x2.splat(0);
let befores0 = f64x2.splat(0);
let befores1 = f64x2.splat(0);
let afters0 = f64x2.splat(0);
let afters1 = f64x2.splat(0);
let products0 = f64x2.splat(0);
let products1 = f64x2.splat(0);
/** The largest (w′ − w)² so far. */
let largest = f64x2.splat(0);
/** Zeros of w′ so far. */
let zeros = i32x4.splat(0);

/** Adds of every four of `weights` values the first two to the first sums, or, in the upper half, the other two to the others: all sums at once
 *  do not fit the registers. With `counts` as many places of w, or of w′, are counted on the way: sums keep the units for numbers busy, counts
 *  those for addresses. */
// @ts-ignore: decorator
@inline
function sumHalf(before: usize, after: usize, weights: usize, upper: bool, counts: bool): void {
  let e = upper ? errors1 : errors0;
  let b = upper ? befores1 : befores0;
  let a = upper ? afters1 : afters0;
  let p = upper ? products1 : products0;
  let most = largest;
  if (upper) {
    before += 8;
    after += 8;
  }
  for (let at: usize = 0; at < weights; at += 4) {
    const w = f64x2.promote_low_f32x4(v128.load64_zero(before));
    const v = f64x2.promote_low_f32x4(v128.load64_zero(after));
    b = f64x2.add(b, f64x2.mul(w, w));
    a = f64x2.add(a, f64x2.mul(v, v));
    p = f64x2.add(p, f64x2.mul(w, v));
    const d = f64x2.sub(v, w);
    const square = f64x2.mul(d, d);
    e = f64x2.add(e, square);
    most = f64x2.pmax(most, square);
    if (counts) {
      if (upper) {
        bumpV(at);
        bumpV(at + 2);
      } else {
        bumpW(at);
        bumpW(at + 2);
      }
    }
    before += 16;
    after += 16;
  }
  if (upper) {
    errors1 = e;
    befores1 = b;
    afters1 = a;
    products1 = p;
  } else {
    errors0 = e;
    befores0 = b;
    afters0 = a;
    products0 = p;
  }
  largest = most;
}

// @ts-ignore: decorator
@inline
function sumMany(before: usize, after: usize, weights: usize, counts: bool): void {
  sumHalf(before, after, weights, false, counts);
  sumHalf(before, after, weights, true, counts);
}

/** Counts the zeros among `weights` values, a multiple of 4. */
function countZeros(x: usize, weights: usize): void {
  let none = zeros;
  for (const end = x + (weights << 2); x < end; x += 16) none = i32x4.sub(none, f32x4.eq(v128.load(x), f32x4.splat(0)));
  zeros = none;
}

/** Adds the one to three values that are left to sums 0, 1 and 2. */
function sumRest(before: usize, after: usize, weights: i32): void {
  for (let lane = 0; lane < weights; lane++, before += 4, after += 4) {
    const w = <f64>load<f32>(before);
    const v = <f64>load<f32>(after);
    if (v == 0) zeros = i32x4.replace_lane(zeros, 0, i32x4.extract_lane(zeros, 0) + 1);
    const d = v - w;
    largest = f64x2.pmax(largest, f64x2.splat(d * d));
    if (lane == 0) {
      errors0 = f64x2.replace_lane(errors0, 0, f64x2.extract_lane(errors0, 0) + d * d);
      befores0 = f64x2.replace_lane(befores0, 0, f64x2.extract_lane(befores0, 0) + w * w);
      afters0 = f64x2.replace_lane(afters0, 0, f64x2.extract_lane(afters0, 0) + v * v);
      products0 = f64x2.replace_lane(products0, 0, f64x2.extract_lane(products0, 0) + w * v);
    } else if (lane == 1) {
      errors0 = f64x2.replace_lane(errors0, 1, f64x2.extract_lane(errors0, 1) + d * d);
      befores0 = f64x2.replace_lane(befores0, 1, f64x2.extract_lane(befores0, 1) + w * w);
      afters0 = f64x2.replace_lane(afters0, 1, f64x2.extract_lane(afters0, 1) + v * v);
      products0 = f64x2.replace_lane(products0, 1, f64x2.extract_lane(products0, 1) + w * v);
    } else {
      errors1 = f64x2.replace_lane(errors1, 0, f64x2.extract_lane(errors1, 0) + d * d);
      befores1 = f64x2.replace_lane(befores1, 0, f64x2.extract_lane(befores1, 0) + w * w);
      afters1 = f64x2.replace_lane(afters1, 0, f64x2.extract_lane(afters1, 0) + v * v);
      products1 = f64x2.replace_lane(products1, 0, f64x2.extract_lane(products1, 0) + w * v);
    }
  }
}

/** Writes Σ(w′ − w)², Σw², Σw′² and Σ w·w′ of the values `before` and `after` to out (5) f64, whose last number max|w′ − w| raises. Each sum is
 *  made of four, to which the values are added in turn, and which are added as (0 + 2) + (1 + 3). Returns how many values of `after` are 0.
 *  Unless `range` is 0, counts the values over BINS bins: minimum f64, bins per unit f64, maximum f64. */
export function measureChange(before: usize, after: usize, count: i32, range: usize, out: usize): i32 {
  errors0 = f64x2.splat(0);
  errors1 = f64x2.splat(0);
  befores0 = f64x2.splat(0);
  befores1 = f64x2.splat(0);
  afters0 = f64x2.splat(0);
  afters1 = f64x2.splat(0);
  products0 = f64x2.splat(0);
  products1 = f64x2.splat(0);
  largest = f64x2.splat(0);
  zeros = i32x4.splat(0);
  let w = before;
  let v = after;
  const end = before + ((<usize>count) << 2);
  if (range != 0) {
    if (placesTell(range))
      for (; w + 4 * stretch <= end; w += 4 * stretch, v += 4 * stretch) {
        if (pendingPairs + <i32>stretch / 2 > mostPairs) addPairs();
        pendingPairs += <i32>stretch / 2;
        if (!offsetsOf(w, stretch, range, offsetsOfW, false)) offsetsNearEdges(w, range, offsetsOfW, totalsOfW, false);
        if (!offsetsOf(v, stretch, range, offsetsOfV, true)) offsetsNearEdges(v, range, offsetsOfV, totalsOfV, true);
        sumMany(w, v, stretch, true);
      }
    for (let at: usize = 0; w + at < end; at += 4) {
      countOne(w + at, range, totalsOfW);
      countOne(v + at, range, totalsOfV);
    }
  }
  const rest = <i32>(end - w) >> 2;
  const most = rest & ~3;
  countZeros(v, most);
  sumMany(w, v, most, false);
  sumRest(w + (most << 2), v + (most << 2), rest & 3);
  store<f64>(out, total(errors0, errors1));
  store<f64>(out, total(befores0, befores1), 8);
  store<f64>(out, total(afters0, afters1), 16);
  store<f64>(out, total(products0, products1), 24);
  // Rounding keeps the order, so only a largest square that is no less than that of before may be of a larger difference.
  const known = load<f64>(out, 32);
  const square = max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1));
  if (square > 0 && square >= known * known) store<f64>(out, max(known, largestDifference(before, end, after)), 32);
  const pairs = i32x4.add(zeros, v128.shuffle<i32>(zeros, zeros, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** Bins of very large and very small values, and a range far from 0, are beyond what float32 tells. */
function placesTell(range: usize): bool {
  const perUnit = load<f64>(range, 8);
  return perUnit > 1e-25 && perUnit < 1e25 && load<f64>(range) <= 0 && load<f64>(range, 16) >= 0;
}

/** max|w′ − w|. */
function largestDifference(before: usize, end: usize, after: usize): f64 {
  let largest = f64x2.splat(0);
  for (; before + 8 <= end; before += 8, after += 8) {
    const w = f64x2.promote_low_f32x4(v128.load64_zero(before));
    const v = f64x2.promote_low_f32x4(v128.load64_zero(after));
    largest = f64x2.pmax(largest, f64x2.abs(f64x2.sub(v, w)));
  }
  const last = before < end ? abs(<f64>load<f32>(after) - <f64>load<f32>(before)) : 0;
  return max(last, max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1)));
}

/** (0 + 2) + (1 + 3) of sums 0 and 1, and 2 and 3. */
function total(first: v128, second: v128): f64 {
  const both = f64x2.add(first, second);
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}
