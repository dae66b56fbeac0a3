/** Blocks of 32 weights with one scale, and in the _1 types a minimum: layouts and formulas in `kernel/blocks/legacy-blocks.ts`, for
 *  weights without importance. Arguments: x (blocks, 32) f32, blocks as stored, codes (blocks, 32) u8. Encoding writes the fields of
 *  the blocks and the codes; packing writes the codes into the blocks. */
import { bytesOf, largestLane, largestMagnitude, loadHalf, magic, peakOf, smallestLane, storeHalf } from "../_floats";
import { packNibbles16, unpackNibbles16 } from "./packing";

/** Where d overflows or is 0, every code is that of 0·x: what C makes of the infinite and of NaN is 0 as well. */
function inverseOf(d: f32): f32 {
  const inverse: f32 = 1 / d;
  return abs(inverse) < Infinity ? inverse : 0;
}

/** ⌊y⌋ as whole numbers for y ≥ 0. */
function floors(y: v128): v128 {
  return v128.xor(f32x4.add(f32x4.trunc(y), f32x4.splat(8388608.0)), i32x4.splat(0x4b000000));
}

/** Q4_0 and Q5_0: half is 8 or 16. */
export function encodeCentred(x: usize, blocks: i32, half: i32, blockBytes: usize, bytes: usize, codes: usize): void {
  const shift = f32x4.splat(<f32>half + 0.5);
  const most = i8x16.splat(<u8>(2 * half - 1));
  for (let block = 0; block < blocks; block++) {
    const d = peakOf(x, 32) / <f32>-half;
    storeHalf(bytes, d);
    const inverses = f32x4.splat(inverseOf(d));
    if (d != 0 && f32x4.extract_lane(inverses, 0) == 0) memory.fill(codes, 0, 32);
    else
      for (let i: usize = 0; i < 32; i += 16) {
        const at = x + 4 * i;
        const a = floors(f32x4.add(f32x4.mul(v128.load(at), inverses), shift));
        const b = floors(f32x4.add(f32x4.mul(v128.load(at, 16), inverses), shift));
        const c = floors(f32x4.add(f32x4.mul(v128.load(at, 32), inverses), shift));
        const e = floors(f32x4.add(f32x4.mul(v128.load(at, 48), inverses), shift));
        v128.store(codes + i, i8x16.min_u(bytesOf(a, b, c, e), most));
      }
    x += 128;
    bytes += blockBytes;
    codes += 32;
  }
}

/** Q4_1 and Q5_1: qmax is 15 or 31. */
export function encodeShifted(x: usize, blocks: i32, qmax: i32, blockBytes: usize, bytes: usize, codes: usize): void {
  const halves = f32x4.splat(0.5);
  const most = i8x16.splat(<u8>qmax);
  for (let block = 0; block < blocks; block++) {
    let low = v128.load(x);
    let high = low;
    for (let i: usize = 16; i < 128; i += 16) {
      const a = v128.load(x + i);
      low = f32x4.pmin(low, a);
      high = f32x4.pmax(high, a);
    }
    const min = firstZero(x, smallestLane(low));
    const max = largestLane(high);
    const d = (<f32>(max == 0 ? 0.0 : max) - min) / <f32>qmax;
    storeHalf(bytes, d);
    storeHalf(bytes + 2, min);
    const inverses = f32x4.splat(inverseOf(d));
    const minima = f32x4.splat(min);
    if (f32x4.extract_lane(inverses, 0) == 0) memory.fill(codes, 0, 32);
    else
      for (let i: usize = 0; i < 32; i += 16) {
        const at = x + 4 * i;
        const a = floors(f32x4.add(f32x4.mul(f32x4.sub(v128.load(at), minima), inverses), halves));
        const b = floors(f32x4.add(f32x4.mul(f32x4.sub(v128.load(at, 16), minima), inverses), halves));
        const c = floors(f32x4.add(f32x4.mul(f32x4.sub(v128.load(at, 32), minima), inverses), halves));
        const e = floors(f32x4.add(f32x4.mul(f32x4.sub(v128.load(at, 48), minima), inverses), halves));
        v128.store(codes + i, i8x16.min_u(bytesOf(a, b, c, e), most));
      }
    x += 128;
    bytes += blockBytes;
    codes += 32;
  }
}

/** A smallest value of 0 with the sign of the first zero: that is the one that stays when they are compared in order. */
function firstZero(x: usize, smallest: f32): f32 {
  if (smallest != 0) return smallest;
  while (load<f32>(x) != 0) x += 4;
  return load<f32>(x);
}

/** Whole numbers nearest to y, halves away from zero, as four integers; |y| < 2^22. Just less than a half is added, so that what
 *  lies below a half does not reach the next number by the rounding of the sum. */
export function roundAway(y: v128): v128 {
  const nearHalf = v128.or(v128.and(y, f32x4.splat(-0.0)), f32x4.splat(0.49999997));
  const bits = f32x4.add(f32x4.trunc(f32x4.add(y, nearHalf)), f32x4.splat(magic));
  return i32x4.sub(bits, i32x4.splat(reinterpret<i32>(magic)));
}

/** Scales and their inverses (blocksAtOnce) f32 of blocks that are encoded together: a block need not wait for its divisions. */
const blocksAtOnce: i32 = 64;
const scalesOfBlocks = memory.data(64 * 4, 16);
const inversesOfBlocks = memory.data(64 * 4, 16);

