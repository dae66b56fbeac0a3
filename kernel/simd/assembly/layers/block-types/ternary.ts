/** TQ1_0 and TQ2_0: layouts and formulas in `kernel/blocks/ternary.ts`. Arguments as in legacy-blocks.ts, 256 weights to a block. */
import { largestMagnitude, loadHalf, storeHalf } from "../_floats";
import { roundAway } from "./legacy-blocks";

/** `dAt`: place of the scale in the block. */
export function encodeTernary(x: usize, blocks: i32, dAt: usize, blockBytes: usize, bytes: usize, codes: usize): void {
  const one = i8x16.splat(1);
  for (let block = 0; block < blocks; block++) {
    const d = largestMagnitude(x, 256);
    storeHalf(bytes + dAt, d);
    // 1/d overflows for the smallest numbers: infinite and NaN quotients count as 0.
    const exact: f32 = d != 0 ? 1 / d : 0;
    const inverses = f32x4.splat(exact < Infinity ? exact : 0);
    for (let i: usize = 0; i < 256; i += 16) {
      const at = x + 4 * i;
      const a = roundAway(f32x4.mul(v128.load(at), inverses));
      const b = roundAway(f32x4.mul(v128.load(at, 16), inverses));
      const c = roundAway(f32x4.mul(v128.load(at, 32), inverses));
      const e = roundAway(f32x4.mul(v128.load(at, 48), inverses));
      const trits = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, e));
      v128.store(codes + i, i8x16.add(trits, one));
    }
    x += 1024;
    bytes += blockBytes;
    codes += 256;
  }
}

/** w′ = d·(q − 1). */
export function decodeTernary(
  bytes: usize,
  blocks: i32,
  dAt: usize,
  blockBytes: usize,
  codes: usize,
  out: usize,
): void {
  const one = i32x4.splat(1);
  for (let block = 0; block < blocks; block++) {
    const d = f32x4.splat(loadHalf(bytes + dAt));
    for (let i: usize = 0; i < 256; i += 8) {
      const eight = i16x8.extend_low_i8x16_u(v128.load64_zero(codes + i));
      const a = i32x4.sub(i32x4.extend_low_i16x8_u(eight), one);
      const b = i32x4.sub(i32x4.extend_high_i16x8_u(eight), one);
      v128.store(out + 4 * i, f32x4.mul(d, f32x4.convert_i32x4_s(a)));
      v128.store(out + 4 * i, f32x4.mul(d, f32x4.convert_i32x4_s(b)), 16);
    }
    bytes += blockBytes;
    codes += 256;
    out += 1024;
  }
}

/** Sixteen bytes: five digits each, those of weights m, m + stride, …; the fifth is 0 where `digits` is 4. ⌈256·n/243⌉. */
function digitsOf(codes: usize, stride: usize, digits: i32): v128 {
  const zeros = i8x16.splat(0);
  let n = v128.load(codes);
  for (let k = 1; k < 5; k++) {
    const digit = k < digits ? v128.load(codes + <usize>k * stride) : zeros;
    n = i8x16.add(i8x16.add(n, i8x16.add(n, n)), digit);
  }
  return i8x16.narrow_i16x8_u(scaled(i16x8.extend_low_i8x16_u(n)), scaled(i16x8.extend_high_i8x16_u(n)));
}

/** ⌈256·n/243⌉ = n + ⌊(13·n + 242)/243⌋ for eight n < 243; 34522/2^23 is near enough to 1/243. */
function scaled(n: v128): v128 {
  const sum = i16x8.add(i16x8.mul(n, i16x8.splat(13)), i16x8.splat(242));
  const factor = i16x8.splat(<i16>34522);
  const low = i32x4.shr_u(i32x4.extmul_low_i16x8_u(sum, factor), 23);
  const high = i32x4.shr_u(i32x4.extmul_high_i16x8_u(sum, factor), 23);
  return i16x8.add(n, i16x8.narrow_i32x4_s(low, high));
}

export function packTq1(codes: usize, blocks: i32, bytes: usize): void {
  for (let block = 0; block < blocks; block++) {
    v128.store(bytes, digitsOf(codes, 32, 5));
    v128.store(bytes, digitsOf(codes + 16, 32, 5), 16);
    v128.store(bytes, digitsOf(codes + 160, 16, 5), 32);
    store<u32>(bytes + 48, i32x4.extract_lane(digitsOf(codes + 240, 4, 4), 0));
    codes += 256;
    bytes += 54;
  }
}

/** `digits` codes from each of sixteen bytes (or the first four), `stride` apart. */
function undigit(from: v128, digits: i32, stride: usize, codes: usize): void {
  const three = i16x8.splat(3);
  const byte = i16x8.splat(255);
  let low = i16x8.extend_low_i8x16_u(from);
  let high = i16x8.extend_high_i8x16_u(from);
  for (let k = 0; k < digits; k++) {
    const a = i16x8.mul(low, three);
    const b = i16x8.mul(high, three);
    const trits = i8x16.narrow_i16x8_u(i16x8.shr_u(a, 8), i16x8.shr_u(b, 8));
    const to = codes + <usize>k * stride;
    if (stride == 4) store<u32>(to, i32x4.extract_lane(trits, 0));
    else v128.store(to, trits);
    low = v128.and(a, byte);
    high = v128.and(b, byte);
  }
}

export function unpackTq1(bytes: usize, blocks: i32, codes: usize): void {
  for (let block = 0; block < blocks; block++) {
    undigit(v128.load(bytes), 5, 32, codes);
    undigit(v128.load(bytes, 16), 5, 32, codes + 16);
    undigit(v128.load(bytes, 32), 5, 16, codes + 160);
    undigit(v128.load32_zero(bytes + 48), 4, 4, codes + 240);
    codes += 256;
    bytes += 54;
  }
}
