/** The hot loops of the lossless archive; formulas and bytes are those of `kernel/encode/planes-plain.ts`. All arguments are addresses
 *  and counts. Up to 7 bytes behind a stream may be read, and up to 7 behind an output written: the caller leaves room. */

/** Elements (elements, width) u8 → planes (width, elements) u8 at `to`; rotated left by one bit first when asked. */
export function split(from: usize, to: usize, elements: i32, width: i32, rotate: bool): void {
  const n = <usize>elements;
  if (width == 1) memory.copy(to, from, n);
  else if (width == 2) split2(from, to, n, rotate);
  else if (width == 4) split4(from, to, n, rotate);
  else
    for (let i: usize = 0; i < n; i++) {
      let x = load<u64>(from + 8 * i);
      if (rotate) x = rotl<u64>(x, 1);
      for (let p: usize = 0; p < 8; p++, x >>= 8) store<u8>(to + p * n + i, <u8>x);
    }
}

function split2(from: usize, to: usize, n: usize, rotate: bool): void {
  let i: usize = 0;
  for (; i + 16 <= n; i += 16) {
    let a = v128.load(from + 2 * i);
    let b = v128.load(from + 2 * i, 16);
    if (rotate) {
      a = v128.or(i16x8.shl(a, 1), i16x8.shr_u(a, 15));
      b = v128.or(i16x8.shl(b, 1), i16x8.shr_u(b, 15));
    }
    // prettier-ignore
    v128.store(to + i, i8x16.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
    // prettier-ignore
    v128.store(to + n + i, i8x16.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
  }
  for (; i < n; i++) {
    const v = <u32>load<u16>(from + 2 * i);
    const x = rotate ? (v << 1) | (v >> 15) : v;
    store<u8>(to + i, <u8>x);
    store<u8>(to + n + i, <u8>(x >> 8));
  }
}

function rotated4(a: v128, rotate: bool): v128 {
  return rotate ? v128.or(i32x4.shl(a, 1), i32x4.shr_u(a, 31)) : a;
}

function split4(from: usize, to: usize, n: usize, rotate: bool): void {
  let i: usize = 0;
  for (; i + 16 <= n; i += 16) {
    const a = rotated4(v128.load(from + 4 * i), rotate);
    const b = rotated4(v128.load(from + 4 * i, 16), rotate);
    const c = rotated4(v128.load(from + 4 * i, 32), rotate);
    const d = rotated4(v128.load(from + 4 * i, 48), rotate);
    // prettier-ignore
    const e0 = i8x16.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    // prettier-ignore
    const e1 = i8x16.shuffle(c, d, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    // prettier-ignore
    const o0 = i8x16.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    // prettier-ignore
    const o1 = i8x16.shuffle(c, d, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    // prettier-ignore
    v128.store(to + i, i8x16.shuffle(e0, e1, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
    // prettier-ignore
    v128.store(to + n + i, i8x16.shuffle(o0, o1, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
    // prettier-ignore
    v128.store(to + 2 * n + i, i8x16.shuffle(e0, e1, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
    // prettier-ignore
    v128.store(to + 3 * n + i, i8x16.shuffle(o0, o1, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
  }
  for (; i < n; i++) {
    let x = load<u32>(from + 4 * i);
    if (rotate) x = rotl<u32>(x, 1);
    for (let p: usize = 0; p < 4; p++, x >>= 8) store<u8>(to + p * n + i, <u8>x);
  }
}

/** Planes, whose `width` addresses stand as u32 at `planes`, → elements; rotated right by one bit last when asked. */
export function merge(planes: usize, to: usize, elements: i32, width: i32, rotate: bool): void {
  const n = <usize>elements;
  if (width == 1) memory.copy(to, <usize>load<u32>(planes), n);
  else if (width == 2) merge2(<usize>load<u32>(planes), <usize>load<u32>(planes, 4), to, n, rotate);
  else if (width == 4) merge4(planes, to, n, rotate);
  else
    for (let i: usize = 0; i < n; i++) {
      let x: u64 = 0;
      for (let p: usize = 0; p < 8; p++) x |= (<u64>load<u8>(<usize>load<u32>(planes + 4 * p) + i)) << (8 * <u64>p);
      store<u64>(to + 8 * i, rotate ? rotr<u64>(x, 1) : x);
    }
}

function merge2(low: usize, high: usize, to: usize, n: usize, rotate: bool): void {
  let i: usize = 0;
  for (; i + 16 <= n; i += 16) {
    const l = v128.load(low + i);
    const h = v128.load(high + i);
    let a = i8x16.shuffle(l, h, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let b = i8x16.shuffle(l, h, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    if (rotate) {
      a = v128.or(i16x8.shr_u(a, 1), i16x8.shl(a, 15));
      b = v128.or(i16x8.shr_u(b, 1), i16x8.shl(b, 15));
    }
    v128.store(to + 2 * i, a);
    v128.store(to + 2 * i, b, 16);
  }
  for (; i < n; i++) {
    const x = (<u32>load<u8>(low + i)) | ((<u32>load<u8>(high + i)) << 8);
    store<u16>(to + 2 * i, <u16>(rotate ? (x >> 1) | (x << 15) : x));
  }
}

function merge4(planes: usize, to: usize, n: usize, rotate: bool): void {
  const p0 = <usize>load<u32>(planes);
  const p1 = <usize>load<u32>(planes, 4);
  const p2 = <usize>load<u32>(planes, 8);
  const p3 = <usize>load<u32>(planes, 12);
  let i: usize = 0;
  for (; i + 16 <= n; i += 16) {
    const a = v128.load(p0 + i);
    const b = v128.load(p1 + i);
    const c = v128.load(p2 + i);
    const d = v128.load(p3 + i);
    const l0 = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const l1 = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const h0 = i8x16.shuffle(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const h1 = i8x16.shuffle(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const at = to + 4 * i;
    // prettier-ignore
    v128.store(at, back4(i8x16.shuffle(l0, h0, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), rotate));
    // prettier-ignore
    v128.store(at, back4(i8x16.shuffle(l0, h0, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), rotate), 16);
    // prettier-ignore
    v128.store(at, back4(i8x16.shuffle(l1, h1, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), rotate), 32);
    // prettier-ignore
    v128.store(at, back4(i8x16.shuffle(l1, h1, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), rotate), 48);
  }
  for (; i < n; i++) {
    const x =
      (<u32>load<u8>(p0 + i)) |
      ((<u32>load<u8>(p1 + i)) << 8) |
      ((<u32>load<u8>(p2 + i)) << 16) |
      ((<u32>load<u8>(p3 + i)) << 24);
    store<u32>(to + 4 * i, rotate ? rotr<u32>(x, 1) : x);
  }
}

function back4(a: v128, rotate: bool): v128 {
  return rotate ? v128.or(i32x4.shr_u(a, 1), i32x4.shl(a, 31)) : a;
}

/** Counts of the byte values, (256) u32 at `counts`; behind them 3 × 256 u32 of scratch. */
export function histogram(from: usize, length: i32, counts: usize): void {
  memory.fill(counts, 0, 4096);
  const end = from + <usize>length;
  let at = from;
  for (; at + 8 <= end; at += 8) {
    const x = load<u64>(at);
    bump(counts, <usize>(x & 255));
    bump(counts + 1024, <usize>((x >> 8) & 255));
    bump(counts + 2048, <usize>((x >> 16) & 255));
    bump(counts + 3072, <usize>((x >> 24) & 255));
    bump(counts, <usize>((x >> 32) & 255));
    bump(counts + 1024, <usize>((x >> 40) & 255));
    bump(counts + 2048, <usize>((x >> 48) & 255));
    bump(counts + 3072, <usize>(x >> 56));
  }
  for (; at < end; at++) bump(counts, <usize>load<u8>(at));
  for (let i: usize = 0; i < 1024; i += 4)
    store<u32>(
      counts + i,
      load<u32>(counts + i) + load<u32>(counts + i, 1024) + load<u32>(counts + i, 2048) + load<u32>(counts + i, 3072),
    );
}

function bump(counts: usize, symbol: usize): void {
  store<u32>(counts + 4 * symbol, load<u32>(counts + 4 * symbol) + 1);
}

/** Codes (256) u32 at `codes`: bits of the code in 0–15, its length in 16–20. Writes one stream, low bits first; returns its bytes. */
export function encodeStream(from: usize, length: i32, codes: usize, to: usize): i32 {
  const end = from + <usize>length;
  let at = from;
  let out = to;
  let bits: u64 = 0;
  let count: u64 = 0;
  for (; at + 4 <= end; at += 4) {
    const x = load<u32>(at);
    const a = load<u32>(codes + 4 * <usize>(x & 255));
    const b = load<u32>(codes + 4 * <usize>((x >> 8) & 255));
    const c = load<u32>(codes + 4 * <usize>((x >> 16) & 255));
    const d = load<u32>(codes + 4 * <usize>(x >> 24));
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
    const a = load<u32>(codes + 4 * <usize>load<u8>(at));
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

/** Decoding tables for codes whose lengths fill the code space: `single` (2^11) u16, symbol + 256·length by the next 11 bits; `runs`
 *  (2^11) u64, in bytes 0–5 the symbols whose codes lie whole in the 11 bits, in byte 6 their number, in byte 7 the bits they take. */
export function buildTables(codes: usize, single: usize, runs: usize): void {
  for (let symbol: u32 = 0; symbol < 256; symbol++) {
    const entry = load<u32>(codes + 4 * <usize>symbol);
    const length = entry >> 16;
    if (length == 0) continue;
    for (let k = entry & 0xffff; k < 2048; k += 1 << length)
      store<u16>(single + 2 * <usize>k, <u16>(symbol | (length << 8)));
  }
  for (let window: u32 = 0; window < 2048; window++) {
    let used: u32 = 0;
    let found: u32 = 0;
    let symbols: u64 = 0;
    while (found < 6) {
      const entry = <u32>load<u16>(single + 2 * <usize>(window >> used));
      const length = entry >> 8;
      if (used + length > 11) break;
      const symbol: u64 = entry & 255;
      const place: u64 = 8 * found++;
      symbols |= symbol << place;
      used += length;
    }
    store<u64>(runs + 8 * <usize>window, symbols | ((<u64>found) << 48) | ((<u64>used) << 56));
  }
}

/** Decodes two streams side by side; stores the bits that each took, two u32 at `used`. */
export function decodePair(
  single: usize,
  runs: usize,
  from0: usize,
  from1: usize,
  to0: usize,
  to1: usize,
  length0: i32,
  length1: i32,
  used: usize,
): void {
  const end0 = to0 + <usize>length0;
  const end1 = to1 + <usize>length1;
  let p0 = from0;
  let p1 = from1;
  let o0 = to0;
  let o1 = to1;
  let b0: u64 = 0;
  let b1: u64 = 0;
  let n0: u64 = 0;
  let n1: u64 = 0;
  while (o0 + 32 <= end0 && o1 + 32 <= end1) {
    b0 |= load<u64>(p0) << n0;
    p0 += <usize>((63 - n0) >> 3);
    n0 |= 56;
    b1 |= load<u64>(p1) << n1;
    p1 += <usize>((63 - n1) >> 3);
    n1 |= 56;
    // Five lookups of at most 11 bits from 56.
    let e0: u64;
    let e1: u64;
    e0 = load<u64>(runs + 8 * <usize>(b0 & 2047));
    e1 = load<u64>(runs + 8 * <usize>(b1 & 2047));
    store<u64>(o0, e0);
    store<u64>(o1, e1);
    o0 += <usize>((e0 >> 48) & 255);
    o1 += <usize>((e1 >> 48) & 255);
    b0 >>= e0 >> 56;
    b1 >>= e1 >> 56;
    n0 -= e0 >> 56;
    n1 -= e1 >> 56;
    e0 = load<u64>(runs + 8 * <usize>(b0 & 2047));
    e1 = load<u64>(runs + 8 * <usize>(b1 & 2047));
    store<u64>(o0, e0);
    store<u64>(o1, e1);
    o0 += <usize>((e0 >> 48) & 255);
    o1 += <usize>((e1 >> 48) & 255);
    b0 >>= e0 >> 56;
    b1 >>= e1 >> 56;
    n0 -= e0 >> 56;
    n1 -= e1 >> 56;
    e0 = load<u64>(runs + 8 * <usize>(b0 & 2047));
    e1 = load<u64>(runs + 8 * <usize>(b1 & 2047));
    store<u64>(o0, e0);
    store<u64>(o1, e1);
    o0 += <usize>((e0 >> 48) & 255);
    o1 += <usize>((e1 >> 48) & 255);
    b0 >>= e0 >> 56;
    b1 >>= e1 >> 56;
    n0 -= e0 >> 56;
    n1 -= e1 >> 56;
    e0 = load<u64>(runs + 8 * <usize>(b0 & 2047));
    e1 = load<u64>(runs + 8 * <usize>(b1 & 2047));
    store<u64>(o0, e0);
    store<u64>(o1, e1);
    o0 += <usize>((e0 >> 48) & 255);
    o1 += <usize>((e1 >> 48) & 255);
    b0 >>= e0 >> 56;
    b1 >>= e1 >> 56;
    n0 -= e0 >> 56;
    n1 -= e1 >> 56;
    e0 = load<u64>(runs + 8 * <usize>(b0 & 2047));
    e1 = load<u64>(runs + 8 * <usize>(b1 & 2047));
    store<u64>(o0, e0);
    store<u64>(o1, e1);
    o0 += <usize>((e0 >> 48) & 255);
    o1 += <usize>((e1 >> 48) & 255);
    b0 >>= e0 >> 56;
    b1 >>= e1 >> 56;
    n0 -= e0 >> 56;
    n1 -= e1 >> 56;
  }
  finish(single, from0, p0, o0, end0, b0, n0, used);
  finish(single, from1, p1, o1, end1, b1, n1, used + 4);
}

function finish(
  single: usize,
  from: usize,
  at: usize,
  out: usize,
  end: usize,
  bits: u64,
  count: u64,
  used: usize,
): void {
  while (out < end) {
    bits |= load<u64>(at) << count;
    at += <usize>((63 - count) >> 3);
    count |= 56;
    const entry = <u64>load<u16>(single + 2 * <usize>(bits & 2047));
    store<u8>(out++, <u8>entry);
    bits >>= entry >> 8;
    count -= entry >> 8;
  }
  store<u32>(used, 8 * <u32>(at - from) - <u32>count);
}

const prime1: u64 = 0x9e3779b185ebca87;
const prime2: u64 = 0xc2b2ae3d27d4eb4f;
const prime3: u64 = 0x165667b19e3779f9;
const prime4: u64 = 0x85ebca77c2b2ae63;
const prime5: u64 = 0x27d4eb2f165667c5;

/** XXH64 with seed 0, stored as u64 at `to`. */
export function hash(from: usize, length: i32, to: usize): void {
  const end = from + <usize>length;
  let at = from;
  let h: u64 = prime5;
  if (length >= 32) {
    let a = prime1 + prime2;
    let b = prime2;
    let c: u64 = 0;
    let d: u64 = 0 - prime1;
    for (; at + 32 <= end; at += 32) {
      a = mix(a, load<u64>(at));
      b = mix(b, load<u64>(at, 8));
      c = mix(c, load<u64>(at, 16));
      d = mix(d, load<u64>(at, 24));
    }
    h = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    h = (h ^ mix(0, a)) * prime1 + prime4;
    h = (h ^ mix(0, b)) * prime1 + prime4;
    h = (h ^ mix(0, c)) * prime1 + prime4;
    h = (h ^ mix(0, d)) * prime1 + prime4;
  }
  h += <u64>length;
  for (; at + 8 <= end; at += 8) h = rotl<u64>(h ^ mix(0, load<u64>(at)), 27) * prime1 + prime4;
  if (at + 4 <= end) {
    h = rotl<u64>(h ^ (<u64>load<u32>(at) * prime1), 23) * prime2 + prime3;
    at += 4;
  }
  for (; at < end; at++) h = rotl<u64>(h ^ (<u64>load<u8>(at) * prime5), 11) * prime1;
  h = (h ^ (h >> 33)) * prime2;
  h = (h ^ (h >> 29)) * prime3;
  store<u64>(to, h ^ (h >> 32));
}

function mix(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * prime2, 31) * prime1;
}
