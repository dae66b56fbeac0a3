/** Codes, one in a byte, to and from a stream in which code i takes bits [i·width, (i + 1)·width), least significant first; 1 ≤ width ≤ 8. */

/** Eight codes of a byte each, as 8·width bits. */
function squeeze(codes: u64, width: u64): u64 {
  const bytes: u64 = 0x00ff00ff00ff00ff;
  const words: u64 = 0x0000ffff0000ffff;
  const pairs = (codes & bytes) | (((codes >> 8) & bytes) << width);
  const fours = (pairs & words) | (((pairs >> 16) & words) << (2 * width));
  return (fours & 0xffffffff) | ((fours >> 32) << (4 * width));
}

function stretch(bits: u64, width: u64): u64 {
  const half = ((<u64>1) << (4 * width)) - 1;
  const quarter = (((<u64>1) << (2 * width)) - 1) * 0x0000000100000001;
  const eighth = (((<u64>1) << width) - 1) * 0x0001000100010001;
  const fours = (bits & half) | (((bits >> (4 * width)) & half) << 32);
  const pairs = (fours & quarter) | (((fours >> (2 * width)) & quarter) << 16);
  return (pairs & eighth) | (((pairs >> width) & eighth) << 8);
}

/** Pairs of neighbours below 16 as a byte each, the first in its lower half. */
function nibblesOf(codes: v128): v128 {
  return v128.and(v128.or(codes, i16x8.shr_u(codes, 4)), i16x8.splat(255));
}

/** Packs `count` codes, less `first` each. Up to eight bytes behind the stream are written as well. */
export function packBits(codes: usize, count: i32, width: i32, first: i32, to: usize): void {
  const firsts = i8x16.splat(<i8>first);
  const w = <u64>width;
  let i = 0;
  if (width == 4)
    for (; i + 32 <= count; i += 32, to += 16) {
      const low = i8x16.sub(v128.load(codes + i), firsts);
      const high = i8x16.sub(v128.load(codes + i, 16), firsts);
      v128.store(to, i8x16.narrow_i16x8_u(nibblesOf(low), nibblesOf(high)));
    }
  if (width == 8) for (; i + 16 <= count; i += 16, to += 16) v128.store(to, i8x16.sub(v128.load(codes + i), firsts));
  for (; i + 16 <= count; i += 16) {
    const sixteen = i8x16.sub(v128.load(codes + i), firsts);
    store<u64>(to, squeeze(i64x2.extract_lane(sixteen, 0), w));
    to += width;
    store<u64>(to, squeeze(i64x2.extract_lane(sixteen, 1), w));
    to += width;
  }
  let held: u32 = 0;
  let heldBits = 0;
  for (; i < count; i++) {
    held |= ((<u32>(load<u8>(codes + i) - <u8>first)) & 255) << heldBits;
    heldBits += width;
    for (; heldBits >= 8; heldBits -= 8, held >>= 8) store<u8>(to++, <u8>held);
  }
  if (heldBits > 0) store<u8>(to, <u8>held);
}

/** Unpacks `count` codes, at most as many as the stream holds. Up to eight bytes behind the stream are read as well. */
export function unpackBits(from: usize, count: i32, width: i32, first: i32, codes: usize): void {
  const firsts = i8x16.splat(<i8>first);
  const w = <u64>width;
  let i = 0;
  if (width == 8)
    for (; i + 16 <= count; i += 16, from += 16) v128.store(codes + i, i8x16.add(v128.load(from), firsts));
  for (; i + 16 <= count; i += 16) {
    const low = stretch(load<u64>(from), w);
    const high = stretch(load<u64>(from + width), w);
    v128.store(codes + i, i8x16.add(i64x2.replace_lane(i64x2.splat(low), 1, high), firsts));
    from += 2 * width;
  }
  const mask: u32 = (1 << width) - 1;
  for (let bit = 0; i < count; i++, bit += width) {
    const word = (<u32>load<u16>(from + (bit >> 3))) >> (bit & 7);
    store<u8>(codes + i, <u8>((word & mask) + <u32>first));
  }
}