export function encodeQ8(x: usize, blocks: i32, bytes: usize, codes: usize): void {
  for (let first = 0; first < blocks; first += blocksAtOnce) {
    const count = <usize>min(blocksAtOnce, blocks - first);
    for (let block: usize = 0; block < count; block++)
      store<f32>(scalesOfBlocks + 4 * block, largestMagnitude(x + 128 * block, 32));
    for (let at: usize = 0; at < 4 * count; at += 16) {
      const d = f32x4.div(v128.load(scalesOfBlocks + at), f32x4.splat(127));
      const inverse = f32x4.div(f32x4.splat(1), d);
      // As `inverseOf` has it.
      const isFinite = f32x4.lt(f32x4.abs(inverse), f32x4.splat(Infinity));
      v128.store(scalesOfBlocks + at, d);
      v128.store(inversesOfBlocks + at, v128.and(inverse, isFinite));
    }
    for (let block: usize = 0; block < count; block++) {
      storeHalf(bytes, load<f32>(scalesOfBlocks + 4 * block));
      const inverses = v128.load32_splat(inversesOfBlocks + 4 * block);
      for (const end = codes + 32; codes < end; codes += 16, x += 64) {
        const a = roundAway(f32x4.mul(v128.load(x), inverses));
        const b = roundAway(f32x4.mul(v128.load(x, 16), inverses));
        const c = roundAway(f32x4.mul(v128.load(x, 32), inverses));
        const e = roundAway(f32x4.mul(v128.load(x, 48), inverses));
        v128.store(codes, i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, e)));
      }
      bytes += 34;
    }
  }
}

/** Nibbles from `at` on, and, when `fifth` is not 0, the fifth bits in the word at `fifth`. */
export function packLegacy(codes: usize, blocks: i32, at: usize, fifth: usize, blockBytes: usize, bytes: usize): void {
  const nibbles = i8x16.splat(15);
  for (let block = 0; block < blocks; block++) {
    const low = v128.load(codes);
    const high = v128.load(codes, 16);
    if (fifth == 0) packNibbles16(codes, bytes + at);
    else {
      v128.store(bytes + at, v128.or(v128.and(low, nibbles), i16x8.shl(v128.and(high, nibbles), 4)));
      const bits = i8x16.bitmask(i16x8.shl(low, 3)) | (i8x16.bitmask(i16x8.shl(high, 3)) << 16);
      store<u32>(bytes + fifth, bits);
    }
    codes += 32;
    bytes += blockBytes;
  }
}

export function unpackLegacy(
  bytes: usize,
  blocks: i32,
  at: usize,
  fifth: usize,
  blockBytes: usize,
  codes: usize,
): void {
  const bitOfByte = i64x2.splat(0x8040201008040201);
  const sixteen = i8x16.splat(16);
  for (let block = 0; block < blocks; block++) {
    unpackNibbles16(bytes + at, codes);
    if (fifth != 0)
      for (let i: usize = 0; i < 2; i++) {
        // Each byte of the two in eight lanes, of which each tests its own bit.
        const two = i16x8.splat(load<i16>(bytes + fifth + 2 * i));
        const spread = v128.shuffle<u8>(two, two, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
        const set = i8x16.eq(v128.and(spread, bitOfByte), bitOfByte);
        v128.store(codes + 16 * i, v128.or(v128.load(codes + 16 * i), v128.and(set, sixteen)));
      }
    codes += 32;
    bytes += blockBytes;
  }
}

/** w′ = d·(q − half). */
export function decodeCentred(bytes: usize, blocks: i32, half: i32, blockBytes: usize, codes: usize, out: usize): void {
  const offset = i32x4.splat(half);
  for (let block = 0; block < blocks; block++) {
    const d = f32x4.splat(loadHalf(bytes));
    for (let i: usize = 0; i < 32; i += 8) {
      const eight = i16x8.extend_low_i8x16_u(v128.load64_zero(codes + i));
      const a = i32x4.sub(i32x4.extend_low_i16x8_u(eight), offset);
      const b = i32x4.sub(i32x4.extend_high_i16x8_u(eight), offset);
      v128.store(out + 4 * i, f32x4.mul(d, f32x4.convert_i32x4_s(a)));
      v128.store(out + 4 * i, f32x4.mul(d, f32x4.convert_i32x4_s(b)), 16);
    }
    bytes += blockBytes;
    codes += 32;
    out += 128;
  }
}

/** w′ = d·q + m. */
export function decodeShifted(bytes: usize, blocks: i32, blockBytes: usize, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    const d = f32x4.splat(loadHalf(bytes));
    const m = f32x4.splat(loadHalf(bytes + 2));
    for (let i: usize = 0; i < 32; i += 8) {
      const eight = i16x8.extend_low_i8x16_u(v128.load64_zero(codes + i));
      const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(eight));
      const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(eight));
      v128.store(out + 4 * i, f32x4.add(f32x4.mul(d, a), m));
      v128.store(out + 4 * i, f32x4.add(f32x4.mul(d, b), m), 16);
    }
    bytes += blockBytes;
    codes += 32;
    out += 128;
  }
}

/** w′ = d·q, q in two's complement. */
export function decodeQ8(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    const d = f32x4.splat(loadHalf(bytes));
    for (let i: usize = 0; i < 32; i += 8) {
      const eight = i16x8.extend_low_i8x16_s(v128.load64_zero(codes + i));
      const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight));
      const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight));
      v128.store(out + 4 * i, f32x4.mul(d, a));
      v128.store(out + 4 * i, f32x4.mul(d, b), 16);
    }
    bytes += 34;
    codes += 32;
    out += 128;
  }
}
