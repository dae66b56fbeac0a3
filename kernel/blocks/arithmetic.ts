/** Roundings as compiled C has them on x86-64, where the reference bytes come from. All arguments are float32 values. */
import { encodeFloat16, float16ToFloat32Bits } from "../bytes/half-float";

const { abs, floor, fround, sqrt } = Math;
const word = new Int32Array(1);
const number = new Float32Array(word.buffer);
const halfValues = new Float32Array(float16ToFloat32Bits.buffer, float16ToFloat32Bits.byteOffset, 0x10000);

/** 1.5·2^23: a float32 x added to it loses its fraction, rounded half to even. */
const magic = 12582912;

/** x rounded half to even where |x| < 2^22. Beyond that, and for NaN, what the lower 23 bits of x + 1.5·2^23 say, less 2^22: −2^22 for
 *  the infinities and 0 for NaN. */
export function nearestInteger(x: number): number {
  if (x > -4194304 && x < 4194304) return fround(x + magic) - magic;
  number[0] = x + magic;
  return (word[0] & 0x7fffff) - 0x400000;
}

/** x rounded to the nearest whole number, halves away from zero; 0 for what no 32-bit integer holds, of which C keeps the low byte only. */
export function roundHalfAway(x: number): number {
  if (!(x > -2147483648 && x < 2147483648)) return 0;
  return x < 0 ? -floor(0.5 - x) : floor(x + 0.5);
}

/** The low byte of x cut to a 32-bit integer: 0 for NaN and for what does not fit. */
export function truncateToByte(x: number): number {
  return x > -2147483649 && x < 2147483648 ? x & 255 : 0;
}

export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}

/** The float16 nearest to x, little-endian; returns its value. */
export function writeHalf(bytes: Uint8Array, at: number, x: number): number {
  const half = encodeFloat16(x);
  bytes[at] = half & 255;
  bytes[at + 1] = half >> 8;
  return halfValues[half];
}

export function readHalf(bytes: Uint8Array, at: number): number {
  return halfValues[bytes[at] | (bytes[at + 1] << 8)];
}

/** Σ x² over `count` values, a float32 sum in order. */
export function sumOfSquares(x: Float32Array, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum = fround(sum + fround(x[i] * x[i]));
  return sum;
}

/** The value of greatest magnitude, the first of equals. */
export function peakOf(x: Float32Array, from: number, count: number): number {
  let magnitude = 0;
  let peak = 0;
  for (let i = from; i < from + count; i++) {
    const m = abs(x[i]);
    if (m > magnitude) {
      magnitude = m;
      peak = x[i];
    }
  }
  return peak;
}

/** weights[i] = importance·√(spread + x²) for all of x, the weight of an error where importance is given. */
export function importanceWeights(
  importance: { readonly values: Float32Array; readonly column: number },
  offset: number,
  spread: number,
  x: Float32Array,
  weights: Float32Array,
): void {
  const first = importance.column + offset;
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    const root = fround(sqrt(fround(spread + fround(value * value))));
    weights[i] = importance.values[first + i] * root;
  }
}
