/** Sixteen-bit floats: IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits; largest finite 65504) and bfloat16 (1, 8, 7:
 *  the upper half of a float32). Widening is exact and keeps NaN payloads; narrowing rounds to nearest, ties to even, becomes
 *  infinite past the largest finite number, and keeps a NaN a NaN (its upper payload bits, made quiet). */

const word = new Uint32Array(1);
const number = new Float32Array(word.buffer);

/** Bits of `value` as a float32. */
export function float32Bits(value: number): number {
  number[0] = value;
  return word[0];
}

/** The float32 of a bit pattern. */
export function float32FromBits(bits: number): number {
  word[0] = bits;
  return number[0];
}

/** The float32 bit pattern of each of the 65,536 binary16 patterns. */
export const float16ToFloat32Bits: Uint32Array = widenedPatterns();

/** Every thread makes the table when it starts, before its code is compiled, so that each pattern takes a few operations. */
function widenedPatterns(): Uint32Array {
  const table = new Uint32Array(0x10000);
  // Below 2^-14 a number of units of 2^-24.
  new Float32Array(table.buffer).set(Float64Array.from({ length: 0x400 }, (_, fraction) => fraction * 2 ** -24));
  for (let half = 0x400; half < 0x7c00; half++) table[half] = (half << 13) + (112 << 23);
  for (let half = 0x7c00; half < 0x8000; half++) table[half] = (half << 13) + (224 << 23);
  table.copyWithin(0x8000, 0, 0x8000);
  for (let half = 0x8000; half < 0x10000; half++) table[half] |= 0x80000000;
  return table;
}

/** The value of a binary16 pattern. */
export function decodeFloat16(half: number): number {
  return float32FromBits(float16ToFloat32Bits[half]);
}

/** The binary16 pattern nearest to a float32, ties to even. A value wider than float32 is rounded to float32 first. */
export function encodeFloat16(value: number): number {
  return float16FromBits(float32Bits(value));
}

/** The binary16 pattern nearest to the float32 with these bits, ties to even. */
export function float16FromBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff); // NaN, made quiet
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and up: nearer to 2^16 than to 65504
  if (magnitude >= 0x38800000) {
    // normal: drop 13 bits, the carry may run into the exponent
    const rebased = magnitude - (112 << 23);
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  if (magnitude <= 0x33000000) return sign; // up to 2^-25: ties to even, that is to zero
  const shift = 126 - (magnitude >>> 23); // 14 to 24
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const kept = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** The value of a bfloat16 pattern. */
export function decodeBfloat16(half: number): number {
  return float32FromBits((half << 16) >>> 0);
}

/** The bfloat16 pattern nearest to a float32, ties to even. */
export function encodeBfloat16(value: number): number {
  return bfloat16FromBits(float32Bits(value));
}

/** The bfloat16 pattern nearest to the float32 with these bits, ties to even. */
export function bfloat16FromBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
