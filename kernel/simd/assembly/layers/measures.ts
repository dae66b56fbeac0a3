/** What a report says of a layer's weights: the sums of `kernel/measure/error.ts`, histograms, zeros, counts of codes. Arrays are float32
 *  unless said otherwise. */
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

/** A bin that float32 gives is that of float64 unless it lies this near to an edge: the difference, the bins per unit and their product are
 *  each rounded by 2^−24 of themselves at most, and a bin is 64 at most, so both places differ by less than 2^−16. */
const edge: f32 = 0.5 - 0.000030517578125;
/** Adding it leaves the nearest whole number in the last bits. */
const wholes: f32 = 12582912.0;

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
  const low = pinned(f32x4.splat(<f32>minimum));
  const high = pinned(f32x4.splat(<f32>maximum));
  const end = x + ((<usize>count) << 2);
  // Bins of very large and very small values are beyond what float32 tells.
  const isFast = perUnit > 1e-25 && perUnit < 1e25 && abs(minimum) < 1e25 && abs(maximum) < 1e25;
  const scale = pinned(f32x4.splat(<f32>perUnit));
  const half = pinned(f32x4.splat(0.5));
  const whole = pinned(f32x4.splat(wholes));
  const most = pinned(f32x4.splat(edge));
  const six = pinned(i32x4.splat(BINS - 1));
  if (isFast)
    for (; x + 32 <= end; x += 32) {
      const value = v128.load(x);
      const place = f32x4.sub(f32x4.mul(f32x4.sub(value, low), scale), half);
      const sum = f32x4.add(place, whole);
      const beside = f32x4.abs(f32x4.sub(place, f32x4.sub(sum, whole)));
      const value2 = v128.load(x, 16);
      const place2 = f32x4.sub(f32x4.mul(f32x4.sub(value2, low), scale), half);
      const sum2 = f32x4.add(place2, whole);
      const beside2 = f32x4.abs(f32x4.sub(place2, f32x4.sub(sum2, whole)));
      const isOut = v128.or(
        v128.or(f32x4.lt(f32x4.pmin(value, value2), low), f32x4.gt(f32x4.pmax(value, value2), high)),
        f32x4.ge(f32x4.pmax(beside, beside2), most),
      );
      if (v128.any_true(isOut)) {
        for (let k: usize = 0; k < 32; k += 4) countOne(x + k, range, pairs + pairBytes);
        continue;
      }
      const bins = v128.and(sum, six);
      const both = v128.or(bins, i64x2.shr_u(bins, 26));
      const bins2 = v128.and(sum2, six);
      const both2 = v128.or(bins2, i64x2.shr_u(bins2, 26));
      bump(pairs + ((<usize>i32x4.extract_lane(both, 0)) << 2));
      bump(pairs + ((<usize>i32x4.extract_lane(both, 2)) << 2));
      bump(pairs + ((<usize>i32x4.extract_lane(both2, 0)) << 2));
      bump(pairs + ((<usize>i32x4.extract_lane(both2, 2)) << 2));
    }
  for (; x < end; x += 4) countOne(x, range, pairs + pairBytes);
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

/** Writes Σ(w′ − w)², Σw², Σw′², Σ w·w′ and max|w′ − w| of the values `before` and `after` to out (5) f64. Each sum is made of four, to which
 *  the values are added in turn, and which are added as (0 + 2) + (1 + 3). Returns how many values of `after` are 0. */
export function errorSums(before: usize, after: usize, count: i32, out: usize): i32 {
  let errors0 = f64x2.splat(0);
  let errors1 = errors0;
  let befores0 = errors0;
  let befores1 = errors0;
  let afters0 = errors0;
  let afters1 = errors0;
  let products0 = errors0;
  let products1 = errors0;
  let largest = errors0;
  const nothing = f32x4.splat(0);
  let zeros = i32x4.splat(0);
  const end = before + ((<usize>count) << 2);
  for (; before + 16 <= end; before += 16) {
    const w = v128.load(before);
    const v = v128.load(after);
    zeros = i32x4.sub(zeros, f32x4.eq(v, nothing));
    const w0 = f64x2.promote_low_f32x4(w);
    const v0 = f64x2.promote_low_f32x4(v);
    const d0 = f64x2.sub(v0, w0);
    errors0 = f64x2.add(errors0, f64x2.mul(d0, d0));
    befores0 = f64x2.add(befores0, f64x2.mul(w0, w0));
    afters0 = f64x2.add(afters0, f64x2.mul(v0, v0));
    products0 = f64x2.add(products0, f64x2.mul(w0, v0));
    largest = f64x2.pmax(largest, f64x2.abs(d0));
    const w1 = f64x2.promote_low_f32x4(v128.shuffle<f32>(w, w, 2, 3, 2, 3));
    const v1 = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
    const d1 = f64x2.sub(v1, w1);
    errors1 = f64x2.add(errors1, f64x2.mul(d1, d1));
    befores1 = f64x2.add(befores1, f64x2.mul(w1, w1));
    afters1 = f64x2.add(afters1, f64x2.mul(v1, v1));
    products1 = f64x2.add(products1, f64x2.mul(w1, v1));
    largest = f64x2.pmax(largest, f64x2.abs(d1));
    after += 16;
  }
  // The one to three values that are left go to sums 0, 1 and 2.
  for (let lane = 0; before < end; before += 4, lane++) {
    const w = <f64>load<f32>(before);
    const v = <f64>load<f32>(after);
    if (v == 0) zeros = i32x4.replace_lane(zeros, 0, i32x4.extract_lane(zeros, 0) + 1);
    const d = v - w;
    largest = f64x2.pmax(largest, f64x2.splat(abs(d)));
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
  store<f64>(out, max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1)), 32);
  const pairs = i32x4.add(zeros, v128.shuffle<i32>(zeros, zeros, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
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
  let atLow = i32x4.splat(0);
  let atHigh = i32x4.splat(0);
  const end = x + ((<usize>count) << 2);
  let fewer: u32 = 0;
  let more: u32 = 0;
  for (; x + 16 <= end; x += 16) {
    const value = v128.load(x);
    const isLow = f32x4.le(value, lows);
    const isHigh = f32x4.ge(value, highs);
    atLow = i32x4.sub(atLow, isLow);
    atHigh = i32x4.sub(atHigh, isHigh);
    if (!v128.any_true(v128.or(isLow, isHigh))) continue;
    for (let k: usize = 0; k < 16; k += 4) {
      const v = load<f32>(x + k);
      if (v < low) {
        store<f32>(below + (fewer++ << 2), v);
      } else if (v > high) {
        store<f32>(above + (more++ << 2), v);
      }
    }
  }
  let low1 = <u32>sumOf(atLow);
  let high1 = <u32>sumOf(atHigh);
  for (; x < end; x += 4) {
    const v = load<f32>(x);
    if (v <= low) low1++;
    if (v >= high) high1++;
    if (v < low) {
      store<f32>(below + (fewer++ << 2), v);
    } else if (v > high) {
      store<f32>(above + (more++ << 2), v);
    }
  }
  store<u32>(LISTS, low1);
  store<u32>(LISTS, high1, 4);
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

/** Adds 1 to the number of each int32 value, less `first`, in table u32. */
export function countIntegers(x: usize, count: i32, first: i32, table: usize): void {
  for (const end = x + ((<usize>count) << 2); x < end; x += 4) bump(table + ((<usize>(load<i32>(x) - first)) << 2));
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
