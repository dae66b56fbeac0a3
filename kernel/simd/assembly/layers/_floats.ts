/** Roundings and reductions that the block types share. Each is the operation of the same name in `kernel/blocks/arithmetic.ts`. */

/** 1.5·2^23: adding it to |x| < 2^22 rounds x to an integer, ties to even, which stands in the low bits of the sum. */
export const magic: f32 = 12582912.0;

/** `magic`, the bits below it, and its own among these, four times each. V8 makes a constant vector by three operations wherever it is used, a loop
 *  included; loading one takes one. */
const magics = memory.data<f32>([12582912.0, 12582912.0, 12582912.0, 12582912.0], 16);
const lowerBits = memory.data<u32>([0x7fffff, 0x7fffff, 0x7fffff, 0x7fffff], 16);
const ownBits = memory.data<u32>([0x400000, 0x400000, 0x400000, 0x400000], 16);

/** The float16 nearest to x, ties to even; a NaN stays one, made quiet. */
export function toHalf(x: f32): u32 {
  const bits = reinterpret<u32>(x);
  const sign = (bits >> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x38800000 && magnitude < 0x477ff000) {
    const rebased = magnitude - (112 << 23);
    return sign | ((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
  }
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >> 13) & 0x1ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 a number of units of 2^-24, which adding 0.5 in float32 rounds to.
  return sign | (reinterpret<u32>(reinterpret<f32>(magnitude) + 0.5) - 0x3f000000);
}

/** The value of a float16. */
export function fromHalf(half: u32): f32 {
  const sign = (half & 0x8000) << 16;
  const rest = half & 0x7fff;
  if (rest >= 0x7c00) return reinterpret<f32>(sign | 0x7f800000 | ((rest & 0x3ff) << 13));
  if (rest >= 0x400) return reinterpret<f32>(sign | ((rest << 13) + (112 << 23)));
  return reinterpret<f32>(sign | reinterpret<u32>(<f32>rest * <f32>5.9604644775390625e-8));
}

export function loadHalf(from: usize): f32 {
  return fromHalf(load<u16>(from));
}

/** Stores the float16 nearest to x; returns its value. */
export function storeHalf(to: usize, x: f32): f32 {
  const half = toHalf(x);
  store<u16>(to, half);
  return fromHalf(half);
}

/** x rounded half to even; past 2^22 what the lower bits of x + magic say. */
export function nearestInteger(x: f32): i32 {
  return (reinterpret<i32>(x + magic) & 0x7fffff) - 0x400000;
}

/** The same for four. */
export function nearestIntegers(x: v128): v128 {
  return i32x4.sub(v128.and(f32x4.add(x, v128.load(magics)), v128.load(lowerBits)), v128.load(ownBits));
}

/** Four vectors of whole numbers, 0 to 255 or −128 to 127, as bytes. Numbers beyond are cut to the low 16 bits' range first. */
export function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}
export function signedBytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** The largest and the smallest of four lanes. No NaN among them. */
export function largestLane(x: v128): f32 {
  const y = f32x4.pmax(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(y, v128.shuffle<f32>(y, y, 1, 0, 3, 2)), 0);
}
export function smallestLane(x: v128): f32 {
  const y = f32x4.pmin(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmin(y, v128.shuffle<f32>(y, y, 1, 0, 3, 2)), 0);
}

/** max|x| over `count` values, a multiple of 16. */
export function largestMagnitude(x: usize, count: i32): f32 {
  const end = x + ((<usize>count) << 2);
  let a = f32x4.splat(0);
  let b = a;
  for (; x < end; x += 64) {
    const p = f32x4.pmax(f32x4.abs(v128.load(x)), f32x4.abs(v128.load(x, 16)));
    const q = f32x4.pmax(f32x4.abs(v128.load(x, 32)), f32x4.abs(v128.load(x, 48)));
    a = f32x4.pmax(a, p);
    b = f32x4.pmax(b, q);
  }
  return largestLane(f32x4.pmax(a, b));
}

/** The value of greatest magnitude among `count`, a multiple of 8, the first of equals; +0 when all are 0. */
export function peakOf(x: usize, count: i32): f32 {
  let low = f32x4.splat(0);
  let high = low;
  let low2 = low;
  let high2 = low;
  const end = x + ((<usize>count) << 2);
  for (let at = x; at < end; at += 32) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    low = f32x4.pmin(low, a);
    high = f32x4.pmax(high, a);
    low2 = f32x4.pmin(low2, b);
    high2 = f32x4.pmax(high2, b);
  }
  const most = largestLane(f32x4.pmax(high, high2));
  const least = smallestLane(f32x4.pmin(low, low2));
  if (most > -least) return most;
  if (most < -least) return least;
  if (most == 0) return 0;
  for (let at = x; at < end; at += 4) {
    const value = load<f32>(at);
    if (value == most || value == least) return value;
  }
  return 0;
}

/** Σ x² over `count` values, a float32 sum in order. */
export function sumOfSquares(x: usize, count: i32): f32 {
  let sum: f32 = 0;
  for (const end = x + ((<usize>count) << 2); x < end; x += 4) {
    const value = load<f32>(x);
    sum += value * value;
  }
  return sum;
}
