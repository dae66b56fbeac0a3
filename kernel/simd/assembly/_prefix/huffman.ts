/** Prefix codes of at most 11 bits, four streams to a plane. */
import { CODES, COUNTS, LENGTHS, MERGING, MOST_CODE_BITS, PAIRS, RESULTS, RUNS, SINGLE } from "./places";

const limit: u32 = MOST_CODE_BITS;
const windows: u32 = 1 << limit;

/** Symbols of a plane that is coded in pairs. */
const pairSymbols: i32 = 64;

// Scratch of `codeLengths`: the symbols in order, their counts, the sums of one level, and by level which items are packages.
const ORDER: usize = MERGING;
const WEIGHTS: usize = MERGING + 0x400;
const BELOW: usize = MERGING + 0x1000;
const MERGED: usize = MERGING + 0x2000;
const FLAGS: usize = MERGING + 0x4000;

/** Lengths (256) u8 at LENGTHS of the best prefix code for the counts at COUNTS, by package–merge; 0 for symbols that do not occur, and
 *  for a symbol alone. Returns the bits that the counts take; at RESULTS the number of symbols, the first and the last. */
export function codeLengths(): i32 {
  memory.fill(LENGTHS, 0, 256);
  const n = sortSymbols();
  if (n < 2) return 0;
  let packages: u32 = 0;
  for (let level: u32 = 0; level < limit; level++) {
    const flags = FLAGS + 512 * <usize>level;
    const size = <u32>n + packages;
    let leaf: u32 = 0;
    let pair: u32 = 0;
    for (let i: u32 = 0; i < size; i++) {
      const place = BELOW + ((<usize>pair) << 3);
      const sum = pair < packages ? load<u32>(place) + load<u32>(place, 4) : 0xffffffff;
      const weight = leaf < <u32>n ? load<u32>(WEIGHTS + ((<usize>leaf) << 2)) : 0xffffffff;
      const isLeaf = leaf < <u32>n && weight <= sum;
      store<u32>(MERGED + ((<usize>i) << 2), isLeaf ? weight : sum);
      store<u8>(flags + <usize>i, isLeaf ? 0 : 1);
      if (isLeaf) leaf++;
      else pair++;
    }
    memory.copy(BELOW, MERGED, (<usize>size) << 2);
    packages = size >> 1;
  }
  let bits: i32 = 0;
  let take: u32 = 2 * <u32>n - 2;
  for (let level: i32 = <i32>limit - 1; level >= 0 && take > 0; level--) {
    const flags = FLAGS + 512 * <usize>level;
    let inner: u32 = 0;
    for (let i: u32 = 0; i < take; i++) inner += load<u8>(flags + <usize>i);
    for (let leaf: u32 = 0; leaf < take - inner; leaf++) {
      const place = LENGTHS + <usize>load<u8>(ORDER + <usize>leaf);
      store<u8>(place, load<u8>(place) + 1);
      bits += load<u32>(WEIGHTS + ((<usize>leaf) << 2));
    }
    take = 2 * inner;
  }
  return bits;
}

/** Symbols that occur, by count and then by number, at ORDER, and their counts at WEIGHTS. Returns how many. */
function sortSymbols(): i32 {
  let n: i32 = 0;
  let first: u32 = 255;
  let last: u32 = 0;
  for (let symbol: u32 = 0; symbol < 256; symbol++) {
    const count = load<u32>(COUNTS + ((<usize>symbol) << 2));
    if (count == 0) continue;
    if (n == 0) first = symbol;
    last = symbol;
    let i = n++;
    for (; i > 0; i--) {
      const before = load<u32>(WEIGHTS + ((<usize>(i - 1)) << 2));
      if (before <= count) break;
      store<u32>(WEIGHTS + ((<usize>i) << 2), before);
      store<u8>(ORDER + <usize>i, load<u8>(ORDER + <usize>(i - 1)));
    }
    store<u32>(WEIGHTS + ((<usize>i) << 2), count);
    store<u8>(ORDER + <usize>i, <u8>symbol);
  }
  store<u32>(RESULTS, n);
  store<u32>(RESULTS, first, 4);
  store<u32>(RESULTS, last, 8);
  return n;
}

