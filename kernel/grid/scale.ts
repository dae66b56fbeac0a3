/** How scales, offsets and codebook values are rounded to the type that they are stored in. */
import { OptionError } from "../errors";

/** A scale or a value that float16 does not hold: beyond 65504, or so small that few of its digits are left. A wider type holds it. */
export class HalfRangeError extends OptionError {}

/** Scales below 2^-22 have two bits and less in float16. */
export const leastHalfScale = 2 ** -22;

/** Throws `HalfRangeError` where a scale that is stored as float16, rounded upwards, is above 0 and below `leastHalfScale`; of a grid of 16 bits,
 *  whose levels are finer than any need, where it is the least number of float16. */
export function checkHalfScales(scales: Float32Array, type: ScaleType, method: string, bits = 8): void {
  if (type !== "F16") return;
  const least = bits > 8 ? 2 ** -23 : leastHalfScale;
  for (let i = 0; i < scales.length; i++)
    if (scales[i] > 0 && scales[i] < least)
      throw new HalfRangeError(
        `${method}(): a scale of ${scales[i]} or less has few digits in float16, which ends at 2^-24; take scaleDtype: "F32"`,
      );
}

/** The type in which scales, offsets and codebook values are stored. */
export type ScaleType = "F32" | "F16";

/** Bits of a number of each type. */
export const scaleBits = { F32: 32, F16: 16 } as const;

/** Largest |w| that the uniform grids take: 2^126, so that no scale and no s·(q − z) leaves float32. */
export const largestWeight = 2 ** 126;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The stored form of a scale, from its exact value in float64 (≥ 0).
 *  F32: rounded to nearest, but upwards below 2^-126, where float32 has few digits left.
 *  F16: rounded upwards always. So w/s never exceeds the grid by as much as half a step, and a scale is 0 only when it was 0. */
export function roundScale(exact: number, type: ScaleType, method: string): number {
  if (exact === 0) return 0;
  if (type === "F16") return ceilHalf(exact, method);
  return exact < 2 ** -126 ? Math.ceil(exact * 2 ** 149) * 2 ** -149 : Math.fround(exact);
}

function ceilHalf(exact: number, method: string): number {
  if (exact <= 2 ** -14) return Math.ceil(exact * 2 ** 24) * 2 ** -24;
  float[0] = exact;
  const roundedUp = float[0] >= exact ? 0 : 1;
  bits[0] = (bits[0] + roundedUp + 0x1fff) & ~0x1fff;
  if (float[0] > 65_504)
    throw new HalfRangeError(
      `${method}(): a scale of ${exact} is beyond float16, which ends at 65504; take scaleDtype: "F32"`,
    );
  return float[0];
}

/** `value` rounded to the nearest number of `type`, ties to even. */
export function roundTo(type: ScaleType, value: number, method: string): number {
  if (type === "F32") return Math.fround(value);
  const size = Math.abs(value);
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  // log2 may round up to the next whole number just below a power of two
  const ulp = 2 ** (Math.max(-14, size < 2 ** exponent ? exponent - 1 : exponent) - 10);
  const rounded = rint(value / ulp) * ulp;
  if (Math.abs(rounded) > 65_504)
    throw new HalfRangeError(`${method}(): ${value} is beyond float16, which ends at 65504; take the type "F32"`);
  return rounded;
}

const rintMagic = 1.5 * 2 ** 52;

/** Rounds to the nearest whole number, ties to even, as numpy's `rint` and WebAssembly's `nearest`, for |x| < 2^51 (beyond, the
 *  result is within 2^-51·|x|). −0 gives 0. */
export function rint(x: number): number {
  return x + rintMagic - rintMagic;
}
