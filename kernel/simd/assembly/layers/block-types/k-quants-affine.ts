/** Q2_K, Q4_K and Q5_K: layouts and formulas in `kernel/blocks/k-quants-affine.ts`. Arguments: x (blocks, 256) f32, blocks as stored,
 *  codes (blocks, 256) u8. The lists at LISTS are those of the search with or without importance, which BLOCK_SEARCH tells, and, as the
 *  second, the (8) f32 of `positiveScale`. */
import { loadHalf, nearestInteger, nearestIntegers, storeHalf, sumOfSquares } from "../_floats";
import { BLOCK_SEARCH, BlockSearch, LIST_STRIDE, LISTS } from "../_shared";
import { errorLanes, interleave, sumsOfSquares, weightLanes } from "./lanes";
import { unpackNibbles32 } from "./packing";
import {
  affineScales,
  foundInverses,
  foundMinima,
  foundOffsets,
  foundScales,
  foundSums,
  positiveScale,
  Absolute,
  Squared,
} from "./scale-search";

const scales = memory.data(16 * 4, 16);
const minima = memory.data(16 * 4, 16);
const inverses = memory.data(16 * 4, 16);
const offsets = memory.data(16 * 4, 16);
const groupSums = memory.data(16 * 4, 16);
const scaleCodes = memory.data(16, 16);
const minimumCodes = memory.data(16, 16);

/** Step 1 of the reference for one block: scales and minima of its groups of `size`. */
function searchGroups(x: usize, size: i32, qmax: i32, numerators: usize, trials: i32): void {
  const stride = (<usize>size) << 2;
  const groups = 256 / size;
  for (let group = 0; group < groups; group += 4) {
    interleave(x, x + stride, x + 2 * stride, x + 3 * stride, size, weightLanes);
    const end = (<usize>size) << 4;
    let roots = f32x4.splat(0);
    if (size == 32) roots = f32x4.sqrt(f32x4.div(sumsOfSquares(weightLanes, size), f32x4.splat(<f32>size)));
    for (let i: usize = 0; i < end; i += 16)
      v128.store(errorLanes + i, f32x4.add(roots, f32x4.abs(v128.load(weightLanes + i))));
    if (size == 16) affineScales<Absolute>(size, qmax, numerators, trials);
    else affineScales<Squared>(size, qmax, numerators, trials);
    keep(group);
    x += 4 * stride;
  }
}

function keep(group: i32): void {
  const at = (<usize>group) << 2;
  v128.store(scales + at, v128.load(foundScales));
  v128.store(minima + at, v128.load(foundMinima));
  v128.store(inverses + at, v128.load(foundInverses));
  v128.store(offsets + at, v128.load(foundOffsets));
  v128.store(groupSums + at, v128.load(foundSums));
}

function searchWeighedGroups(x: usize, size: i32, qmax: i32, importance: usize, spread: f32): void {
  const trials = changetype<BlockSearch>(BLOCK_SEARCH).trials;
  const stride = (<usize>size) << 2;
  const groups = 256 / size;
  const spreads = f32x4.splat(spread);
  for (let group = 0; group < groups; group += 4) {
    interleave(x, x + stride, x + 2 * stride, x + 3 * stride, size, weightLanes);
    interleave(importance, importance + stride, importance + 2 * stride, importance + 3 * stride, size, errorLanes);
    const end = (<usize>size) << 4;
    for (let i: usize = 0; i < end; i += 16) {
      const value = v128.load(weightLanes + i);
      const roots = f32x4.sqrt(f32x4.add(spreads, f32x4.mul(value, value)));
      v128.store(errorLanes + i, f32x4.mul(v128.load(errorLanes + i), roots));
    }
    affineScales<Squared>(size, qmax, LISTS, trials);
    keep(group);
    x += 4 * stride;
    importance += 4 * stride;
  }
}

/** Whole numbers for values ≥ 0, the largest at `top`; returns the step between them. */
function spreadCodes(values: usize, count: i32, top: i32, codes: usize): f32 {
  let largest: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(values + ((<usize>i) << 2));
    if (value > largest) largest = value;
  }
  if (!(largest > 0)) {
    memory.fill(codes, 0, count);
    return 0;
  }
  const inverse: f32 = <f32>top / largest;
  for (let i = 0; i < count; i++)
    store<u8>(codes + i, <u8>nearestInteger(inverse * load<f32>(values + ((<usize>i) << 2))));
  return largest / <f32>top;
}

