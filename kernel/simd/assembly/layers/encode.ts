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

/** Codes of blocks of `group` weights, a multiple of 16, by the largest magnitude a of each: the number of midpoints (15) f32 below
 *  w·(1/a) is the place of the code among the codes (16) u8. The midpoints are the first list, the codes the second. A last block that is
 *  shorter has its own rule and is not done here. */
export function encodeSixteen(weights: usize, blocks: i32, group: i32, largest: usize, codes: usize): void {
  const midpoints = LISTS;
  const list = pinned(v128.load(LISTS + LIST_STRIDE));
  for (let block = 0; block < blocks; block++) {
    const inverse = pinned(f32x4.splat(1 / max<f32>(load<f32>(largest), <f32>1e-38)));
    for (const end = codes + <usize>group; codes < end; codes += 16) {
      const a = ranksOf(f32x4.mul(v128.load(weights), inverse), midpoints);
      const b = ranksOf(f32x4.mul(v128.load(weights, 16), inverse), midpoints);
      const c = ranksOf(f32x4.mul(v128.load(weights, 32), inverse), midpoints);
      const d = ranksOf(f32x4.mul(v128.load(weights, 48), inverse), midpoints);
      const ranks = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
      v128.store(codes, i8x16.swizzle(list, ranks));
      weights += 64;
    }
    largest += 4;
  }
}
