/** Q4_0, Q4_1, Q5_0 and Q5_1 with importance: four blocks at a time, by the searches of scale-search.ts. The lanes past the last block
 *  repeat it. Arguments as in k-quants-affine.ts, and at MEAN_SQUARES the mean w² of each row, that of block 0's row first. */
import { nearestIntegers, storeHalf } from "../_floats";
import { BLOCK_SEARCH, BlockSearch, LISTS, MEAN_SQUARES } from "../_shared";
import { errorLanes, interleave, peaksOf, weightLanes } from "./lanes";
import {
  affineScales,
  foundInverses,
  foundMinima,
  foundOffsets,
  foundScales,
  symmetricScales,
  Squared,
} from "./scale-search";

/** Weights of the four blocks from `block` on, and error weights a·√(mean w² of the row + w²). */
function weigh(x: usize, block: i32, last: i32): void {
  const search = changetype<BlockSearch>(BLOCK_SEARCH);
  const importance = search.importance;
  const blocksInRow = search.blocksInRow;
  const first = search.first;
  const b1 = min(last, block + 1);
  const b2 = min(last, block + 2);
  const b3 = min(last, block + 3);
  interleave(
    x + ((<usize>block) << 7),
    x + ((<usize>b1) << 7),
    x + ((<usize>b2) << 7),
    x + ((<usize>b3) << 7),
    32,
    weightLanes,
  );
  interleave(
    importance + ((<usize>((first + block) % blocksInRow)) << 7),
    importance + ((<usize>((first + b1) % blocksInRow)) << 7),
    importance + ((<usize>((first + b2) % blocksInRow)) << 7),
    importance + ((<usize>((first + b3) % blocksInRow)) << 7),
    32,
    errorLanes,
  );
  let spreads = f32x4.splat(load<f32>(MEAN_SQUARES + ((<usize>((first + block) / blocksInRow)) << 2)));
  spreads = f32x4.replace_lane(spreads, 1, load<f32>(MEAN_SQUARES + ((<usize>((first + b1) / blocksInRow)) << 2)));
  spreads = f32x4.replace_lane(spreads, 2, load<f32>(MEAN_SQUARES + ((<usize>((first + b2) / blocksInRow)) << 2)));
  spreads = f32x4.replace_lane(spreads, 3, load<f32>(MEAN_SQUARES + ((<usize>((first + b3) / blocksInRow)) << 2)));
  for (let i: usize = 0; i < 512; i += 16) {
    const value = v128.load(weightLanes + i);
    const roots = f32x4.sqrt(f32x4.add(spreads, f32x4.mul(value, value)));
    v128.store(errorLanes + i, f32x4.mul(v128.load(errorLanes + i), roots));
  }
}

/** 32 codes: rint(inverse·(w − offset)) held between least and most, less least. */
function round(x: usize, inverse: f32, offset: f32, least: i32, most: i32, codes: usize): void {
  const inverses = f32x4.splat(inverse);
  const offsets = f32x4.splat(offset);
  const low = i32x4.splat(least);
  const high = i32x4.splat(most);
  for (let i: usize = 0; i < 32; i += 8) {
    let a = nearestIntegers(f32x4.mul(inverses, f32x4.sub(v128.load(x + 4 * i), offsets)));
    let b = nearestIntegers(f32x4.mul(inverses, f32x4.sub(v128.load(x + 4 * i, 16), offsets)));
    a = i32x4.add(i32x4.min_s(i32x4.max_s(a, low), high), i32x4.splat(-least));
    b = i32x4.add(i32x4.min_s(i32x4.max_s(b, low), high), i32x4.splat(-least));
    const words = i16x8.narrow_i32x4_s(a, b);
    store<u64>(codes + i, i64x2.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
  }
}

/** half is 8 or 16; the list at LISTS is its `symmetricTrials` (18) f32. */
export function encodeCentredWeighed(
  x: usize,
  blocks: i32,
  half: i32,
  blockBytes: usize,
  bytes: usize,
  codes: usize,
): void {
  for (let block = 0; block < blocks; block += 4) {
    weigh(x, block, blocks - 1);
    symmetricScales(32, half, LISTS, peaksOf(weightLanes, 32));
    const some = min(4, blocks - block);
    for (let k = 0; k < some; k++) {
      const lane = (<usize>k) << 2;
      const at = <usize>(block + k);
      storeHalf(bytes + at * blockBytes, load<f32>(foundScales + lane));
      const to = codes + (at << 5);
      if (load<f32>(foundOffsets + lane) != 0) memory.fill(to, 0, 32);
      else round(x + (at << 7), load<f32>(foundInverses + lane), 0, -half, half - 1, to);
    }
  }
}

/** qmax is 15 or 31. */
export function encodeShiftedWeighed(
  x: usize,
  blocks: i32,
  qmax: i32,
  blockBytes: usize,
  bytes: usize,
  codes: usize,
): void {
  for (let block = 0; block < blocks; block += 4) {
    weigh(x, block, blocks - 1);
    affineScales<Squared>(32, qmax, LISTS, changetype<BlockSearch>(BLOCK_SEARCH).trials);
    const some = min(4, blocks - block);
    for (let k = 0; k < some; k++) {
      const lane = (<usize>k) << 2;
      const at = <usize>(block + k);
      storeHalf(bytes + at * blockBytes, load<f32>(foundScales + lane));
      storeHalf(bytes + at * blockBytes + 2, -load<f32>(foundMinima + lane));
      const inverse = load<f32>(foundInverses + lane);
      round(x + (at << 7), inverse, load<f32>(foundOffsets + lane), 0, qmax, codes + (at << 5));
    }
  }
}
