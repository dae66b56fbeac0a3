/** What a report says of a layer's weights: the sums of `kernel/measure/error.ts`, histograms, zeros, counts of codes. Arrays are float32
 *  unless said otherwise. */
import { pinned } from "./_pin";
import { LISTS, VALUE_SLOTS } from "./_shared";

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

/** Copies the values below `low` to `below` and the others above `high` to `above`, in order; a number behind them is written as well. Writes four
 *  counts u32 to LISTS: of values at or below `low`, at or above `high`, below `low`, above `high`. */
export function collectTails(x: usize, count: i32, low: f32, high: f32, below: usize, above: usize): void {
  const lows = pinned(f32x4.splat(low));
  const highs = pinned(f32x4.splat(high));
  const end = x + ((<usize>count) << 2);
  let atLow: u32 = 0;
  let atHigh: u32 = 0;
  const firstBelow = below;
  const firstAbove = above;
  for (; x + 64 <= end; x += 64) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const d = v128.load(x, 48);
    const least = f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d));
    const most = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
    if (!v128.any_true(v128.or(f32x4.le(least, lows), f32x4.ge(most, highs)))) continue;
    let places =
      i32x4.bitmask(outside(a, lows, highs)) |
      (i32x4.bitmask(outside(b, lows, highs)) << 4) |
      (i32x4.bitmask(outside(c, lows, highs)) << 8) |
      (i32x4.bitmask(outside(d, lows, highs)) << 12);
    for (; places != 0; places &= places - 1) {
      const v = load<f32>(x + ((<usize>ctz(places)) << 2));
      atLow += <u32>(v <= low);
      atHigh += <u32>(v >= high);
      store<f32>(below, v);
      below += (<usize>(v < low)) << 2;
      store<f32>(above, v);
      above += (<usize>((v > high) & !(v < low))) << 2;
    }
  }
  for (; x < end; x += 4) {
    const v = load<f32>(x);
    atLow += <u32>(v <= low);
    atHigh += <u32>(v >= high);
    store<f32>(below, v);
    below += (<usize>(v < low)) << 2;
    store<f32>(above, v);
    above += (<usize>((v > high) & !(v < low))) << 2;
  }
  store<u32>(LISTS, atLow);
  store<u32>(LISTS, atHigh, 4);
  store<u32>(LISTS, (<u32>(below - firstBelow)) >> 2, 8);
  store<u32>(LISTS, (<u32>(above - firstAbove)) >> 2, 12);
}

function outside(x: v128, lows: v128, highs: v128): v128 {
  return v128.or(f32x4.le(x, lows), f32x4.ge(x, highs));
}

