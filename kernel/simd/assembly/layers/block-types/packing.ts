/** Codes, one in a byte, to and from the bytes of blocks; the places are those of `kernel/blocks/block.ts`. */

/** 2·`half` codes, `half` 8, 16 or 32 → `half` bytes: code j in the low nibble of byte j, code j + half in its high one. */
export function packNibbles8(codes: usize, to: usize): void {
  const low = v128.load64_zero(codes);
  const high = v128.load64_zero(codes, 8);
  store<u64>(to, i64x2.extract_lane(v128.or(low, i16x8.shl(high, 4)), 0));
}
export function packNibbles16(codes: usize, to: usize): void {
  v128.store(to, v128.or(v128.load(codes), i16x8.shl(v128.load(codes, 16), 4)));
}
export function packNibbles32(codes: usize, to: usize): void {
  v128.store(to, v128.or(v128.load(codes), i16x8.shl(v128.load(codes, 32), 4)));
  v128.store(to, v128.or(v128.load(codes, 16), i16x8.shl(v128.load(codes, 48), 4)), 16);
}

const nibble: u8 = 15;

function lowNibbles(bytes: v128): v128 {
  return v128.and(bytes, i8x16.splat(nibble));
}
function highNibbles(bytes: v128): v128 {
  return v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(nibble));
}

export function unpackNibbles8(from: usize, codes: usize): void {
  const bytes = v128.load64_zero(from);
  store<u64>(codes, i64x2.extract_lane(lowNibbles(bytes), 0));
  store<u64>(codes, i64x2.extract_lane(highNibbles(bytes), 0), 8);
}
export function unpackNibbles16(from: usize, codes: usize): void {
  const bytes = v128.load(from);
  v128.store(codes, lowNibbles(bytes));
  v128.store(codes, highNibbles(bytes), 16);
}
export function unpackNibbles32(from: usize, codes: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 16);
  v128.store(codes, lowNibbles(a));
  v128.store(codes, lowNibbles(b), 16);
  v128.store(codes, highNibbles(a), 32);
  v128.store(codes, highNibbles(b), 48);
}

/** Two bits each in runs of 128 codes, each in 32 bytes. */
export function packCrumbs(codes: usize, to: usize): void {
  for (let i: usize = 0; i < 32; i += 16) {
    const low = v128.or(v128.load(codes + i), i16x8.shl(v128.load(codes + i, 32), 2));
    const high = v128.or(i16x8.shl(v128.load(codes + i, 64), 4), i16x8.shl(v128.load(codes + i, 96), 6));
    v128.store(to + i, v128.or(low, high));
  }
}

export function unpackCrumbs(from: usize, codes: usize): void {
  const three = i8x16.splat(3);
  for (let i: usize = 0; i < 32; i += 16) {
    const four = v128.load(from + i);
    v128.store(codes + i, v128.and(four, three));
    v128.store(codes + i, v128.and(i16x8.shr_u(four, 2), three), 32);
    v128.store(codes + i, v128.and(i16x8.shr_u(four, 4), three), 64);
    v128.store(codes + i, v128.and(i16x8.shr_u(four, 6), three), 96);
  }
}
