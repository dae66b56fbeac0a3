import { OptionError } from "../errors";
import { float32Bits } from "./half-float";

/** Floats of eight bits and fewer, as the OCP specifications define them (8-bit floating point 1.0, microscaling formats 1.0).
 *
 *  | format | sign, exponent, fraction | bias | largest | special |
 *  |--------|--------------------------|------|---------|---------|
 *  | E4M3   | 1, 4, 3                  | 7    | 448     | no infinity; S.1111.111 is NaN |
 *  | E5M2   | 1, 5, 2                  | 15   | 57344   | infinities and NaN as in IEEE 754 |
 *  | E2M1   | 1, 2, 1                  | 1    | 6       | neither infinity nor NaN |
 *  | E8M0   | 0, 8, 0                  | 127  | 2^127   | powers of two; 255 is NaN; no zero, no sign |
 *
 *  Decoding is exact. Encoding takes a float32 (anything wider is rounded to float32 first) and rounds to nearest, ties to the
 *  even pattern. */
interface Layout {
  readonly name: string;
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
  readonly largest: number;
}

const e4m3: Layout = { name: "E4M3", exponentBits: 4, fractionBits: 3, bias: 7, largest: 448 };
const e5m2: Layout = { name: "E5M2", exponentBits: 5, fractionBits: 2, bias: 15, largest: 57344 };
const e2m1: Layout = { name: "E2M1", exponentBits: 2, fractionBits: 1, bias: 1, largest: 6 };

function decodeTable(layout: Layout, special: (magnitude: number) => number | undefined): Float32Array {
  const { exponentBits, fractionBits, bias } = layout;
  const magnitudes = 1 << (exponentBits + fractionBits);
  return Float32Array.from({ length: 2 * magnitudes }, (_, code) => {
    const magnitude = code % magnitudes;
    const exponent = magnitude >> fractionBits;
    const fraction = (magnitude & ((1 << fractionBits) - 1)) / 2 ** fractionBits;
    const finite = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
    const value = special(magnitude) ?? finite;
    return code < magnitudes ? value : -value;
  });
}

/** The value of each of the 256 patterns of E4M3. */
export const e4m3Values: Float32Array = decodeTable(e4m3, (m) => (m === 0x7f ? NaN : undefined));
/** The value of each of the 256 patterns of E5M2. */
export const e5m2Values: Float32Array = decodeTable(e5m2, (m) => (m > 0x7c ? NaN : m === 0x7c ? Infinity : undefined));
/** The value of each of the 16 patterns of E2M1. */
export const e2m1Values: Float32Array = decodeTable(e2m1, () => undefined);
/** The value of each of the 256 patterns of E8M0. */
export const e8m0Values: Float32Array = Float32Array.from({ length: 256 }, (_, code) =>
  code === 255 ? NaN : 2 ** (code - 127),
);

/** What becomes of a number past the largest finite one: "saturate" gives the largest, "overflow" what the format has beyond it
 *  (E4M3: NaN, E5M2: infinity), as torch and ml_dtypes do. Infinity itself saturates too. */
export type Overflow = "saturate" | "overflow";

/** The pattern of E4M3 nearest to `value`, ties to the even pattern. */
export function encodeE4m3(value: number, overflow: Overflow = "saturate"): number {
  return encode(e4m3, value, 0x7f, overflow === "saturate" ? 0x7e : 0x7f);
}

/** The pattern of E5M2 nearest to `value`, ties to the even pattern. */
export function encodeE5m2(value: number, overflow: Overflow = "saturate"): number {
  return encode(e5m2, value, 0x7e, overflow === "saturate" ? 0x7b : 0x7c);
}

/** The pattern of E2M1 nearest to `value`, ties to the even pattern; numbers past 6 saturate. `OptionError` for NaN, which E2M1 cannot hold. */
export function encodeE2m1(value: number): number {
  if (Number.isNaN(value)) throw new OptionError("encodeE2m1(): NaN has no E2M1 pattern");
  return encode(e2m1, value, 0, 7);
}

/** The power of two nearest to `value`; halfway (1.5·2^e) the one with the even pattern. 0 and what lies below 2^-127 give
 *  2^-127, what lies past 2^127 saturates, NaN gives 255. `OptionError` for a negative value. */
export function encodeE8m0(value: number): number {
  if (Number.isNaN(value)) return 255;
  if (value < 0) throw new OptionError(`encodeE8m0(): ${value} is negative, and E8M0 has no sign`);
  const bits = float32Bits(value);
  const exponent = bits >>> 23;
  const fraction = bits & 0x7fffff;
  if (exponent === 0) return fraction > 0x600000 ? 1 : 0; // below 2^-126; halfway to it is 1.5·2^-127, and 0 is even
  const up = fraction > 0x400000 || (fraction === 0x400000 && (exponent & 1) === 1);
  return Math.min(254, exponent + (up ? 1 : 0));
}

function encode(layout: Layout, value: number, nan: number, beyond: number): number {
  const { exponentBits, fractionBits, bias, largest } = layout;
  const bits = float32Bits(value);
  const sign = (bits >>> 31) << (exponentBits + fractionBits);
  const magnitude = Math.abs(Math.fround(value));
  if (Number.isNaN(magnitude)) return sign | nan;
  // The spacing of the format at this magnitude; below the smallest normal number it stays the same.
  const exponent = Math.max((bits >>> 23) & 0xff, 128 - bias) - 127;
  const steps = roundHalfEven(magnitude * 2 ** (fractionBits - exponent));
  if (steps * 2 ** (exponent - fractionBits) > largest) return sign | beyond;
  // `steps` lies in [0, 2^(fractionBits+1)]; the sum carries its top value into the next exponent.
  return sign | (((exponent + bias - 1) << fractionBits) + steps);
}

/** The whole number nearest to x, halves to the even one; exact for 0 ≤ x < 2^52. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
}