/** Step 3 for one group; with scale 0 the codes are those that step 1 found. */
function roundGroup(x: usize, size: i32, group: i32, scale: f32, m: f32, qmax: i32, codes: usize): void {
  const least = i32x4.splat(0);
  const most = i32x4.splat(qmax);
  const kept = scale == 0;
  const at = (<usize>group) << 2;
  const add = f32x4.splat(kept ? -load<f32>(offsets + at) : m);
  const factors = f32x4.splat(kept ? load<f32>(inverses + at) : scale);
  for (let i: usize = 0; i < <usize>size; i += 8) {
    let a = f32x4.add(v128.load(x + 4 * i), add);
    let b = f32x4.add(v128.load(x + 4 * i, 16), add);
    a = kept ? f32x4.mul(factors, a) : f32x4.div(a, factors);
    b = kept ? f32x4.mul(factors, b) : f32x4.div(b, factors);
    a = i32x4.min_s(i32x4.max_s(nearestIntegers(a), least), most);
    b = i32x4.min_s(i32x4.max_s(nearestIntegers(b), least), most);
    const words = i16x8.narrow_i32x4_s(a, b);
    store<u64>(codes + i, i64x2.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
  }
}

export function encodeQ2K(x: usize, blocks: i32, bytes: usize, codes: usize): void {
  const search = changetype<BlockSearch>(BLOCK_SEARCH);
  const importance = search.importance;
  const blocksInRow = search.blocksInRow;
  const first = search.first;
  const numerators = LISTS;
  const halfTrials = LISTS + LIST_STRIDE;
  for (let block = 0; block < blocks; block++) {
    let d: f32;
    let dmin: f32;
    if (importance != 0) {
      const spread = sumOfSquares(x, 256) / 256;
      const own = importance + ((<usize>((first + block) % blocksInRow)) << 10);
      searchWeighedGroups(x, 16, 3, own, spread);
      d = storeHalf(bytes + 80, positiveScale(16, 15, halfTrials, scales, groupSums, scaleCodes));
      dmin = storeHalf(bytes + 82, positiveScale(16, 15, halfTrials, minima, groupSums, minimumCodes));
    } else {
      searchGroups(x, 16, 3, numerators, search.trials);
      d = storeHalf(bytes + 80, spreadCodes(scales, 16, 15, scaleCodes));
      dmin = storeHalf(bytes + 82, spreadCodes(minima, 16, 15, minimumCodes));
    }
    for (let group = 0; group < 16; group++) {
      const packed = (<u32>load<u8>(scaleCodes + group)) | ((<u32>load<u8>(minimumCodes + group)) << 4);
      store<u8>(bytes + group, packed);
      const scale: f32 = d * <f32>(packed & 15);
      const m: f32 = dmin * <f32>((packed >> 4) & 15);
      roundGroup(x + 64 * <usize>group, 16, group, scale, m, 3, codes + 16 * group);
    }
    x += 1024;
    bytes += 84;
    codes += 256;
  }
}

/** Six-bit scales and minima of eight groups in 12 bytes. */
function writeScales(to: usize): void {
  for (let group = 0; group < 4; group++) {
    const s = min<u32>(63, load<u8>(scaleCodes + group + 4));
    const m = min<u32>(63, load<u8>(minimumCodes + group + 4));
    store<u8>(to + group, min<u32>(63, load<u8>(scaleCodes + group)) | ((s >> 4) << 6));
    store<u8>(to + group + 4, min<u32>(63, load<u8>(minimumCodes + group)) | ((m >> 4) << 6));
    store<u8>(to + group + 8, (s & 15) | ((m & 15) << 4));
  }
}

function scaleAt(from: usize, group: i32): f32 {
  if (group < 4) return <f32>(load<u8>(from + group) & 63);
  return <f32>((load<u8>(from + group + 4) & 15) | ((load<u8>(from + group - 4) >> 6) << 4));
}

function minimumAt(from: usize, group: i32): f32 {
  if (group < 4) return <f32>(load<u8>(from + group + 4) & 63);
  return <f32>((load<u8>(from + group + 4) >> 4) | ((load<u8>(from + group) >> 6) << 4));
}

/** Q4_K and Q5_K: qmax is 15 or 31. */
export function encodeSixBitScales(qmax: i32, x: usize, blocks: i32, bytes: usize, codes: usize): void {
  const search = changetype<BlockSearch>(BLOCK_SEARCH);
  const importance = search.importance;
  const blocksInRow = search.blocksInRow;
  const first = search.first;
  const numerators = LISTS;
  const halfTrials = LISTS + LIST_STRIDE;
  for (let block = 0; block < blocks; block++) {
    let d: f32;
    let dmin: f32;
    if (importance != 0) {
      const spread: f32 = (2 * sumOfSquares(x, 256)) / 256;
      const own = importance + ((<usize>((first + block) % blocksInRow)) << 10);
      searchWeighedGroups(x, 32, qmax, own, spread);
      d = storeHalf(bytes, positiveScale(8, 63, halfTrials, scales, groupSums, scaleCodes));
      dmin = storeHalf(bytes + 2, positiveScale(8, 63, halfTrials, minima, groupSums, minimumCodes));
    } else {
      searchGroups(x, 32, qmax, numerators, search.trials);
      d = storeHalf(bytes, spreadCodes(scales, 8, 63, scaleCodes));
      dmin = storeHalf(bytes + 2, spreadCodes(minima, 8, 63, minimumCodes));
    }
    writeScales(bytes + 4);
    for (let group = 0; group < 8; group++) {
      const scale: f32 = d * scaleAt(bytes + 4, group);
      const m: f32 = dmin * minimumAt(bytes + 4, group);
      roundGroup(x + 128 * <usize>group, 32, group, scale, m, qmax, codes + 32 * group);
    }
    x += 1024;
    bytes += qmax == 15 ? 144 : 176;
    codes += 256;
  }
}

/** Four bits of each of 64 codes a run of 32 bytes at `at`, and, when `fifth` is not 0, bit 4 of code i in bit ⌊i/32⌋ of byte i mod 32
 *  from there. */
export function packK(codes: usize, blocks: i32, at: usize, fifth: usize, blockBytes: usize, bytes: usize): void {
  const nibbles = i8x16.splat(15);
  for (let block = 0; block < blocks; block++) {
    for (let run: usize = 0; run < 4; run++)
      for (let i: usize = 0; i < 32; i += 16) {
        const low = v128.load(codes + 64 * run + i);
        const high = v128.load(codes + 64 * run + i, 32);
        const packed = v128.or(v128.and(low, nibbles), i16x8.shl(v128.and(high, nibbles), 4));
        v128.store(bytes + at + 32 * run + i, packed);
      }
    if (fifth != 0)
      for (let i: usize = 0; i < 32; i += 16) {
        let bits = i8x16.splat(0);
        for (let k = 0; k < 8; k++) {
          const upper = v128.and(i16x8.shr_u(v128.load(codes + 32 * k + i), 4), i8x16.splat(1));
          bits = v128.or(bits, i16x8.shl(upper, k));
        }
        v128.store(bytes + fifth + i, bits);
      }
    codes += 256;
    bytes += blockBytes;
  }
}

export function unpackK(bytes: usize, blocks: i32, at: usize, fifth: usize, blockBytes: usize, codes: usize): void {
  const one = i8x16.splat(1);
  for (let block = 0; block < blocks; block++) {
    for (let run: usize = 0; run < 4; run++) unpackNibbles32(bytes + at + 32 * run, codes + 64 * run);
    if (fifth != 0)
      for (let i: usize = 0; i < 32; i += 16) {
        const bits = v128.load(bytes + fifth + i);
        for (let k = 0; k < 8; k++) {
          const upper = i16x8.shl(v128.and(i16x8.shr_u(bits, k), one), 4);
          const to = codes + 32 * k + i;
          v128.store(to, v128.or(v128.load(to), upper));
        }
      }
    codes += 256;
    bytes += blockBytes;
  }
}

/** values = scale·q − m for `size` codes. */
function decodeGroup(codes: usize, size: i32, scale: f32, m: f32, out: usize): void {
  const scales = f32x4.splat(scale);
  const minima = f32x4.splat(m);
  for (let i: usize = 0; i < <usize>size; i += 8) {
    const eight = i16x8.extend_low_i8x16_u(v128.load64_zero(codes + i));
    const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(eight));
    const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(eight));
    v128.store(out + 4 * i, f32x4.sub(f32x4.mul(scales, a), minima));
    v128.store(out + 4 * i, f32x4.sub(f32x4.mul(scales, b), minima), 16);
  }
}

export function decodeQ2K(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    const d = loadHalf(bytes + 80);
    const dmin = loadHalf(bytes + 82);
    for (let group = 0; group < 16; group++) {
      const packed = <u32>load<u8>(bytes + group);
      decodeGroup(codes, 16, d * <f32>(packed & 15), dmin * <f32>(packed >> 4), out);
      codes += 16;
      out += 64;
    }
    bytes += 84;
  }
}

export function decodeSixBitScales(bytes: usize, blocks: i32, blockBytes: usize, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    const d = loadHalf(bytes);
    const dmin = loadHalf(bytes + 2);
    for (let group = 0; group < 8; group++) {
      decodeGroup(codes, 32, d * scaleAt(bytes + 4, group), dmin * minimumAt(bytes + 4, group), out);
      codes += 32;
      out += 128;
    }
    bytes += blockBytes;
  }
}
