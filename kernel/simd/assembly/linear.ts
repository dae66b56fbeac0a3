/** Round to nearest on a uniform grid, group by group, with the squared error of the result: WebAssembly SIMD, four float32 lanes.
 *
 *  A call works on `rows` rows of `columns` weights; each row is cut into groups of `group` weights, the last one shorter when `group`
 *  does not divide the row. Groups are numbered through the rows. Every operation is one float32 operation of `kernel/simd/linear.ts`,
 *  in the same order: the results have equal bits. No relaxed SIMD, so they have on every machine. */

/** Adding 1.5·2^23 to |x| < 2^22 rounds x to an integer, ties to even, and leaves the integer in the low bits of the sum. */
const magic: f32 = 12582912.0;

/** Weights whose squared errors are summed in float32 before they go to the float64 sum of the group. */
const piece: i32 = 128;

/** Smallest and largest weight of each group: ranges (groups, 2) f32. NaN may go unseen. */
export function ranges(weights: usize, rows: i32, columns: i32, group: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < columns; start += group) {
      const length = min(group, columns - start);
      let smallest = Infinity as f32;
      let largest = -Infinity as f32;
      let i = 0;
      if (length >= 8) {
        let low = v128.load(weights);
        let low2 = v128.load(weights, 16);
        let high = low;
        let high2 = low2;
        for (i = 8; i <= length - 8; i += 8) {
          const a = v128.load(weights + ((<usize>i) << 2));
          const b = v128.load(weights + ((<usize>i) << 2), 16);
          low = f32x4.pmin(low, a);
          high = f32x4.pmax(high, a);
          low2 = f32x4.pmin(low2, b);
          high2 = f32x4.pmax(high2, b);
        }
        low = f32x4.pmin(low, low2);
        high = f32x4.pmax(high, high2);
        low = f32x4.pmin(low, v128.shuffle<f32>(low, low, 2, 3, 0, 1));
        low = f32x4.pmin(low, v128.shuffle<f32>(low, low, 1, 0, 3, 2));
        high = f32x4.pmax(high, v128.shuffle<f32>(high, high, 2, 3, 0, 1));
        high = f32x4.pmax(high, v128.shuffle<f32>(high, high, 1, 0, 3, 2));
        smallest = f32x4.extract_lane(low, 0);
        largest = f32x4.extract_lane(high, 0);
      }
      for (; i < length; i++) {
        const w = load<f32>(weights + ((<usize>i) << 2));
        if (w < smallest) smallest = w;
        if (w > largest) largest = w;
      }
      store<f32>(out, smallest);
      store<f32>(out, largest, 4);
      out += 8;
      weights += (<usize>length) << 2;
    }
  }
}

/** Codes of one group; returns `error` plus its squared error. `low` and `high` are the ends of the group, `lowest` and `highest`
 *  those of q − z. */
function encodeGroup(
  weights: usize,
  length: i32,
  low: f32,
  high: f32,
  codes: usize,
  scale: f32,
  lowest: f32,
  highest: f32,
  zero: i32,
  error: f64,
): f64 {
  // A group of zeros has scale 0; dividing by 1 instead leaves its codes at the zero point.
  const divisor: f32 = scale == 0 ? 1 : scale;
  // With the range from the smallest to the largest weight the ends hardly ever round to a code outside the grid.
  const clamped = nearest(low / divisor) < lowest || nearest(high / divisor) > highest;
  const divisors = f32x4.splat(divisor);
  const scales = f32x4.splat(scale);
  const lows = f32x4.splat(lowest);
  const highs = f32x4.splat(highest);
  const magics = f32x4.splat(magic);
  const toCode = i32x4.splat(zero - reinterpret<i32>(magic));
  let i = 0;
  while (i < length) {
    const end = min(i + piece, length);
    let sums = f32x4.splat(0);
    for (; i <= end - 16; i += 16) {
      const at = weights + ((<usize>i) << 2);
      const w0 = v128.load(at);
      const w1 = v128.load(at, 16);
      const w2 = v128.load(at, 32);
      const w3 = v128.load(at, 48);
      let x0 = f32x4.div(w0, divisors);
      let x1 = f32x4.div(w1, divisors);
      let x2 = f32x4.div(w2, divisors);
      let x3 = f32x4.div(w3, divisors);
      if (clamped) {
        x0 = f32x4.pmin(highs, f32x4.pmax(lows, x0));
        x1 = f32x4.pmin(highs, f32x4.pmax(lows, x1));
        x2 = f32x4.pmin(highs, f32x4.pmax(lows, x2));
        x3 = f32x4.pmin(highs, f32x4.pmax(lows, x3));
      }
      const t0 = f32x4.add(x0, magics);
      const t1 = f32x4.add(x1, magics);
      const t2 = f32x4.add(x2, magics);
      const t3 = f32x4.add(x3, magics);
      const first = i16x8.narrow_i32x4_s(i32x4.add(t0, toCode), i32x4.add(t1, toCode));
      const second = i16x8.narrow_i32x4_s(i32x4.add(t2, toCode), i32x4.add(t3, toCode));
      // The low bytes, whether the codes have a sign or not.
      v128.store(codes + i, v128.shuffle<u8>(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
      const d0 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t0, magics)), w0);
      const d1 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t1, magics)), w1);
      const d2 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t2, magics)), w2);
      const d3 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t3, magics)), w3);
      sums = f32x4.add(sums, f32x4.mul(d0, d0));
      sums = f32x4.add(sums, f32x4.mul(d1, d1));
      sums = f32x4.add(sums, f32x4.mul(d2, d2));
      sums = f32x4.add(sums, f32x4.mul(d3, d3));
    }
    let sum0 = f32x4.extract_lane(sums, 0);
    let sum1 = f32x4.extract_lane(sums, 1);
    let sum2 = f32x4.extract_lane(sums, 2);
    let sum3 = f32x4.extract_lane(sums, 3);
    for (; i < end; i++) {
      const w = load<f32>(weights + ((<usize>i) << 2));
      let x: f32 = w / divisor;
      x = lowest < x ? x : lowest;
      x = x < highest ? x : highest;
      const t: f32 = x + magic;
      store<u8>(codes + i, <u8>(reinterpret<i32>(t) - reinterpret<i32>(magic) + zero));
      const d: f32 = scale * (t - magic) - w;
      const square: f32 = d * d;
      const lane = i & 3;
      if (lane == 0) sum0 += square;
      else if (lane == 1) sum1 += square;
      else if (lane == 2) sum2 += square;
      else sum3 += square;
    }
    error += <f64>(sum0 + sum2 + (sum1 + sum3));
  }
  return error;
}

