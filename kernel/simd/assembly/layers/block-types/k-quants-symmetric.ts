/** Q3_K and Q6_K: layouts and formulas in `kernel/blocks/k-quants-symmetric.ts`. Arguments as in k-quants-affine.ts; the lists
 *  at LISTS are `symmetricTrials` (18) f32 of 4 and of 32, for Q6_K of 32 alone. */
import { loadHalf, nearestInteger, nearestIntegers, peakOf, storeHalf, sumOfSquares } from "../_floats";
import { BLOCK_SEARCH, BlockSearch, LIST_STRIDE, LISTS } from "../_shared";
import { codeLanes, errorLanes, interleave, peaksOf, weightLanes } from "./lanes";
import { unpackCrumbs } from "./packing";
import { descendedScales, foundInverses, foundOffsets, foundScales, symmetricScales } from "./scale-search";

const scales = memory.data(16 * 4, 16);
const inverses = memory.data(16 * 4, 16);
const zeros = memory.data(16 * 4, 16);
const groupSums = memory.data(16 * 4, 16);
const scaleCodes = memory.data(16, 16);

function keep(group: i32): void {
  const at = (<usize>group) << 2;
  v128.store(scales + at, v128.load(foundScales));
  v128.store(inverses + at, v128.load(foundInverses));
  v128.store(zeros + at, v128.load(foundOffsets));
}

/** Sixteen codes: x·factor or x/factor, rounded, held between −half and half − 1, plus half. */
function roundSixteen(x: usize, factor: f32, divide: bool, half: i32, codes: usize): void {
  const factors = f32x4.splat(factor);
  const least = i32x4.splat(-half);
  const most = i32x4.splat(half - 1);
  let a = v128.load(x);
  let b = v128.load(x, 16);
  let c = v128.load(x, 32);
  let d = v128.load(x, 48);
  if (divide) {
    a = f32x4.div(a, factors);
    b = f32x4.div(b, factors);
    c = f32x4.div(c, factors);
    d = f32x4.div(d, factors);
  } else {
    a = f32x4.mul(factors, a);
    b = f32x4.mul(factors, b);
    c = f32x4.mul(factors, c);
    d = f32x4.mul(factors, d);
  }
  a = i32x4.min_s(i32x4.max_s(nearestIntegers(a), least), most);
  b = i32x4.min_s(i32x4.max_s(nearestIntegers(b), least), most);
  c = i32x4.min_s(i32x4.max_s(nearestIntegers(c), least), most);
  d = i32x4.min_s(i32x4.max_s(nearestIntegers(d), least), most);
  const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  v128.store(codes, i8x16.add(bytes, i8x16.splat(<i8>half)));
}

/** Step 3 for one group; with scale 0 the codes are those of the search by `symmetricScales`. */
function roundGroup(x: usize, group: i32, scale: f32, half: i32, codes: usize): void {
  const at = (<usize>group) << 2;
  if (scale != 0) roundSixteen(x, scale, true, half, codes);
  else if (load<f32>(zeros + at) != 0) memory.fill(codes, 0, 16);
  else roundSixteen(x, load<f32>(inverses + at), false, half, codes);
}

/** Error weights a·√(spread + w²) of the four groups in `weightLanes`; returns their sums. */
function weigh(importance: usize, spread: f32): v128 {
  interleave(importance, importance + 64, importance + 128, importance + 192, 16, errorLanes);
  const spreads = f32x4.splat(spread);
  let sums = f32x4.splat(0);
  for (let i: usize = 0; i < 256; i += 16) {
    const value = v128.load(weightLanes + i);
    const roots = f32x4.sqrt(f32x4.add(spreads, f32x4.mul(value, value)));
    const weights = f32x4.mul(v128.load(errorLanes + i), roots);
    v128.store(errorLanes + i, weights);
    sums = f32x4.add(sums, weights);
  }
  return sums;
}

/** Scale g, −32 … 31. */
function scaleAt3(from: usize, group: i32): i32 {
  const low = group < 8 ? (<i32>load<u8>(from + group)) & 15 : (<i32>load<u8>(from + group - 8)) >> 4;
  return (low | ((((<i32>load<u8>(from + 8 + (group & 3))) >> (2 * (group >> 2))) & 3) << 4)) - 32;
}

