/** Codes of weights whose scales are known. Rows of `columns` weights are cut into groups of `group`, the last one shorter; scales
 *  (groups) f32. The last stretch of a group, of fewer than 16 weights, is copied and followed by zeros. */
import { magic } from "./_floats";
import { pinned } from "./_pin";
import { INTEGER_RANGE, IntegerRange, LISTS, LIST_STRIDE, SmallFloatFormat } from "./_shared";

const tail = memory.data(64, 16);
const tailCodes = memory.data(16, 16);

/** Types that stand for a format when the compiler makes a function for each. */
type AsE4M3 = u8;
type AsE5M2 = u16;
type AsE2M1 = u32;

/** The patterns nearest to four numbers, of two equally near ones the even; past the largest number the pattern is that of the largest. */
function patternsOf<Format>(x: v128): v128 {
  const size = f32x4.abs(x);
  if (sizeof<Format>() == 4) {
    // A number above the middle of two neighbours gets the upper pattern; one in the middle gets the even. Both zeros get pattern 0.
    let code = i32x4.sub(i32x4.splat(0), f32x4.gt(size, f32x4.splat(0.25)));
    code = i32x4.sub(code, f32x4.ge(size, f32x4.splat(0.75)));
    code = i32x4.sub(code, f32x4.gt(size, f32x4.splat(1.25)));
    code = i32x4.sub(code, f32x4.ge(size, f32x4.splat(1.75)));
    code = i32x4.sub(code, f32x4.gt(size, f32x4.splat(2.5)));
    code = i32x4.sub(code, f32x4.ge(size, f32x4.splat(3.5)));
    code = i32x4.sub(code, f32x4.gt(size, f32x4.splat(5)));
    return v128.or(code, v128.and(f32x4.lt(x, f32x4.splat(0)), i32x4.splat(8)));
  }
  const fraction = sizeof<Format>() == 1 ? 20 : 21; // bits of float32 that go
  const rebias = sizeof<Format>() == 1 ? 120 << 3 : 112 << 2;
  const held = f32x4.pmin(size, f32x4.splat(sizeof<Format>() == 1 ? <f32>448 : <f32>57344));
  const odd = v128.and(i32x4.shr_u(held, fraction), i32x4.splat(1));
  const raised = i32x4.add(i32x4.add(held, i32x4.splat((1 << (fraction - 1)) - 1)), odd);
  const normal = i32x4.sub(i32x4.shr_u(raised, fraction), i32x4.splat(rebias));
  // Subnormal numbers are evenly spaced: adding a float32 whose own spacing is theirs rounds to one of them.
  const unit: f32 = sizeof<Format>() == 1 ? 16384 : 128;
  const small = i32x4.sub(f32x4.add(held, f32x4.splat(unit)), i32x4.splat(reinterpret<i32>(unit)));
  const isSmall = f32x4.lt(held, f32x4.splat(sizeof<Format>() == 1 ? <f32>0.015625 : <f32>6.103515625e-5));
  const sign = v128.and(i32x4.shr_u(x, 24), i32x4.splat(0x80));
  return v128.or(v128.bitselect(small, normal, isSmall), sign);
}

function floatsOf<Format>(weights: usize, columns: i32, group: i32, scales: usize, codes: usize): void {
  for (let start = 0; start < columns; start += group) {
    const length = <usize>min(group, columns - start);
    const scale = pinned(f32x4.splat(load<f32>(scales)));
    for (let i: usize = 0; i < length; i += 16) {
      let at = weights + (i << 2);
      let to = codes + i;
      const rest = length - i;
      if (rest < 16) {
        memory.fill(tail, 0, 64);
        memory.copy(tail, at, rest << 2);
        at = tail;
        to = tailCodes;
      }
      const a = patternsOf<Format>(f32x4.div(v128.load(at), scale));
      const b = patternsOf<Format>(f32x4.div(v128.load(at, 16), scale));
      const c = patternsOf<Format>(f32x4.div(v128.load(at, 32), scale));
      const d = patternsOf<Format>(f32x4.div(v128.load(at, 48), scale));
      v128.store(to, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
      if (rest < 16) memory.copy(codes + i, tailCodes, rest);
    }
    weights += length << 2;
    codes += length;
    scales += 4;
  }
}

/** Patterns of w/scale in a small float's format, one of SmallFloatFormat: one row of groups. */
export function encodeFloats(format: i32, weights: usize, columns: i32, group: i32, scales: usize, codes: usize): void {
  if (format == SmallFloatFormat.E4M3) floatsOf<AsE4M3>(weights, columns, group, scales, codes);
  else if (format == SmallFloatFormat.E5M2) floatsOf<AsE5M2>(weights, columns, group, scales, codes);
  else floatsOf<AsE2M1>(weights, columns, group, scales, codes);
}

/** q = rint(clamp(w/s + z, low, high)), one row of groups; zeros (groups) i8. The range stands at INTEGER_RANGE. */
export function encodeIntegers(
  weights: usize,
  columns: i32,
  group: i32,
  scales: usize,
  zeros: usize,
  codes: usize,
): void {
  const magics = pinned(f32x4.splat(magic));
  const bits = pinned(i32x4.splat(reinterpret<i32>(magic)));
  const lows = pinned(f32x4.splat(<f32>changetype<IntegerRange>(INTEGER_RANGE).low));
  const highs = pinned(f32x4.splat(<f32>changetype<IntegerRange>(INTEGER_RANGE).high));
  for (let start = 0; start < columns; start += group) {
    const length = <usize>min(group, columns - start);
    const scale = v128.load32_splat(scales);
    const zero = pinned(f32x4.splat(<f32>load<i8>(zeros)));
    for (let i: usize = 0; i < length; i += 16) {
      let at = weights + (i << 2);
      let to = codes + i;
      const rest = length - i;
      if (rest < 16) {
        memory.fill(tail, 0, 64);
        memory.copy(tail, at, rest << 2);
        at = tail;
        to = tailCodes;
      }
      let a = f32x4.add(f32x4.div(v128.load(at), scale), zero);
      let b = f32x4.add(f32x4.div(v128.load(at, 16), scale), zero);
      let c = f32x4.add(f32x4.div(v128.load(at, 32), scale), zero);
      let d = f32x4.add(f32x4.div(v128.load(at, 48), scale), zero);
      a = i32x4.sub(f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, a)), magics), bits);
      b = i32x4.sub(f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, b)), magics), bits);
      c = i32x4.sub(f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, c)), magics), bits);
      d = i32x4.sub(f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, d)), magics), bits);
      v128.store(to, i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
      if (rest < 16) memory.copy(codes + i, tailCodes, rest);
    }
    weights += length << 2;
    codes += length;
    scales += 4;
    zeros += 1;
  }
}

