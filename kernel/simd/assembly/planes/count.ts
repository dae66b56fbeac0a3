/** How byte values are spread over a plane. */
import { COUNTS } from "../_prefix/places";
import { PAIR_COUNTS, SURVEY, SURVEYED_BYTES, SURVEY_STRIDE } from "./_shared";

/** Symbols that lie this close together are counted in pairs, in planes of at least so many bytes. */
const pairSpan: i32 = 64;
const pairsFrom: i32 = 16_384;

/** Counts of the byte values, (256) u32 at COUNTS. */
export function histogram(from: usize, length: i32): void {
  if (length >= pairsFrom) {
    const ends = extent(from, length);
    const least = ends & 255;
    const greatest = ends >> 8;
    if (greatest - least < pairSpan) return countPairs(from, length, least, greatest);
  }
  countBytes(from, length, COUNTS);
}

/** The least and, from bit 8, the greatest byte of at least 16. */
function extent(from: usize, length: i32): i32 {
  const last = from + <usize>length - 16;
  let low = v128.load(last);
  let high = low;
  for (let at = from; at < last; at += 16) {
    const v = v128.load(at);
    low = i8x16.min_u(low, v);
    high = i8x16.max_u(high, v);
  }
  v128.store(COUNTS, low);
  v128.store(COUNTS, high, 16);
  let least: i32 = 255;
  let greatest: i32 = 0;
  for (let i: usize = 0; i < 16; i++) {
    least = min(least, <i32>load<u8>(COUNTS + i));
    greatest = max(greatest, <i32>load<u8>(COUNTS + i, 16));
  }
  return least | (greatest << 8);
}

function bump(place: usize, table: usize): void {
  store<u32>(place + table, load<u32>(place + table) + 1);
}

/** Two bytes at a time: half the increments, and equal neighbours do not wait for each other. */
function countPairs(from: usize, length: i32, least: i32, greatest: i32): void {
  const end = from + <usize>length;
  let at = from;
  for (; at + 8 <= end; at += 8) {
    const x = load<u64>(at);
    bump(((<usize>x) & 0xffff) << 2, PAIR_COUNTS);
    bump((<usize>(x >> 14)) & 0x3fffc, PAIR_COUNTS + 0x40000);
    bump((<usize>(x >> 30)) & 0x3fffc, PAIR_COUNTS);
    bump((<usize>(x >> 46)) & 0x3fffc, PAIR_COUNTS + 0x40000);
  }
  memory.fill(COUNTS, 0, 1024);
  for (; at < end; at++) bump((<usize>load<u8>(at)) << 2, COUNTS);
  for (let second = least; second <= greatest; second++) {
    let sum: u32 = 0;
    for (let first = least; first <= greatest; first++) {
      const place = PAIR_COUNTS + ((<usize>(first | (second << 8))) << 2);
      const count = load<u32>(place) + load<u32>(place, 0x40000);
      store<u32>(place, 0);
      store<u32>(place, 0, 0x40000);
      sum += count;
      store<u32>(COUNTS + ((<usize>first) << 2), load<u32>(COUNTS + ((<usize>first) << 2)) + count);
    }
    store<u32>(COUNTS + ((<usize>second) << 2), load<u32>(COUNTS + ((<usize>second) << 2)) + sum);
  }
}

/** Four tables in turn, added up at the end. */
function countBytes(from: usize, length: i32, counts: usize): void {
  memory.fill(counts, 0, 4096);
  const end = from + <usize>length;
  let at = from;
  for (; at + 8 <= end; at += 8) {
    const x = load<u64>(at);
    bump(((<usize>x) & 255) << 2, counts);
    bump((<usize>(x >> 6)) & 0x3fc, counts + 1024);
    bump((<usize>(x >> 14)) & 0x3fc, counts + 2048);
    bump((<usize>(x >> 22)) & 0x3fc, counts + 3072);
    bump((<usize>(x >> 30)) & 0x3fc, counts);
    bump((<usize>(x >> 38)) & 0x3fc, counts + 1024);
    bump((<usize>(x >> 46)) & 0x3fc, counts + 2048);
    bump((<usize>(x >> 54)) & 0x3fc, counts + 3072);
  }
  for (; at < end; at++) bump((<usize>load<u8>(at)) << 2, counts);
  for (let i: usize = 0; i < 1024; i += 16) {
    const low = i32x4.add(v128.load(counts + i), v128.load(counts + i, 1024));
    const high = i32x4.add(v128.load(counts + i, 2048), v128.load(counts + i, 3072));
    v128.store(counts + i, i32x4.add(low, high));
  }
}

/** Looks at 64 bytes of every 1024 of each of `parts` parts of `part` bytes, a multiple of 1024. At SURVEY (parts) f64: of each part Σ h²,
 *  h the counts of its byte values; behind them, from f64 `parts` on, Σ h² of all together. */
export function survey(from: usize, parts: i32, part: i32): void {
  const counts = COUNTS;
  const sums = PAIR_COUNTS;
  memory.fill(sums, 0, 1024);
  for (let k = 0; k < parts; k++) {
    memory.fill(counts, 0, 1024);
    const end = from + <usize>part;
    for (; from < end; from += SURVEY_STRIDE)
      for (let at = from; at < from + SURVEYED_BYTES; at += 8) {
        const x = load<u64>(at);
        bump(((<usize>x) & 255) << 2, counts);
        bump((<usize>(x >> 6)) & 0x3fc, counts);
        bump((<usize>(x >> 14)) & 0x3fc, counts);
        bump((<usize>(x >> 22)) & 0x3fc, counts);
        bump((<usize>(x >> 30)) & 0x3fc, counts);
        bump((<usize>(x >> 38)) & 0x3fc, counts);
        bump((<usize>(x >> 46)) & 0x3fc, counts);
        bump((<usize>(x >> 54)) & 0x3fc, counts);
      }
    store<f64>(SURVEY + ((<usize>k) << 3), squares(counts));
    for (let i: usize = 0; i < 1024; i += 16)
      v128.store(sums + i, i32x4.add(v128.load(sums + i), v128.load(counts + i)));
  }
  store<f64>(SURVEY + ((<usize>parts) << 3), squares(sums));
  memory.fill(sums, 0, 1024);
}

/** Σ h² of 256 counts below 65,536, exact. */
function squares(counts: usize): f64 {
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (let i: usize = 0; i < 1024; i += 16) {
    const h = v128.load(counts + i);
    low = i64x2.add(low, i64x2.extmul_low_i32x4_u(h, h));
    high = i64x2.add(high, i64x2.extmul_high_i32x4_u(h, h));
  }
  const sum = i64x2.add(low, high);
  return <f64>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
}
