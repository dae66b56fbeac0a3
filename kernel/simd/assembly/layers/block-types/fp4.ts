/** MXFP4 and NVFP4: layouts and formulas in `kernel/blocks/fp4.ts`. Arguments as in legacy-blocks.ts. */
import { largestMagnitude } from "../_floats";
import { decodeValues } from "./iq4";

/** Twice the values of E2M1, by code. */
const doubled = i8x16(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

/** Codes of the four weights at x: of the seven magnitudes and 0 the first that is nearest, and 8 more where x is below 0 and the
 *  magnitude is not 0. */
function nearestCodes(x: usize, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128, v6: v128, v7: v128): v128 {
  const value = v128.load(x);
  const size = f32x4.abs(value);
  let best = size;
  let code = i32x4.splat(0);
  let error = f32x4.abs(f32x4.sub(v1, size));
  code = v128.bitselect(i32x4.splat(1), code, f32x4.lt(error, best));
  best = f32x4.pmin(best, error);
  error = f32x4.abs(f32x4.sub(v2, size));
  code = v128.bitselect(i32x4.splat(2), code, f32x4.lt(error, best));
  best = f32x4.pmin(best, error);
  error = f32x4.abs(f32x4.sub(v3, size));
  code = v128.bitselect(i32x4.splat(3), code, f32x4.lt(error, best));
  best = f32x4.pmin(best, error);
  error = f32x4.abs(f32x4.sub(v4, size));
  code = v128.bitselect(i32x4.splat(4), code, f32x4.lt(error, best));
  best = f32x4.pmin(best, error);
  error = f32x4.abs(f32x4.sub(v5, size));
  code = v128.bitselect(i32x4.splat(5), code, f32x4.lt(error, best));
  best = f32x4.pmin(best, error);
  error = f32x4.abs(f32x4.sub(v6, size));
  code = v128.bitselect(i32x4.splat(6), code, f32x4.lt(error, best));
  best = f32x4.pmin(best, error);
  error = f32x4.abs(f32x4.sub(v7, size));
  code = v128.bitselect(i32x4.splat(7), code, f32x4.lt(error, best));
  const eight = v128.and(i32x4.ne(code, i32x4.splat(0)), f32x4.lt(value, f32x4.splat(0)));
  return v128.or(code, v128.and(eight, i32x4.splat(8)));
}

/** Sixteen codes. */
function roundSixteen(x: usize, halfScale: f32, codes: usize): void {
  const v1 = f32x4.splat(halfScale);
  const v2 = f32x4.splat(2 * halfScale);
  const v3 = f32x4.splat(3 * halfScale);
  const v4 = f32x4.splat(4 * halfScale);
  const v5 = f32x4.splat(6 * halfScale);
  const v6 = f32x4.splat(8 * halfScale);
  const v7 = f32x4.splat(12 * halfScale);
  const a = nearestCodes(x, v1, v2, v3, v4, v5, v6, v7);
  const b = nearestCodes(x + 16, v1, v2, v3, v4, v5, v6, v7);
  const c = nearestCodes(x + 32, v1, v2, v3, v4, v5, v6, v7);
  const d = nearestCodes(x + 48, v1, v2, v3, v4, v5, v6, v7);
  v128.store(codes, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

/** 2^(e − 128), subnormal below e = 2. */
function halfPower(e: u32): f32 {
  return reinterpret<f32>(e < 2 ? (<u32>0x200000) << e : (e - 1) << 23);
}

/** `turns` (277) u32: for each exponent from −149 on, the least 23-bit fraction from which the float32 logarithm is the next whole number. */
export function encodeMxfp4(x: usize, blocks: i32, bytes: usize, codes: usize, turns: usize): void {
  for (let block = 0; block < blocks; block++) {
    const largest = largestMagnitude(x, 32);
    let e: u32 = 0;
    if (largest > 0) {
      // A subnormal number is made normal first.
      const small = largest < <f32>1.1754943508222875e-38;
      const bits = reinterpret<u32>(small ? largest * <f32>8388608.0 : largest);
      const exponent = <i32>(bits >> 23) - 127 - (small ? 23 : 0);
      const next = (bits & 0x7fffff) >= load<u32>(turns + ((<usize>(exponent + 149)) << 2));
      e = (exponent + (next ? 1 : 0) + 125) & 255;
    }
    store<u8>(bytes, e);
    const halfScale = halfPower(e);
    roundSixteen(x, halfScale, codes);
    roundSixteen(x + 64, halfScale, codes + 16);
    x += 128;
    bytes += 17;
    codes += 32;
  }
}

export function decodeMxfp4(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    decodeValues(codes, 32, doubled, halfPower(load<u8>(bytes)), out);
    bytes += 17;
    codes += 32;
    out += 128;
  }
}

/** The unsigned E4M3 pattern nearest to x ≥ 0, halves up; from 248 on that of 448. */
function unsignedE4m3(x: f32): u32 {
  if (!(x > 0)) return 0;
  const bits = reinterpret<u32>(min<f32>(x, 448));
  const exponent = <i32>(bits >> 23) - 120;
  if (exponent <= 0) return min<u32>(7, <u32>floor<f32>(x * 512 + <f32>0.5));
  const rounded = ((<u32>exponent) << 3) + ((bits >> 20) & 7) + ((bits >> 19) & 1);
  return rounded < 0x78 ? rounded : 0x7e;
}

/** Half the value of a pattern; 0 for 0x7f. Bit 7 is not read. */
function halfOfE4m3(pattern: u32): f32 {
  if (pattern == 0x7f) return 0;
  const exponent = (pattern >> 3) & 15;
  const fraction = <f32>(pattern & 7);
  if (exponent == 0) return fraction * <f32>0.0009765625;
  return (1 + fraction * <f32>0.125) * reinterpret<f32>((exponent + 119) << 23);
}

export function encodeNvfp4(x: usize, blocks: i32, bytes: usize, codes: usize): void {
  for (let block = 0; block < blocks; block++) {
    for (let group = 0; group < 4; group++) {
      const pattern = unsignedE4m3(largestMagnitude(x, 16) / 6);
      store<u8>(bytes + group, pattern);
      roundSixteen(x, halfOfE4m3(pattern), codes);
      x += 64;
      codes += 16;
    }
    bytes += 36;
  }
}

export function decodeNvfp4(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    for (let group = 0; group < 4; group++) {
      decodeValues(codes, 16, doubled, halfOfE4m3(load<u8>(bytes + group)), out);
      codes += 16;
      out += 64;
    }
    bytes += 36;
  }
}