function writeScale3(to: usize, group: i32, code: i32): void {
  const low = to + (group & 7);
  store<u8>(low, load<u8>(low) | ((code & 15) << (group < 8 ? 0 : 4)));
  const high = to + 8 + (group & 3);
  store<u8>(high, load<u8>(high) | ((code >> 4) << (2 * (group >> 2))));
}

/** The scale of the sixteen scales, −32 … 31 each, by `symmetricScale` weighed by `groupSums`; codes + 32 to `scaleCodes`. */
function scaleOfScales(trials32: usize): f32 {
  // One group: the same in all four lanes.
  for (let i: usize = 0; i < 16; i++) {
    v128.store(weightLanes + 16 * i, v128.load32_splat(scales + 4 * i));
    v128.store(errorLanes + 16 * i, v128.load32_splat(groupSums + 4 * i));
  }
  symmetricScales(16, 32, trials32, peaksOf(weightLanes, 16));
  if (load<f32>(foundOffsets) != 0) memory.fill(scaleCodes, 0, 16);
  else roundSixteen(scales, load<f32>(foundInverses), false, 32, scaleCodes);
  return load<f32>(foundScales);
}

export function encodeQ3K(x: usize, blocks: i32, bytes: usize, codes: usize): void {
  const search = changetype<BlockSearch>(BLOCK_SEARCH);
  const importance = search.importance;
  const blocksInRow = search.blocksInRow;
  const first = search.first;
  const trials4 = LISTS;
  const trials32 = LISTS + LIST_STRIDE;
  for (let block = 0; block < blocks; block++) {
    memory.fill(bytes + 96, 0, 12);
    let d: f32 = 0;
    const spread: f32 = importance != 0 ? (2 * sumOfSquares(x, 256)) / 256 : 0;
    const own = importance + ((<usize>((first + block) % blocksInRow)) << 10);
    if (importance != 0) {
      for (let group = 0; group < 16; group += 4) {
        const at = x + ((<usize>group) << 6);
        interleave(at, at + 64, at + 128, at + 192, 16, weightLanes);
        v128.store(groupSums + ((<usize>group) << 2), weigh(own + ((<usize>group) << 6), spread));
        symmetricScales(16, 4, trials4, peaksOf(weightLanes, 16));
        keep(group);
      }
      const scale = scaleOfScales(trials32);
      d = storeHalf(bytes + 108, scale);
      for (let group = 0; group < 16; group++) writeScale3(bytes + 96, group, <i32>load<u8>(scaleCodes + group));
    } else {
      for (let at: usize = 0; at < 1024; at += 256)
        interleave(x + at, x + at + 64, x + at + 128, x + at + 192, 16, weightLanes + at);
      descendedScales(4, scales);
      const largest = peakOf(scales, 16);
      const inverse: f32 = <f32>-32 / largest;
      d = storeHalf(bytes + 108, largest != 0 ? 1 / inverse : 0);
      if (largest != 0)
        for (let group = 0; group < 16; group++) {
          const code = <i32>(<i8>nearestInteger(inverse * load<f32>(scales + ((<usize>group) << 2))));
          writeScale3(bytes + 96, group, max(-32, min(31, code)) + 32);
        }
    }
    for (let group = 0; group < 16; group++) {
      const scale: f32 = d * <f32>scaleAt3(bytes + 96, group);
      const to = codes + 16 * group;
      if (scale == 0 && importance == 0) takeCodes(group, to);
      else roundGroup(x + ((<usize>group) << 6), group, scale, 4, to);
    }
    x += 1024;
    bytes += 110;
    codes += 256;
  }
}

/** The codes of `descendedScales` for one group. */
function takeCodes(group: i32, to: usize): void {
  const lane = codeLanes + ((<usize>(group >> 2)) << 8) + ((<usize>(group & 3)) << 2);
  for (let i: usize = 0; i < 16; i++) store<u8>(to + i, <u8>(<i32>load<f32>(lane + 16 * i) + 4));
}

