/** Scales of groups from their ranges: computed in float64, rounded once. */
import { GRID, Grid } from "./_shared";

/** 2^126, 2^-126, 2^149 and 2^-149. */
const largest: f32 = reinterpret<f32>((<u32>(127 + 126)) << 23);
const smallestNormal: f64 = reinterpret<f64>((<u64>(1023 - 126)) << 52);
const units: f64 = reinterpret<f64>((<u64>(1023 + 149)) << 52);
const unit: f64 = reinterpret<f64>((<u64>(1023 - 149)) << 52);

/** Two scales as float32 in the lower lanes: upwards to a number of float16 (2^-24 apart up to 2^-14, then eleven digits), or to the nearest
 *  float32, upwards below 2^-126. */
export function roundScales(exact: v128, half: bool): v128 {
  const near = f32x4.demote_f64x2_zero(exact);
  if (half) {
    const small = f64x2.le(exact, f64x2.splat(6.103515625e-5));
    const grains = f64x2.mul(f64x2.ceil(f64x2.mul(exact, f64x2.splat(16777216.0))), f64x2.splat(5.9604644775390625e-8));
    const isBelow = f64x2.lt(f64x2.promote_low_f32x4(near), exact);
    const up = i32x4.sub(i32x4.splat(0x1fff), v128.shuffle<i32>(isBelow, isBelow, 0, 2, 0, 2));
    const digits = v128.and(i32x4.add(near, up), i32x4.splat(~0x1fff));
    return v128.bitselect(f32x4.demote_f64x2_zero(grains), digits, v128.shuffle<i32>(small, small, 0, 2, 0, 2));
  }
  const small = f64x2.lt(exact, f64x2.splat(smallestNormal));
  const grains = f64x2.mul(f64x2.ceil(f64x2.mul(exact, f64x2.splat(units))), f64x2.splat(unit));
  return v128.bitselect(f32x4.demote_f64x2_zero(grains), near, v128.shuffle<i32>(small, small, 0, 2, 0, 2));
}

/** Zero points of two groups as whole numbers in the lower lanes. */
export function zeroPoints(low: v128, scales: v128, top: f64): v128 {
  const ratio = f64x2.nearest(f64x2.div(f64x2.neg(low), f64x2.promote_low_f32x4(scales)));
  // 0/0 stays NaN here, and the comparison takes 0 for it.
  const held = f64x2.pmin(f64x2.splat(top), ratio);
  const bits = f64x2.add(v128.and(held, f64x2.eq(ratio, ratio)), f64x2.splat(4503599627370496.0));
  return v128.shuffle<i32>(bits, bits, 0, 2, 0, 2);
}

/** The largest code of a grid. */
export function largestCode(grid: Grid): i32 {
  return grid.symmetric ? (1 << (grid.bits - 1)) - 1 : (1 << grid.bits) - 1;
}

/** Scale, zero point and flag of four groups whose smallest and largest weights are given, on the grid at GRID: to `scales` f32, `zeros` u8
 *  and `flags` u8, of which GroupTables says more. Returns false when a range or a scale is too large: nothing else is valid then. */
export function fitFour(smallest: v128, greatest: v128, scales: usize, zeros: usize, flags: usize): bool {
  const grid = changetype<Grid>(GRID);
  const symmetric = grid.symmetric;
  const half = grid.half;
  const maximum = largestCode(grid);
  const minimum = symmetric ? -maximum : 0;
  const top = f64x2.splat(<f64>maximum);
  const nothing = f32x4.splat(0);
  const low = f32x4.pmin(nothing, smallest);
  const high = f32x4.pmax(nothing, greatest);
  const most = f32x4.splat(largest);
  let valid = v128.and(f32x4.le(high, most), f32x4.ge(low, f32x4.neg(most)));
  const low01 = f64x2.promote_low_f32x4(low);
  const low23 = f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3));
  const high01 = f64x2.promote_low_f32x4(high);
  const high23 = f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 2, 3));
  const span01 = symmetric ? f64x2.pmax(high01, f64x2.neg(low01)) : f64x2.sub(high01, low01);
  const span23 = symmetric ? f64x2.pmax(high23, f64x2.neg(low23)) : f64x2.sub(high23, low23);
  const scale01 = roundScales(f64x2.div(span01, top), half);
  const scale23 = roundScales(f64x2.div(span23, top), half);
  const scale = v128.shuffle<i32>(scale01, scale23, 0, 1, 4, 5);
  if (half) valid = v128.and(valid, f32x4.le(scale, f32x4.splat(65504)));
  v128.store(scales, scale);
  let zero = i32x4.splat(0);
  if (!symmetric) {
    const zero01 = zeroPoints(low01, scale01, <f64>maximum);
    zero = v128.shuffle<i32>(zero01, zeroPoints(low23, scale23, <f64>maximum), 0, 1, 4, 5);
  }
  const zeroFloats = f32x4.convert_i32x4_s(zero);
  const lowest = f32x4.sub(f32x4.splat(<f32>minimum), zeroFloats);
  const highest = f32x4.sub(f32x4.splat(<f32>maximum), zeroFloats);
  const beyond = v128.or(
    f32x4.lt(f32x4.nearest(f32x4.div(low, scale)), lowest),
    f32x4.gt(f32x4.nearest(f32x4.div(high, scale)), highest),
  );
  // 2^-60 and 2^60.
  const tiny = f32x4.lt(scale, f32x4.splat(8.673617379884035e-19));
  const huge = f32x4.gt(scale, f32x4.splat(1152921504606846976));
  const flagged = i32x4.shr_u(v128.or(beyond, v128.or(tiny, huge)), 31);
  const words = i16x8.narrow_i32x4_s(zero, flagged);
  const bytes = i8x16.narrow_i16x8_u(words, words);
  store<u32>(zeros, i32x4.extract_lane(bytes, 0));
  store<u32>(flags, i32x4.extract_lane(bytes, 1));
  return i32x4.all_true(valid);
}
