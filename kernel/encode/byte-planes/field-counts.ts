/** How often each sign, exponent and mantissa occurs among floats of 1 to 8 bytes, least significant byte first:
 *
 *    sign (1 bit) | exponent (e bits) | mantissa (m bits)      1 + e + m = 8·width
 *
 *  A mantissa of at most 10 bits is counted as a whole; a longer one by bytes from the top (F32: bits 22–15, 14–7, 6–0), as 2²³ symbols
 *  are more than a tensor has weights, and the entropy of such a count would say how many weights there are, not how they lie. */
import type { BytesPart } from "./block-layout";

/** Bits of the exponent and of the mantissa. */
export type FloatSplit = readonly [exponentBits: number, mantissaBits: number];

const splits: Readonly<Record<string, FloatSplit>> = {
  F64: [11, 52],
  F32: [8, 23],
  C64: [8, 23],
  F16: [5, 10],
  BF16: [8, 7],
  F8_E4M3: [4, 3],
  F8_E4M3FNUZ: [4, 3],
  F8_E5M2: [5, 2],
  F8_E5M2FNUZ: [5, 2],
};

export function splitOf(dtype: string): FloatSplit | undefined {
  return Object.hasOwn(splits, dtype) ? splits[dtype] : undefined;
}

/** Symbols that are counted together. */
export interface Counts {
  readonly bits: number;
  /** 2^bits numbers. */
  readonly counts: Float64Array;
}

export interface FieldCounts {
  /** "sign", "exponent", "mantissa"; of blocks "d: exponent", "scales". */
  readonly name: string;
  /** The most significant first; one, but for long mantissas. */
  readonly pieces: readonly Counts[];
}

const wholeBits = 10;

/** Bits of the mantissa's pieces, the most significant first. */
function pieceBits(mantissaBits: number): number[] {
  if (mantissaBits <= wholeBits) return [mantissaBits];
  return Array.from({ length: Math.ceil(mantissaBits / 8) }, (_, i) => Math.min(8, mantissaBits - 8 * i));
}

/** Sign, exponent and mantissa of the part's floats in all records. `planes` are the part's own, the least significant first, of the elements
 *  rotated left by one bit where they are wider than a byte: what lies whole in one of them is added up from it, the rest counted. */
export function countFields(
  bytes: Uint8Array,
  part: BytesPart,
  recordBytes: number,
  [exponentBits, mantissaBits]: FloatSplit,
  planes: readonly Counts[],
): FieldCounts[] {
  const { width } = part;
  const piece = (start: number, bits: number): Counts => {
    const at = width === 1 ? start : (start + 1) % (8 * width);
    if ((at & 7) + bits <= 8) return partOf(planes[at >> 3], at & 7, bits);
    return countPiece(bytes, part, recordBytes, start, bits);
  };
  let low = mantissaBits;
  return [
    { name: "sign", pieces: [piece(8 * width - 1, 1)] },
    { name: "exponent", pieces: [piece(mantissaBits, exponentBits)] },
    { name: "mantissa", pieces: pieceBits(mantissaBits).map((bits) => piece((low -= bits), bits)) },
  ];
}

/** The bits from `shift` on of the symbols that `counts` holds. */
function partOf({ counts }: Counts, shift: number, bits: number): Counts {
  const own = new Float64Array(2 ** bits);
  for (let symbol = 0; symbol < counts.length; symbol++) own[(symbol >> shift) & (own.length - 1)] += counts[symbol];
  return { bits, counts: own };
}

/** The bits from `start` on of every element, at most as many as two bytes hold. */
function countPiece(
  bytes: Uint8Array,
  { offset, width, bytes: partBytes }: BytesPart,
  recordBytes: number,
  start: number,
  bits: number,
): Counts {
  const counts = new Float64Array(2 ** bits);
  const mask = counts.length - 1;
  const byte = start >> 3;
  const shift = start & 7;
  for (let record = offset; record < bytes.length; record += recordBytes)
    for (let at = record + byte; at < record + partBytes; at += width)
      counts[((bytes[at] | (bytes[at + 1] << 8)) >> shift) & mask]++;
  return { bits, counts };
}