export function encodeQ6K(x: usize, blocks: i32, bytes: usize, codes: usize): void {
  const search = changetype<BlockSearch>(BLOCK_SEARCH);
  const importance = search.importance;
  const blocksInRow = search.blocksInRow;
  const first = search.first;
  const trials32 = LISTS;
  for (let block = 0; block < blocks; block++) {
    for (let group = 0; group < 16; group += 4) {
      const at = x + ((<usize>group) << 6);
      interleave(at, at + 64, at + 128, at + 192, 16, weightLanes);
      if (importance != 0) {
        const own = importance + ((<usize>((first + block) % blocksInRow)) << 10) + ((<usize>group) << 6);
        interleave(own, own + 64, own + 128, own + 192, 16, errorLanes);
      } else
        for (let i: usize = 0; i < 256; i += 16) {
          const value = v128.load(weightLanes + i);
          v128.store(errorLanes + i, f32x4.mul(value, value));
        }
      symmetricScales(16, 32, trials32, peaksOf(weightLanes, 16));
      keep(group);
    }
    const largest = peakOf(scales, 16);
    if (abs(largest) < <f32>1e-15) {
      memory.fill(bytes + 192, 0, 18);
      memory.fill(codes, 0, 256);
    } else {
      const inverse: f32 = <f32>-128 / largest;
      const d = storeHalf(bytes + 208, 1 / inverse);
      for (let group = 0; group < 16; group++) {
        const code = min(127, nearestInteger(inverse * load<f32>(scales + ((<usize>group) << 2))));
        store<u8>(bytes + 192 + group, <u8>code);
        const scale: f32 = d * <f32>(<i8>code);
        roundGroup(x + ((<usize>group) << 6), group, scale, 32, codes + 16 * group);
      }
    }
    x += 1024;
    bytes += 210;
    codes += 256;
  }
}

/** Third bits (32 bytes: bit 2 of code i in bit ⌊i/32⌋ of byte i mod 32), then two bits each (64 bytes). */
export function packQ3K(codes: usize, blocks: i32, bytes: usize): void {
  const three = i8x16.splat(3);
  const one = i8x16.splat(1);
  for (let block = 0; block < blocks; block++) {
    for (let i: usize = 0; i < 32; i += 16) {
      let bits = i8x16.splat(0);
      for (let k = 0; k < 8; k++) {
        const upper = v128.and(i16x8.shr_u(v128.load(codes + 32 * k + i), 2), one);
        bits = v128.or(bits, i16x8.shl(upper, k));
      }
      v128.store(bytes + i, bits);
      for (let run: usize = 0; run < 2; run++) {
        const from = codes + 128 * run + i;
        const a = v128.and(v128.load(from), three);
        const b = i16x8.shl(v128.and(v128.load(from, 32), three), 2);
        const c = i16x8.shl(v128.and(v128.load(from, 64), three), 4);
        const d = i16x8.shl(v128.and(v128.load(from, 96), three), 6);
        v128.store(bytes + 32 + 32 * run + i, v128.or(v128.or(a, b), v128.or(c, d)));
      }
    }
    codes += 256;
    bytes += 110;
  }
}

export function unpackQ3K(bytes: usize, blocks: i32, codes: usize): void {
  const one = i8x16.splat(1);
  for (let block = 0; block < blocks; block++) {
    unpackCrumbs(bytes + 32, codes);
    unpackCrumbs(bytes + 64, codes + 128);
    for (let i: usize = 0; i < 32; i += 16) {
      const bits = v128.load(bytes + i);
      for (let k = 0; k < 8; k++) {
        const to = codes + 32 * k + i;
        const upper = i16x8.shl(v128.and(i16x8.shr_u(bits, k), one), 2);
        v128.store(to, v128.or(v128.load(to), upper));
      }
    }
    codes += 256;
    bytes += 110;
  }
}