function sumOf(x: v128): i32 {
  const pairs = i32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** Bytes that are counted at once where they lie within sixteen numbers: so many that no count of a byte's lane goes beyond 255. */
const countedBytes: usize = 255 * 16;

/** Adds the counts of byte values to the tables (6, 256) u32 at LISTS: byte i to table i mod 4, but of whole stretches of 0 to 15, or of −8 to 7, to table 0,
 *  and, of stretches of 16 bytes of 0 to 15, the pairs to table 4, the first of a pair in the low half of its number, and of such of −8 to 7 to
 *  table 5, 8 added to each. */
export function countBytes(x: usize, count: i32): void {
  const end = x + <usize>count;
  for (let next = x; x < end; x = next) {
    next = min(end, x + countedBytes);
    const whole = x + ((next - x) & ~15);
    if (isWithinSixteen(x, whole, 0)) countSixteen(x, whole, 0);
    else if (isWithinSixteen(x, whole, 8)) countSixteen(x, whole, -8);
    else countMixed(x, whole);
    for (let at = whole; at < next; at++) bump(LISTS + ((<u32>load<u8>(at)) << 2));
  }
}

/** Whether all bytes, `raised` added, are numbers from 0 to 15. */
function isWithinSixteen(x: usize, end: usize, raised: i32): bool {
  const more = pinned(i8x16.splat(<i8>raised));
  let all = i8x16.splat(0);
  for (; x < end; x += 16) all = v128.or(all, i8x16.add(v128.load(x), more));
  return !v128.any_true(v128.and(all, i8x16.splat(-16)));
}

/** Adds the counts of bytes of `first` to `first` + 15 to table 0. */
function countSixteen(x: usize, end: usize, first: i32): void {
  for (let k = 0; k < 16; k += 8) countEight(x, end, first + k);
}

/** Adds the counts of those bytes that are `first` to `first` + 7. */
function countEight(x: usize, end: usize, first: i32): void {
  let c0 = i8x16.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  let c4 = c0;
  let c5 = c0;
  let c6 = c0;
  let c7 = c0;
  const firsts = pinned(i8x16.splat(<i8>first));
  const one = pinned(i8x16.splat(1));
  const two = pinned(i8x16.splat(2));
  const four = pinned(i8x16.splat(4));
  const nothing = pinned(i8x16.splat(0));
  for (; x < end; x += 16) {
    const codes = i8x16.sub(v128.load(x), firsts);
    c0 = i8x16.sub(c0, i8x16.eq(codes, nothing));
    c1 = i8x16.sub(c1, i8x16.eq(codes, one));
    c2 = i8x16.sub(c2, i8x16.eq(codes, two));
    c4 = i8x16.sub(c4, i8x16.eq(codes, four));
    const less = i8x16.sub(codes, four);
    c3 = i8x16.sub(c3, i8x16.eq(i8x16.add(less, one), nothing));
    c5 = i8x16.sub(c5, i8x16.eq(less, one));
    c6 = i8x16.sub(c6, i8x16.eq(less, two));
    c7 = i8x16.sub(c7, i8x16.eq(i8x16.sub(less, two), one));
  }
  addLanes(c0, first);
  addLanes(c1, first + 1);
  addLanes(c2, first + 2);
  addLanes(c3, first + 3);
  addLanes(c4, first + 4);
  addLanes(c5, first + 5);
  addLanes(c6, first + 6);
  addLanes(c7, first + 7);
}

/** Adds the sum of sixteen counts u8 to that of a byte. */
function addLanes(counts: v128, byte: i32): void {
  const at = LISTS + ((<usize>(byte & 255)) << 2);
  store<u32>(at, load<u32>(at) + <u32>sumOf(i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts))));
}

function countMixed(x: usize, end: usize): void {
  const upper = i8x16.splat(-16);
  const eight = i8x16.splat(8);
  for (; x < end; x += 16) {
    const codes = v128.load(x);
    const raised = i8x16.add(codes, eight);
    if (!v128.any_true(v128.and(codes, upper))) countPairs(codes, LISTS + 4096);
    else if (!v128.any_true(v128.and(raised, upper))) countPairs(raised, LISTS + 5120);
    else for (let k: usize = 0; k < 16; k += 8) countOfEight(load<u64>(x + k));
  }
}

function countOfEight(bytes: u64): void {
  bumpIn0((<usize>(bytes << 2)) & 1020);
  bumpIn1((<usize>(bytes >> 6)) & 1020);
  bumpIn2((<usize>(bytes >> 14)) & 1020);
  bumpIn3((<usize>(bytes >> 22)) & 1020);
  bumpIn0((<usize>(bytes >> 30)) & 1020);
  bumpIn1((<usize>(bytes >> 38)) & 1020);
  bumpIn2((<usize>(bytes >> 46)) & 1020);
  bumpIn3((<usize>(bytes >> 54)) & 1020);
}

/** A table whose address is part of the instruction spares an addition. */
function bumpIn0(at: usize): void {
  store<u32>(at, load<u32>(at, LISTS) + 1, LISTS);
}
function bumpIn1(at: usize): void {
  store<u32>(at, load<u32>(at, LISTS + 1024) + 1, LISTS + 1024);
}
function bumpIn2(at: usize): void {
  store<u32>(at, load<u32>(at, LISTS + 2048) + 1, LISTS + 2048);
}
function bumpIn3(at: usize): void {
  store<u32>(at, load<u32>(at, LISTS + 3072) + 1, LISTS + 3072);
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
