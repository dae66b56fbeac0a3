/** What a report says of a layer's weights: the sums of `kernel/measure/error.ts`, histograms, zeros, counts of codes. Arrays are float32
 *  unless said otherwise. */
import { largestLane } from "./_floats";
import { pinned } from "./_pin";
import { BINS, LISTS, VALUE_SLOTS } from "./_shared";

/** The largest bit pattern of |x| among the values, as an integer. It is 0x7f800000 or more when a value is not finite. */
export function largestBits(x: usize, count: i32): i32 {
  const magnitude = i32x4.splat(0x7fffffff);
  let a = i32x4.splat(0);
  let b = a;
  const end = x + ((<usize>count) << 2);
  for (; x + 32 <= end; x += 32) {
    a = i32x4.max_s(a, v128.and(v128.load(x), magnitude));
    b = i32x4.max_s(b, v128.and(v128.load(x, 16), magnitude));
  }
  for (; x < end; x += 4) a = i32x4.max_s(a, v128.and(v128.load32_splat(x), magnitude));
  a = i32x4.max_s(a, b);
  a = i32x4.max_s(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return max(i32x4.extract_lane(a, 0), i32x4.extract_lane(a, 1));
}

function bump(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Places of values are found in units of 2^−16 of a bin, as whole numbers in the last bits of a float32 between 2^23 and 2^24. The bins per unit,
 *  their product with the value, the place of 0 and the sum are each rounded by half a unit at most: the place lies within 2 units of that
 *  of float64, and the bin is another only where it lies so near to an edge. */
const place0: f64 = 12582912.0;
/** The bits of `place0`; a value between the ends of the range leaves all of them above the last 22. */
const place0Bits: i32 = 0x4b400000;
const beyondPlaces: i32 = 0xffc00000;

/** Two sets of counts: for pairs of values that both lie in a bin (BINS, BINS) u32, and for single ones (BINS + 2) u32: below, the bins,
 *  above. One addition for a pair takes half the time of two, which would often wait for each other. */
const pairBytes: usize = 4 * BINS * BINS;
const singleBytes: usize = 4 * (BINS + 2);
const countsOfBins = memory.data(2 * (4 * 64 * 64 + 4 * 66 + 8), 16);

function setOf(which: i32): usize {
  return countsOfBins + <usize>which * (pairBytes + singleBytes + 8);
}

/** Begins both sets of counts anew. */
export function clearBins(): void {
  memory.fill(countsOfBins, 0, 2 * (pairBytes + singleBytes + 8));
}

/** Adds the counts of `count` values over BINS bins to set 0 or 1. range: minimum f64, bins per unit f64, maximum f64. */
export function countBins(x: usize, count: i32, range: usize, which: i32): void {
  const minimum = load<f64>(range);
  const perUnit = load<f64>(range, 8);
  const maximum = load<f64>(range, 16);
  const pairs = setOf(which);
  const singles = pairs + pairBytes;
  const end = x + ((<usize>count) << 2);
  const scale = pinned(f32x4.splat(<f32>(65536 * perUnit)));
  const place = pinned(f32x4.splat(<f32>(place0 - 65536 * minimum * perUnit)));
  const bits = pinned(i32x4.splat(place0Bits));
  const beyond = pinned(i32x4.splat(beyondPlaces));
  // Places within 4 of an edge have a lower half of −4 to 3.
  const four = pinned(i32x4.splat(4));
  const upper = pinned(i32x4.splat(0xfff8));
  const nothing = pinned(i32x4.splat(0));
  // Bins of very large and very small values, and a range far from 0, are beyond what float32 tells.
  if (perUnit > 1e-25 && perUnit < 1e25 && minimum <= 0 && maximum >= 0)
    for (; x + 64 <= end; x += 64) {
      const a = f32x4.add(f32x4.mul(v128.load(x), scale), place);
      const b = f32x4.add(f32x4.mul(v128.load(x, 16), scale), place);
      const c = f32x4.add(f32x4.mul(v128.load(x, 32), scale), place);
      const d = f32x4.add(f32x4.mul(v128.load(x, 48), scale), place);
      const other = v128.or(
        v128.or(v128.xor(a, bits), v128.xor(b, bits)),
        v128.or(v128.xor(c, bits), v128.xor(d, bits)),
      );
      const least = i16x8.min_u(
        i16x8.min_u(i16x8.add(a, four), i16x8.add(b, four)),
        i16x8.min_u(i16x8.add(c, four), i16x8.add(d, four)),
      );
      const isNear = i32x4.eq(v128.and(least, upper), nothing);
      if (v128.any_true(v128.or(v128.and(other, beyond), isNear))) {
        for (let k: usize = 0; k < 64; k += 4) countOne(x + k, range, singles);
        continue;
      }
      bumpPairs(pairsOfBins(a, b), pairs);
      bumpPairs(pairsOfBins(c, d), pairs);
    }
  for (; x < end; x += 4) countOne(x, range, singles);
}

/** Offsets of the counts of four pairs of bins, from their places. */
function pairsOfBins(first: v128, second: v128): v128 {
  const own = v128.and(i32x4.shr_u(first, 14), i32x4.splat((BINS - 1) << 2));
  return v128.or(own, v128.and(i32x4.shr_u(second, 8), i32x4.splat((BINS - 1) << 8)));
}

function bumpPairs(offsets: v128, pairs: usize): void {
  const low = i64x2.extract_lane(offsets, 0);
  const high = i64x2.extract_lane(offsets, 1);
  bump(pairs + <usize>(<u32>low));
  bump(pairs + <usize>(low >>> 32));
  bump(pairs + <usize>(<u32>high));
  bump(pairs + <usize>(high >>> 32));
}

/** The same for one value, in float64. */
function countOne(x: usize, range: usize, singles: usize): void {
  const value = <f64>load<f32>(x);
  const minimum = load<f64>(range);
  let slot: i32 = BINS + 1;
  if (value < minimum) slot = 0;
  else if (value <= load<f64>(range, 16))
    slot = 1 + min<i32>(BINS - 1, <i32>floor((value - minimum) * load<f64>(range, 8)));
  bump(singles + ((<usize>slot) << 2));
}

/** Writes the counts of set 0 or 1 to out (BINS + 2) u32: below, the bins, above. */
export function binTotals(which: i32, out: usize): void {
  const pairs = setOf(which);
  memory.copy(out, pairs + pairBytes, singleBytes);
  let at = pairs;
  for (let a = 0; a < BINS; a++) {
    let firsts = i32x4.splat(0);
    // The counts of the bins begin at out + 4; a row of pairs has one number for each.
    for (let b: usize = 0; b < 4 * BINS; b += 16, at += 16) {
      const four = v128.load(at);
      firsts = i32x4.add(firsts, four);
      v128.store(out + 4 + b, i32x4.add(v128.load(out + 4 + b), four));
    }
    const own = out + 4 + ((<usize>a) << 2);
    store<u32>(own, load<u32>(own) + <u32>sumOf(firsts));
  }
}

/** Writes Σ(w′ − w)², Σw², Σw′² and Σ w·w′ of the values `before` and `after` to out (5) f64, whose last number max|w′ − w| raises. Each sum is
 *  made of four, to which the values are added in turn, and which are added as (0 + 2) + (1 + 3). Returns how many values of `after` are 0. */
export function errorSums(before: usize, after: usize, count: i32, out: usize): i32 {
  let errors0 = f64x2.splat(0);
  let errors1 = errors0;
  let befores0 = errors0;
  let befores1 = errors0;
  let afters0 = errors0;
  let afters1 = errors0;
  let products0 = errors0;
  let products1 = errors0;
  let largest = f32x4.splat(0);
  const nothing = f32x4.splat(0);
  let zeros = i32x4.splat(0);
  const start = before;
  const end = before + ((<usize>count) << 2);
  for (; before + 16 <= end; before += 16) {
    const w = v128.load(before);
    const v = v128.load(after);
    zeros = i32x4.sub(zeros, f32x4.eq(v, nothing));
    largest = f32x4.pmax(largest, f32x4.abs(f32x4.sub(v, w)));
    const w0 = f64x2.promote_low_f32x4(w);
    const v0 = f64x2.promote_low_f32x4(v);
    const d0 = f64x2.sub(v0, w0);
    errors0 = f64x2.add(errors0, f64x2.mul(d0, d0));
    befores0 = f64x2.add(befores0, f64x2.mul(w0, w0));
    afters0 = f64x2.add(afters0, f64x2.mul(v0, v0));
    products0 = f64x2.add(products0, f64x2.mul(w0, v0));
    const w1 = f64x2.promote_low_f32x4(v128.load64_zero(before, 8));
    const v1 = f64x2.promote_low_f32x4(v128.load64_zero(after, 8));
    const d1 = f64x2.sub(v1, w1);
    errors1 = f64x2.add(errors1, f64x2.mul(d1, d1));
    befores1 = f64x2.add(befores1, f64x2.mul(w1, w1));
    afters1 = f64x2.add(afters1, f64x2.mul(v1, v1));
    products1 = f64x2.add(products1, f64x2.mul(w1, v1));
    after += 16;
  }
  // The one to three values that are left go to sums 0, 1 and 2.
  for (let lane = 0; before < end; before += 4, lane++) {
    const w = <f64>load<f32>(before);
    const v = <f64>load<f32>(after);
    if (v == 0) zeros = i32x4.replace_lane(zeros, 0, i32x4.extract_lane(zeros, 0) + 1);
    const d = v - w;
    largest = f32x4.pmax(largest, f32x4.splat(abs(<f32>d)));
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
    after += 4;
  }
  store<f64>(out, total(errors0, errors1));
  store<f64>(out, total(befores0, befores1), 8);
  store<f64>(out, total(afters0, afters1), 16);
  store<f64>(out, total(products0, products1), 24);
  // Rounding keeps the order, so only a largest difference that rounds to no less than that of before may be larger.
  const known = load<f64>(out, 32);
  const most = largestLane(largest);
  if (most > 0 && most >= <f32>known)
    store<f64>(out, max(known, largestDifference(start, end, after - (end - start))), 32);
  const pairs = i32x4.add(zeros, v128.shuffle<i32>(zeros, zeros, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
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

/** Copies the values below `low` to `below` and those above `high` to `above`, in order. Writes four counts u32 to LISTS: of values at or below
 *  `low`, at or above `high`, below `low`, above `high`. */
export function collectTails(x: usize, count: i32, low: f32, high: f32, below: usize, above: usize): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const end = x + ((<usize>count) << 2);
  let atLow: u32 = 0;
  let atHigh: u32 = 0;
  let fewer: u32 = 0;
  let more: u32 = 0;
  while (x < end) {
    let next = x + 64;
    if (next <= end) {
      const a = v128.load(x);
      const b = v128.load(x, 16);
      const c = v128.load(x, 32);
      const d = v128.load(x, 48);
      const least = f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d));
      const most = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
      if (!v128.any_true(v128.or(f32x4.le(least, lows), f32x4.ge(most, highs)))) {
        x = next;
        continue;
      }
    } else next = end;
    for (; x < next; x += 4) {
      const v = load<f32>(x);
      if (v <= low) atLow++;
      if (v >= high) atHigh++;
      if (v < low) store<f32>(below + (fewer++ << 2), v);
      else if (v > high) store<f32>(above + (more++ << 2), v);
    }
  }
  store<u32>(LISTS, atLow);
  store<u32>(LISTS, atHigh, 4);
  store<u32>(LISTS, fewer, 8);
  store<u32>(LISTS, more, 12);
}

function sumOf(x: v128): i32 {
  const pairs = i32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** Adds the counts of byte values to tables (6, 256) u32: byte i to table i mod 4, but for stretches of 16 bytes of 0 to 15, whose pairs go to
 *  table 4, the first of a pair in the low half of its number, and of −8 to 7, whose pairs go to table 5, 8 added to each. */
export function countBytes(x: usize, count: i32, tables: usize): void {
  const end = x + <usize>count;
  const upper = i8x16.splat(-16);
  const eight = i8x16.splat(8);
  for (; x + 16 <= end; x += 16) {
    const codes = v128.load(x);
    const raised = i8x16.add(codes, eight);
    if (!v128.any_true(v128.and(codes, upper))) countPairs(codes, tables + 4096);
    else if (!v128.any_true(v128.and(raised, upper))) countPairs(raised, tables + 5120);
    else for (let k: usize = 0; k < 16; k += 4) countFour(load<u32>(x + k), tables);
  }
  for (; x < end; x++) bump(tables + ((<u32>load<u8>(x)) << 2));
}

function countFour(bytes: u32, tables: usize): void {
  bump(tables + ((bytes & 255) << 2));
  bump(tables + 1024 + (((bytes >> 8) & 255) << 2));
  bump(tables + 2048 + (((bytes >> 16) & 255) << 2));
  bump(tables + 3072 + ((bytes >> 24) << 2));
}

/** Adds the counts of eight pairs of numbers from 0 to 15. */
function countPairs(codes: v128, table: usize): void {
  const pairs = v128.and(v128.or(codes, i16x8.shr_u(codes, 4)), i16x8.splat(255));
  const low = i64x2.extract_lane(pairs, 0);
  const high = i64x2.extract_lane(pairs, 1);
  for (let shift: i64 = 0; shift < 64; shift += 16) {
    bump(table + ((<usize>((low >> shift) & 255)) << 2));
    bump(table + ((<usize>((high >> shift) & 255)) << 2));
  }
}

/** Lowers and raises out (2) i32, the smallest and the largest number so far, by `count` int32. */
export function rangeOfIntegers(x: usize, count: i32, out: usize): void {
  let low = v128.load32_splat(out);
  let high = v128.load32_splat(out + 4);
  const end = x + ((<usize>count) << 2);
  for (; x + 16 <= end; x += 16) {
    const a = v128.load(x);
    low = i32x4.min_s(low, a);
    high = i32x4.max_s(high, a);
  }
  for (; x < end; x += 4) {
    const a = v128.load32_splat(x);
    low = i32x4.min_s(low, a);
    high = i32x4.max_s(high, a);
  }
  low = i32x4.min_s(low, v128.shuffle<i32>(low, low, 2, 3, 0, 1));
  high = i32x4.max_s(high, v128.shuffle<i32>(high, high, 2, 3, 0, 1));
  store<i32>(out, min(i32x4.extract_lane(low, 0), i32x4.extract_lane(low, 1)));
  store<i32>(out, max(i32x4.extract_lane(high, 0), i32x4.extract_lane(high, 1)), 4);
}

/** Adds 1 to the number of each int32 value, less `first`, in one of four tables u32, `stride` bytes apart, by turns: equal neighbours do not wait
 *  for each other. A stride of 0 makes them one. */
export function countIntegers(x: usize, count: i32, first: i32, table: usize, stride: usize): void {
  const end = x + ((<usize>count) << 2);
  const table1 = table + stride;
  const table2 = table1 + stride;
  const table3 = table2 + stride;
  for (; x + 16 <= end; x += 16) {
    bump(table + ((<usize>(load<i32>(x) - first)) << 2));
    bump(table1 + ((<usize>(load<i32>(x, 4) - first)) << 2));
    bump(table2 + ((<usize>(load<i32>(x, 8) - first)) << 2));
    bump(table3 + ((<usize>(load<i32>(x, 12) - first)) << 2));
  }
  for (; x < end; x += 4) bump(table + ((<usize>(load<i32>(x) - first)) << 2));
}

/** Distinct values by their bits, −0 as 0, to `list`, of which there are `found` already; slots (VALUE_SLOTS) u32 holds their numbers plus one by
 *  hash, or 0. Returns how many there are, or −1 when there are more than `most` (at most 512). */
export function distinctValues(x: usize, count: i32, slots: usize, list: usize, found: i32, most: i32): i32 {
  let last: u32 = 0;
  let known = false;
  for (const end = x + ((<usize>count) << 2); x < end; x += 4) {
    let bits = load<u32>(x);
    if (bits == 0x80000000) bits = 0;
    if (known && bits == last) continue;
    last = bits;
    known = true;
    let slot = (bits * 0x9e3779b1) >> 22;
    for (;;) {
      const number = load<u32>(slots + (slot << 2));
      if (number == 0) {
        if (found == most) return -1;
        store<u32>(list + (found << 2), bits);
        store<u32>(slots + (slot << 2), ++found);
        break;
      }
      if (load<u32>(list + ((number - 1) << 2)) == bits) break;
      slot = (slot + 1) & (VALUE_SLOTS - 1);
    }
  }
  return found;
}