/** Of 128 codes: low nibbles in 64 bytes, code j in the low half of byte j mod 64 for j < 64; then the upper two bits as crumbs. */
export function packQ6K(codes: usize, blocks: i32, bytes: usize): void {
  const nibbles = i8x16.splat(15);
  const three = i8x16.splat(3);
  for (let block = 0; block < blocks; block++) {
    for (let run: usize = 0; run < 2; run++) {
      const from = codes + 128 * run;
      for (let i: usize = 0; i < 64; i += 16) {
        const low = v128.and(v128.load(from + i), nibbles);
        const high = v128.and(v128.load(from + i, 64), nibbles);
        v128.store(bytes + 64 * run + i, v128.or(low, i16x8.shl(high, 4)));
      }
      for (let i: usize = 0; i < 32; i += 16) {
        const a = v128.and(i16x8.shr_u(v128.load(from + i), 4), three);
        const b = v128.and(i16x8.shr_u(v128.load(from + i, 32), 4), three);
        const c = v128.and(i16x8.shr_u(v128.load(from + i, 64), 4), three);
        const d = v128.and(i16x8.shr_u(v128.load(from + i, 96), 4), three);
        const packed = v128.or(v128.or(a, i16x8.shl(b, 2)), v128.or(i16x8.shl(c, 4), i16x8.shl(d, 6)));
        v128.store(bytes + 128 + 32 * run + i, packed);
      }
    }
    codes += 256;
    bytes += 210;
  }
}

export function unpackQ6K(bytes: usize, blocks: i32, codes: usize): void {
  const nibbles = i8x16.splat(15);
  const three = i8x16.splat(3);
  for (let block = 0; block < blocks; block++) {
    for (let run: usize = 0; run < 2; run++) {
      const to = codes + 128 * run;
      for (let i: usize = 0; i < 32; i += 16) {
        const first = v128.load(bytes + 64 * run + i);
        const second = v128.load(bytes + 64 * run + i, 32);
        const high = v128.load(bytes + 128 + 32 * run + i);
        const a = v128.and(first, nibbles);
        const b = v128.and(second, nibbles);
        const c = v128.and(i16x8.shr_u(first, 4), nibbles);
        const d = v128.and(i16x8.shr_u(second, 4), nibbles);
        v128.store(to + i, v128.or(a, i16x8.shl(v128.and(high, three), 4)));
        v128.store(to + i, v128.or(b, i16x8.shl(v128.and(i16x8.shr_u(high, 2), three), 4)), 32);
        v128.store(to + i, v128.or(c, i16x8.shl(v128.and(i16x8.shr_u(high, 4), three), 4)), 64);
        v128.store(to + i, v128.or(d, i16x8.shl(v128.and(i16x8.shr_u(high, 6), three), 4)), 96);
      }
    }
    codes += 256;
    bytes += 210;
  }
}

/** values = scale·(q − half) for sixteen codes. */
function decodeSixteen(codes: usize, scale: f32, half: i32, out: usize): void {
  const scales = f32x4.splat(scale);
  const offset = i32x4.splat(half);
  for (let i: usize = 0; i < 16; i += 8) {
    const eight = i16x8.extend_low_i8x16_u(v128.load64_zero(codes + i));
    const a = i32x4.sub(i32x4.extend_low_i16x8_u(eight), offset);
    const b = i32x4.sub(i32x4.extend_high_i16x8_u(eight), offset);
    v128.store(out + 4 * i, f32x4.mul(scales, f32x4.convert_i32x4_s(a)));
    v128.store(out + 4 * i, f32x4.mul(scales, f32x4.convert_i32x4_s(b)), 16);
  }
}

export function decodeQ3K(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    const d = loadHalf(bytes + 108);
    for (let group = 0; group < 16; group++) {
      decodeSixteen(codes, d * <f32>scaleAt3(bytes + 96, group), 4, out);
      codes += 16;
      out += 64;
    }
    bytes += 110;
  }
}

export function decodeQ6K(bytes: usize, blocks: i32, codes: usize, out: usize): void {
  for (let block = 0; block < blocks; block++) {
    const d = loadHalf(bytes + 208);
    for (let group = 0; group < 16; group++) {
      decodeSixteen(codes, d * <f32>load<i8>(bytes + 192 + group), 32, out);
      codes += 16;
      out += 64;
    }
    bytes += 210;
  }
}