/** The canonical codes (256) u32 at CODES, first bit lowest, of the lengths at LENGTHS, which fill a prefix code; 0 for length 0. */
export function buildCodes(): void {
  let code: u32 = 0;
  memory.fill(CODES, 0, 1024);
  for (let length: u32 = 1; length <= limit; length++) {
    code <<= 1;
    for (let symbol: usize = 0; symbol < 256; symbol++) {
      if (load<u8>(LENGTHS + symbol) != length) continue;
      let reversed: u32 = 0;
      for (let k: u32 = 0; k < length; k++) reversed |= ((code >> k) & 1) << (length - 1 - k);
      store<u32>(CODES + (symbol << 2), reversed | (length << 16));
      code++;
    }
  }
}

/** Codes `length` symbols by the codes at CODES in four streams of ⌈length / 4⌉, one behind the other at `to`; their bytes at RESULTS.
 *  Returns the bytes of all. */
export function encodeStreams(from: usize, length: i32, to: usize): i32 {
  const inPairs = length >= 4096 && buildPairs();
  const quarter = (length + 3) >> 2;
  let out = to;
  for (let k = 0; k < 4; k++) {
    const start = min(length, k * quarter);
    const count = min(length, start + quarter) - start;
    const size = encodeStream(from + <usize>start, count, out, inPairs);
    store<u32>(RESULTS + ((<usize>k) << 2), size);
    out += <usize>size;
  }
  return <i32>(out - to);
}

/** Fills PAIRS for all pairs of symbols that have codes; false when these are too many. */
function buildPairs(): bool {
  let n = 0;
  for (let symbol: usize = 0; symbol < 256; symbol++)
    if (load<u32>(CODES + (symbol << 2)) != 0 && n++ < pairSymbols) store<u8>(MERGING + <usize>(n - 1), <u8>symbol);
  if (n > pairSymbols) return false;
  for (let i = 0; i < n; i++) {
    const second = <u32>load<u8>(MERGING + <usize>i);
    const next = load<u32>(CODES + ((<usize>second) << 2));
    for (let j = 0; j < n; j++) {
      const first = <u32>load<u8>(MERGING + <usize>j);
      const code = load<u32>(CODES + ((<usize>first) << 2));
      const length = code >> 16;
      const both = (code & 0xffff) | ((next & 0xffff) << length) | ((length + (next >> 16)) << 27);
      store<u32>(PAIRS + ((<usize>(first | (second << 8))) << 2), both);
    }
  }
  return true;
}