/** Scales of all groups from their ranges, by the rules of `kernel/quantize/linear.ts`: computed in float64, rounded once to float32, or
 *  upwards to a number of float16. Returns false when a range or a scale is too large, or not a number: nothing else is valid then. */
export function fit(
  bounds: usize,
  groups: i32,
  bits: i32,
  symmetric: bool,
  half: bool,
  scales: usize,
  zeros: usize,
): bool {
  const top = symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  for (let g = 0; g < groups; g++) {
    const low = min<f64>(0, load<f32>(bounds));
    const high = max<f64>(0, load<f32>(bounds, 4));
    if (!(high <= largest && -low <= largest)) return false;
    const exact = (symmetric ? max(-low, high) : high - low) / <f64>top;
    const scale = half ? ceilHalf(exact) : exact < smallestNormal ? ceilSubnormal(exact) : <f32>exact;
    if (half && scale > 65504) return false;
    store<f32>(scales, scale);
    const zero = symmetric || scale == 0 ? 0 : min(<f64>top, nearest(-low / <f64>scale));
    store<u8>(zeros, <u8>zero);
    bounds += 8;
    scales += 4;
    zeros += 1;
  }
  return true;
}

/** 2^126 and 2^-126. */
const largest: f64 = reinterpret<f64>((<u64>(1023 + 126)) << 52);
const smallestNormal: f64 = reinterpret<f64>((<u64>(1023 - 126)) << 52);

function ceilSubnormal(exact: f64): f32 {
  const unit = reinterpret<f64>((<u64>(1023 - 149)) << 52);
  return <f32>(ceil(exact / unit) * unit);
}

/** The smallest number of float16 that is not below `exact`, infinity apart: 2^-24 apart up to 2^-14, then eleven digits. */
function ceilHalf(exact: f64): f32 {
  if (exact <= 6.103515625e-5) return <f32>(ceil(exact * 16777216.0) / 16777216.0);
  const near = <f32>exact;
  const up: u32 = <f64>near >= exact ? 0x1fff : 0x2000;
  return reinterpret<f32>((reinterpret<u32>(near) + up) & ~0x1fff);
}

/** Codes (rows, columns) u8 or i8 for groups of given scale and zero point.
 *  bounds (groups, 2) f32, as `ranges` gives them; scales (groups) f32; zeros (groups) u8. The squared error of each group is added to errors (groups) f64.
 *  Returns false when one of them is not a number: nothing else is valid then. */
export function encode(
  weights: usize,
  rows: i32,
  columns: i32,
  group: i32,
  bits: i32,
  symmetric: bool,
  bounds: usize,
  scales: usize,
  zeros: usize,
  codes: usize,
  errors: usize,
): bool {
  const maximum = symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  const minimum = symmetric ? -maximum : 0;
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < columns; start += group) {
      const length = min(group, columns - start);
      const scale = load<f32>(scales);
      const zero = <i32>load<u8>(zeros);
      const lowest = <f32>(minimum - zero);
      const highest = <f32>(maximum - zero);
      const low = load<f32>(bounds);
      const high = load<f32>(bounds, 4);
      const error = encodeGroup(weights, length, low, high, codes, scale, lowest, highest, zero, load<f64>(errors));
      store<f64>(errors, error);
      // A NaN among numbers may hide from the range of its group, but not from the error.
      if (error != error) return false;
      weights += (<usize>length) << 2;
      codes += <usize>length;
      bounds += 8;
      scales += 4;
      zeros += 1;
      errors += 8;
    }
  }
  return true;
}