/** q = rint(w/step) as int32. Returns the largest |w/step|: beyond 2^22 the codes mean nothing. */
export function encodeSteps(weights: usize, count: i32, step: f32, codes: usize): f32 {
  const steps = pinned(f32x4.splat(step));
  const magics = pinned(f32x4.splat(magic));
  const bits = pinned(i32x4.splat(reinterpret<i32>(magic)));
  let most = f32x4.splat(0);
  const end = weights + ((<usize>count) << 2);
  for (; weights + 16 <= end; weights += 16) {
    const x = f32x4.div(v128.load(weights), steps);
    most = f32x4.pmax(most, f32x4.abs(x));
    v128.store(codes, i32x4.sub(f32x4.add(x, magics), bits));
    codes += 16;
  }
  for (; weights < end; weights += 4) {
    const x = f32x4.div(v128.load32_splat(weights), steps);
    most = f32x4.pmax(most, f32x4.abs(x));
    store<i32>(codes, i32x4.extract_lane(i32x4.sub(f32x4.add(x, magics), bits), 0));
    codes += 4;
  }
  const pair = f32x4.pmax(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(pair, v128.shuffle<f32>(pair, pair, 1, 0, 3, 2)), 0);
}

/** How many of the 15 midpoints lie below each of four numbers. */
function ranksOf(x: v128, midpoints: usize): v128 {
  let rank = i32x4.splat(0);
  for (let m: usize = 0; m < 60; m += 4) rank = i32x4.sub(rank, f32x4.gt(x, v128.load32_splat(midpoints + m)));
  return rank;
}