/** Writes one stream, low bits first; returns its bytes. Bits that wait to be written are fewer than 8 between steps. */
function encodeStream(from: usize, length: i32, to: usize, inPairs: bool): i32 {
  const end = from + <usize>length;
  let at = from;
  let out = to;
  let bits: u64 = 0;
  let count: u64 = 0;
  if (inPairs)
    for (; at + 8 <= end; at += 8) {
      const x = load<u64>(at);
      const a = load<u32>(((<usize>x) & 0xffff) << 2, PAIRS);
      const b = load<u32>((<usize>(x >> 14)) & 0x3fffc, PAIRS);
      bits |= ((<u64>(a & 0x7ffffff)) | ((<u64>(b & 0x7ffffff)) << (a >> 27))) << count;
      count += (a >> 27) + (b >> 27);
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
      const c = load<u32>((<usize>(x >> 30)) & 0x3fffc, PAIRS);
      const d = load<u32>((<usize>(x >> 46)) & 0x3fffc, PAIRS);
      bits |= ((<u64>(c & 0x7ffffff)) | ((<u64>(d & 0x7ffffff)) << (c >> 27))) << count;
      count += (c >> 27) + (d >> 27);
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
  for (; at + 4 <= end; at += 4) {
    const x = load<u32>(at);
    const a = load<u32>(((<usize>x) & 255) << 2, CODES);
    const b = load<u32>((<usize>(x >> 6)) & 0x3fc, CODES);
    const c = load<u32>((<usize>(x >> 14)) & 0x3fc, CODES);
    const d = load<u32>((<usize>(x >> 22)) & 0x3fc, CODES);
    const ab = (a & 0xffff) | ((b & 0xffff) << (a >> 16));
    const cd = (c & 0xffff) | ((d & 0xffff) << (c >> 16));
    const first = (a >> 16) + (b >> 16);
    bits |= ((<u64>ab) | ((<u64>cd) << (<u64>first))) << count;
    count += <u64>(first + (c >> 16) + (d >> 16));
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
  }
  for (; at < end; at++) {
    const a = load<u32>((<usize>load<u8>(at)) << 2, CODES);
    bits |= (<u64>(a & 0xffff)) << count;
    count += <u64>(a >> 16);
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
  }
  if (count > 0) store<u8>(out++, <u8>bits);
  return <i32>(out - to);
}

/** The decoding tables SINGLE and RUNS of the codes at CODES, whose lengths fill the code space. */
export function buildTables(): void {
  for (let symbol: u32 = 0; symbol < 256; symbol++) {
    const entry = load<u32>(CODES + ((<usize>symbol) << 2));
    const length = entry >> 16;
    if (length == 0) continue;
    for (let k = entry & 0xffff; k < windows; k += 1 << length)
      store<u16>(SINGLE + ((<usize>k) << 1), <u16>(symbol | (length << 8)));
  }
  for (let window: u32 = 0; window < windows; window++) {
    let used: u32 = 0;
    let found: u32 = 0;
    let symbols: u64 = 0;
    while (found < 6) {
      const entry = <u32>load<u16>(SINGLE + ((<usize>(window >> used)) << 1));
      const length = entry >> 8;
      if (used + length > limit) break;
      symbols |= (<u64>(entry & 255)) << (8 * <u64>found);
      found++;
      used += length;
    }
    store<u64>(RUNS + ((<usize>window) << 3), symbols | ((<u64>found) << 48) | ((<u64>used) << 56));
  }
}

/** Decodes the four streams that begin at the addresses (4) u32 at RESULTS into `length` symbols at `to`, and leaves there the bits that
 *  each took. */
export function decodeStreams(to: usize, length: i32): void {
  const quarter = (length + 3) >> 2;
  for (let k = 0; k < 4; k += 2) {
    const start = min(length, k * quarter);
    const middle = min(length, start + quarter);
    const end = min(length, middle + quarter);
    decodePair(RESULTS + ((<usize>k) << 2), to + <usize>start, to + <usize>middle, to + <usize>end);
  }
}

function lookUp(bits: u64): u64 {
  return load<u64>(((<usize>bits) & 2047) << 3, RUNS);
}

/** Two streams side by side, so that one waits while the other works; `streams` (2) u32: where they begin, then the bits they took. */
function decodePair(streams: usize, to0: usize, to1: usize, end: usize): void {
  const from0 = <usize>load<u32>(streams);
  const from1 = <usize>load<u32>(streams, 4);
  let p0 = from0;
  let p1 = from1;
  let o0 = to0;
  let o1 = to1;
  let b0: u64 = 0;
  let b1: u64 = 0;
  let n0: u64 = 0;
  let n1: u64 = 0;
  while (o0 + 32 <= to1 && o1 + 32 <= end) {
    b0 |= load<u64>(p0) << n0;
    p0 += <usize>((63 - n0) >> 3);
    n0 |= 56;
    b1 |= load<u64>(p1) << n1;
    p1 += <usize>((63 - n1) >> 3);
    n1 |= 56;
    // Five lookups of at most 11 bits from 56.
    for (let k = 0; k < 5; k++) {
      const e0 = lookUp(b0);
      const e1 = lookUp(b1);
      store<u64>(o0, e0);
      store<u64>(o1, e1);
      o0 += <usize>((e0 >> 48) & 255);
      o1 += <usize>((e1 >> 48) & 255);
      b0 >>= e0 >> 56;
      b1 >>= e1 >> 56;
      n0 -= e0 >> 56;
      n1 -= e1 >> 56;
    }
  }
  store<u32>(streams, finish(from0, p0, o0, to1, b0, n0));
  store<u32>(streams, finish(from1, p1, o1, end, b1, n1), 4);
}

/** The rest of a stream, symbol by symbol; returns the bits that all of it took. */
function finish(from: usize, at: usize, out: usize, end: usize, bits: u64, count: u64): u32 {
  while (out < end) {
    bits |= load<u64>(at) << count;
    at += <usize>((63 - count) >> 3);
    count |= 56;
    const entry = <u64>load<u16>(SINGLE + (((<usize>bits) & 2047) << 1));
    store<u8>(out++, <u8>entry);
    bits >>= entry >> 8;
    count -= entry >> 8;
  }
  return 8 * <u32>(at - from) - <u32>count;
}
