/** Elements to byte planes and back, fields of records to arrays and back, and differences from a base. */

/** Moves bytes; the ranges may overlap. On shared memory this is faster than what JavaScript has. */
export function copy(from: usize, to: usize, length: i32): void {
  memory.copy(to, from, <usize>length);
}

export function fill(to: usize, value: i32, length: i32): void {
  memory.fill(to, <u8>value, <usize>length);
}

/** Elements (elements, width) u8 → planes (width, elements) u8 at `to`; those of two bytes and more rotated left by
 *  one bit first when asked. */
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

/** Of records (records, stride) u8 the `length` bytes from `offset` on → (records, length) u8 at `to`. */
export function gather(from: usize, to: usize, records: i32, stride: i32, offset: i32, length: i32): void {
  const size = <usize>length;
  let source = from + <usize>offset;
  for (let i = 0; i < records; i++, source += <usize>stride, to += size) copyField(source, to, size);
}

/** The inverse: (records, length) u8 → the bytes from `offset` on of records (records, stride) u8. */
export function scatter(from: usize, to: usize, records: i32, stride: i32, offset: i32, length: i32): void {
  const size = <usize>length;
  let target = to + <usize>offset;
  for (let i = 0; i < records; i++, target += <usize>stride, from += size) copyField(from, target, size);
}

function copyField(from: usize, to: usize, size: usize): void {
  let i: usize = 0;
  for (; i + 16 <= size; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i + 2 <= size; i += 2) store<u16>(to + i, load<u16>(from + i));
  if (i < size) store<u8>(to + i, load<u8>(from + i));
}

/** x ← x xor base, byte by byte. */
export function exclusiveOr(x: usize, base: usize, length: i32): void {
  const n = <usize>length;
  let i: usize = 0;
  for (; i + 16 <= n; i += 16) v128.store(x + i, v128.xor(v128.load(x + i), v128.load(base + i)));
  for (; i < n; i++) store<u8>(x + i, load<u8>(x + i) ^ load<u8>(base + i));
}

/** Elements of `width` bytes: x ← fold(order(x) − order(base)). `order` of a float is the whole number that stands where the float stands
 *  among all floats, −x below 0 (two's complement); of others the number itself. fold(d) is 2d for d ≥ 0 and −2d − 1 below 0. */
export function subtract(x: usize, base: usize, elements: i32, width: i32, float: bool): void {
  for (let i = 0; i < elements; i++, x += <usize>width, base += <usize>width) {
    if (width == 1) {
      const d = order8(load<i8>(x), float) - order8(load<i8>(base), float);
      store<u8>(x, <u8>((d << 1) ^ ((<i8>d) >> 7)));
    } else if (width == 2) {
      const d = <i16>(order16(load<i16>(x), float) - order16(load<i16>(base), float));
      store<u16>(x, <u16>((d << 1) ^ (d >> 15)));
    } else if (width == 4) {
      const d = order32(load<i32>(x), float) - order32(load<i32>(base), float);
      store<u32>(x, (d << 1) ^ (d >> 31));
    } else {
      const d = order64(load<i64>(x), float) - order64(load<i64>(base), float);
      store<u64>(x, (d << 1) ^ (d >> 63));
    }
  }
}

/** The inverse: x ← order⁻¹(unfold(x) + order(base)). */
export function add(x: usize, base: usize, elements: i32, width: i32, float: bool): void {
  for (let i = 0; i < elements; i++, x += <usize>width, base += <usize>width) {
    if (width == 1) {
      const d = load<u8>(x);
      store<i8>(x, order8(<i8>((d >> 1) ^ -(d & 1)) + order8(load<i8>(base), float), float));
    } else if (width == 2) {
      const d = load<u16>(x);
      store<i16>(x, order16(<i16>((d >> 1) ^ -(d & 1)) + order16(load<i16>(base), float), float));
    } else if (width == 4) {
      const d = load<u32>(x);
      store<i32>(x, order32(<i32>((d >> 1) ^ -(d & 1)) + order32(load<i32>(base), float), float));
    } else {
      const d = load<u64>(x);
      store<i64>(x, order64(<i64>((d >> 1) ^ -(d & 1)) + order64(load<i64>(base), float), float));
    }
  }
}

// Each is its own inverse: below 0 the bits behind the sign are turned over.
function order8(x: i8, float: bool): i8 {
  return float ? x ^ ((x >> 7) & 0x7f) : x;
}
function order16(x: i16, float: bool): i16 {
  return float ? x ^ ((x >> 15) & 0x7fff) : x;
}
function order32(x: i32, float: bool): i32 {
  return float ? x ^ ((x >> 31) & 0x7fffffff) : x;
}
function order64(x: i64, float: bool): i64 {
  return float ? x ^ ((x >> 63) & 0x7fffffffffffffff) : x;
}