/** The ranks of sixteen numbers w·(1/a). */
function ranksOfSixteen(weights: usize, inverse: v128, midpoints: usize): v128 {
  const a = ranksOf(f32x4.mul(v128.load(weights), inverse), midpoints);
  const b = ranksOf(f32x4.mul(v128.load(weights, 16), inverse), midpoints);
  const c = ranksOf(f32x4.mul(v128.load(weights, 32), inverse), midpoints);
  const d = ranksOf(f32x4.mul(v128.load(weights, 48), inverse), midpoints);
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** The cells of eight numbers w·(1/a). Those from −1 to 1 lie in 65,535 cells: the number of a cell, an i16, never falls where the number rises. */
function cellsOf(weights: usize, inverse: v128, cells: v128, magics: v128): v128 {
  const x = f32x4.mul(f32x4.mul(v128.load(weights), inverse), cells);
  const y = f32x4.mul(f32x4.mul(v128.load(weights, 16), inverse), cells);
  return i16x8.narrow_i32x4_s(i32x4.sub(f32x4.add(x, magics), magics), i32x4.sub(f32x4.add(y, magics), magics));
}

/** The cells i16 of the 15 midpoints in the order of a search by halves: of the middle one, of those in the middle of the halves, of the four in
 *  the middle of the quarters, of the other eight. */
const middle = memory.data(16, 16);
const halves = memory.data(16, 16);
const quarters = memory.data(16, 16);
const eighths = memory.data(16, 16);
/** The lower and the upper bytes of the cells, in order. */
const lowerBytes = memory.data(16, 16);
const upperBytes = memory.data(16, 16);

function cellOfMidpoint(midpoints: usize, rank: usize): i16 {
  memory.fill(tail, 0, 64);
  store<f32>(tail, load<f32>(midpoints + (rank << 2)));
  return i16x8.extract_lane_s(cellsOf(tail, f32x4.splat(1), f32x4.splat(32767), f32x4.splat(magic)), 0);
}

function setCells(midpoints: usize): void {
  v128.store(middle, i16x8.splat(cellOfMidpoint(midpoints, 7)));
  for (let k: usize = 0; k < 2; k++) store<i16>(halves + 2 * k, cellOfMidpoint(midpoints, 8 * k + 3));
  for (let k: usize = 0; k < 4; k++) store<i16>(quarters + 2 * k, cellOfMidpoint(midpoints, 4 * k + 1));
  for (let k: usize = 0; k < 8; k++) store<i16>(eighths + 2 * k, cellOfMidpoint(midpoints, 2 * k));
  // What lies above all midpoints lies in no cell of theirs, that of the last included.
  for (let rank: usize = 0; rank < 16; rank++) {
    const cell = cellOfMidpoint(midpoints, min<usize>(rank, 14));
    store<u8>(lowerBytes + rank, <u8>cell);
    store<u8>(upperBytes + rank, <u8>(cell >> 8));
  }
}

/** How many of the midpoints' cells lie below each of sixteen cells. `pair` and `step` make places of i16 numbers in a table, as bytes: 2k and
 *  2k + 1 for number k, which rises by 1 where a cell lies above. */
function ranksOfCells(first: v128, second: v128, pair: v128, step: v128): v128 {
  let table = v128.load(middle);
  let p = i16x8.add(v128.and(i16x8.gt_s(first, table), step), pair);
  let q = i16x8.add(v128.and(i16x8.gt_s(second, table), step), pair);
  table = v128.load(halves);
  let above = v128.and(i16x8.gt_s(first, i8x16.swizzle(table, p)), step);
  p = i16x8.add(i16x8.add(p, i16x8.sub(p, pair)), above);
  above = v128.and(i16x8.gt_s(second, i8x16.swizzle(table, q)), step);
  q = i16x8.add(i16x8.add(q, i16x8.sub(q, pair)), above);
  table = v128.load(quarters);
  above = v128.and(i16x8.gt_s(first, i8x16.swizzle(table, p)), step);
  p = i16x8.add(i16x8.add(p, i16x8.sub(p, pair)), above);
  above = v128.and(i16x8.gt_s(second, i8x16.swizzle(table, q)), step);
  q = i16x8.add(i16x8.add(q, i16x8.sub(q, pair)), above);
  table = v128.load(eighths);
  // The first byte of a place is twice the number, and true is −1.
  const bytes = i16x8.splat(255);
  return i8x16.narrow_i16x8_u(
    i16x8.sub(v128.and(p, bytes), i16x8.gt_s(first, i8x16.swizzle(table, p))),
    i16x8.sub(v128.and(q, bytes), i16x8.gt_s(second, i8x16.swizzle(table, q))),
  );
}

/** Whether one of sixteen cells is that of the first midpoint that is not below it. */
function areInDoubt(first: v128, second: v128, ranks: v128): bool {
  const lower = i8x16.swizzle(v128.load(lowerBytes), ranks);
  const upper = i8x16.swizzle(v128.load(upperBytes), ranks);
  const low = v128.shuffle<u8>(lower, upper, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const high = v128.shuffle<u8>(lower, upper, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return v128.any_true(v128.or(i16x8.eq(first, low), i16x8.eq(second, high)));
}

/** Codes of blocks of `group` weights, a multiple of 16, by the largest magnitude a of each: the number of midpoints (15) f32, from −1 to 1, below
 *  w·(1/a) is the place of the code among the codes (16) u8. The midpoints are the first list, the codes the second. A last block that is
 *  shorter has its own rule and is not done here.
 *
 *  Numbers are compared by their cells, eight at a time; sixteen of which one lies in a midpoint's own cell are compared as they are. */
export function encodeSixteen(weights: usize, blocks: i32, group: i32, largest: usize, codes: usize): void {
  const midpoints = LISTS;
  const list = pinned(v128.load(LISTS + LIST_STRIDE));
  const cells = pinned(f32x4.splat(32767));
  const magics = pinned(f32x4.splat(magic));
  const pair = pinned(i16x8.splat(0x0100));
  const step = pinned(i16x8.splat(0x0202));
  setCells(midpoints);
  for (let block = 0; block < blocks; block++) {
    const inverse = pinned(f32x4.splat(1 / max<f32>(load<f32>(largest), <f32>1e-38)));
    for (const end = codes + <usize>group; codes < end; codes += 16) {
      const first = cellsOf(weights, inverse, cells, magics);
      const second = cellsOf(weights + 32, inverse, cells, magics);
      let ranks = ranksOfCells(first, second, pair, step);
      if (areInDoubt(first, second, ranks)) ranks = ranksOfSixteen(weights, inverse, midpoints);
      v128.store(codes, i8x16.swizzle(list, ranks));
      weights += 64;
    }
    largest += 4;
  }
}
