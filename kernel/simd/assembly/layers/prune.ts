/** Loops of pruning: magnitudes counted by the bits of their upper or lower halves, masks made and used. A mask has a byte for each weight, 0 for
 *  one that goes. Arrays are float32 unless said otherwise. */
import { needChoices, storeChosen } from "./_choices";
import { LISTS } from "./_shared";

function bump(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Adds 1 to the number of each value in table (65,536) u32: its place is the upper half of the value's bits under `mask`. */
export function countUppers(x: usize, count: i32, mask: u32, table: usize): void {
  const end = x + ((<usize>count) << 2);
  for (; x + 8 <= end; x += 8) {
    const two = load<u64>(x);
    bump(table + ((<usize>(((<u32>two) & mask) >> 16)) << 2));
    bump(table + ((<usize>(((<u32>(two >> 32)) & mask) >> 16)) << 2));
  }
  for (; x < end; x += 4) bump(table + ((<usize>((load<u32>(x) & mask) >> 16)) << 2));
}

/** The same by the lower half, for the magnitudes whose upper half is `prefix`. */
export function countLowers(x: usize, count: i32, prefix: u32, table: usize): void {
  const uppers = i32x4.splat(0x7fff0000);
  const wanted = i32x4.splat(prefix << 16);
  const end = x + ((<usize>count) << 2);
  for (; x + 16 <= end; x += 16) {
    const isWanted = i32x4.eq(v128.and(v128.load(x), uppers), wanted);
    if (!v128.any_true(isWanted)) continue;
    for (let k: usize = 0; k < 16; k += 4) countLower(x + k, prefix, table);
  }
  for (; x < end; x += 4) countLower(x, prefix, table);
}

function countLower(x: usize, prefix: u32, table: usize): void {
  const bits = load<u32>(x);
  if ((bits & 0x7fffffff) >> 16 == prefix) bump(table + ((<usize>(bits & 0xffff)) << 2));
}

/** Writes the mask of magnitudes that are not below `threshold`; of those that equal it the first go, as many as the u32 at LISTS says, which
 *  becomes how many of them are left. Returns how many weights stay. */
export function maskBelow(x: usize, count: i32, threshold: f32, mask: usize): i32 {
  const limit = f32x4.splat(threshold);
  let ties = load<u32>(LISTS);
  let kept = 0;
  let i = 0;
  for (; i + 16 <= count; i += 16, x += 64) {
    const a = f32x4.abs(v128.load(x));
    const b = f32x4.abs(v128.load(x, 16));
    const c = f32x4.abs(v128.load(x, 32));
    const d = f32x4.abs(v128.load(x, 48));
    if (ties > 0) {
      const first = v128.or(f32x4.eq(a, limit), f32x4.eq(b, limit));
      if (v128.any_true(v128.or(first, v128.or(f32x4.eq(c, limit), f32x4.eq(d, limit))))) {
        for (let k = 0; k < 16; k++) {
          const size = abs(load<f32>(x + ((<usize>k) << 2)));
          let stays = !(size < threshold);
          if (size == threshold && ties > 0) {
            ties--;
            stays = false;
          }
          store<u8>(mask + i + k, <u8>stays);
          kept += <i32>stays;
        }
        continue;
      }
    }
    const goesLow = i16x8.narrow_i32x4_s(f32x4.lt(a, limit), f32x4.lt(b, limit));
    const goesHigh = i16x8.narrow_i32x4_s(f32x4.lt(c, limit), f32x4.lt(d, limit));
    const goes = i8x16.narrow_i16x8_s(goesLow, goesHigh);
    v128.store(mask + i, i8x16.add(goes, i8x16.splat(1)));
    kept += 16 - popcnt(i8x16.bitmask(goes));
  }
  for (; i < count; i++, x += 4) {
    const size = abs(load<f32>(x));
    let stays = !(size < threshold);
    if (size == threshold && ties > 0) {
      ties--;
      stays = false;
    }
    store<u8>(mask + i, <u8>stays);
    kept += <i32>stays;
  }
  store<u32>(LISTS, ties);
  return kept;
}

/** Copies the weights that stay to their places in `to`, and +0 to the others. */
export function applyMask(x: usize, mask: usize, count: i32, to: usize): void {
  const zeros = i8x16.splat(0);
  let i = 0;
  for (; i + 8 <= count; i += 8, x += 32, to += 32) {
    const stays = i16x8.extend_low_i8x16_s(i8x16.ne(v128.load64_zero(mask + i), zeros));
    v128.store(to, v128.and(v128.load(x), i32x4.extend_low_i16x8_s(stays)));
    v128.store(to, v128.and(v128.load(x, 16), i32x4.extend_high_i16x8_s(stays)), 16);
  }
  for (; i < count; i++, x += 4, to += 4) store<f32>(to, load<u8>(mask + i) != 0 ? load<f32>(x) : 0);
}

/** How many bytes of the mask are not 0. */
export function countMask(mask: usize, count: i32): i32 {
  const zeros = i8x16.splat(0);
  let kept = 0;
  let i = 0;
  for (; i + 16 <= count; i += 16) kept += popcnt(i8x16.bitmask(i8x16.ne(v128.load(mask + i), zeros)));
  for (; i < count; i++) if (load<u8>(mask + i) != 0) kept++;
  return kept;
}

/** The mask with a bit for each weight, least significant first; the bits behind the last are 0. */
export function packMask(mask: usize, count: i32, to: usize): void {
  const zeros = i8x16.splat(0);
  let i = 0;
  for (; i + 16 <= count; i += 16, to += 2) store<u16>(to, <u16>i8x16.bitmask(i8x16.ne(v128.load(mask + i), zeros)));
  for (; i < count; i += 8) {
    let bits: u32 = 0;
    for (let k = 0; k < min(8, count - i); k++) if (load<u8>(mask + i + k) != 0) bits |= 1 << k;
    store<u8>(to++, <u8>bits);
  }
}

/** Copies the weights that stay, one behind the other. Returns how many there are; up to four numbers behind them are written as well. */
export function gatherKept(x: usize, mask: usize, count: i32, to: usize): i32 {
  const start = to;
  needChoices();
  const zeros = i8x16.splat(0);
  let i = 0;
  for (; i + 16 <= count; i += 16, x += 64) {
    const stays = i8x16.bitmask(i8x16.ne(v128.load(mask + i), zeros));
    to = storeChosen(to, v128.load(x), stays & 15);
    to = storeChosen(to, v128.load(x, 16), (stays >> 4) & 15);
    to = storeChosen(to, v128.load(x, 32), (stays >> 8) & 15);
    to = storeChosen(to, v128.load(x, 48), stays >> 12);
  }
  for (; i < count; i++, x += 4) {
    store<f32>(to, load<f32>(x));
    to += (<usize>(load<u8>(mask + i) != 0)) << 2;
  }
  return <i32>((to - start) >> 2);
}
