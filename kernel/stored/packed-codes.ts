/** Codes in the bits that they are counted at: code i takes bits [i·b, (i+1)·b), least significant first. A compressed model is held in
 *  memory in this form, so that it takes the room that its report says. */
import type { CodeArray } from "../quantize/quantizer";
import { packBits, unpackBits } from "../simd/measures";
import { countSymbolsFast } from "../loops/measures";

export interface PackedCodes {
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Bits of a code in a file. Where that is no whole number (1.625 in TQ1_0) the bytes here have the next one. */
  readonly bits: number;
  /** Which array the codes unpack to. */
  readonly type: CodeType;
  /** The code that stands for symbol 0, 1, 2, … in ascending order: all whole numbers from `first`, or the list. */
  readonly first: number;
  readonly symbols?: readonly number[];
}

const arrays = { Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array };
/** The class of an array of codes. */
export type CodeType = keyof typeof arrays;

/** The class of `codes`. */
export function typeOfCodes(codes: CodeArray): CodeType {
  return codes.constructor.name as CodeType;
}

/** An array of that class with `length` zeros. */
export function emptyCodes(type: CodeType, length: number): CodeArray {
  return new arrays[type](length);
}

/** Packs codes of at most 2^bits different values, 1 ≤ bits ≤ 32. */
export function packCodes(codes: CodeArray, bits: number): PackedCodes {
  const { low, high } = endsOf(codes);
  const type = typeOfCodes(codes);
  const width = Math.ceil(bits);
  const bytes = new Uint8Array(Math.ceil((codes.length * width) / 8));
  const shared = { bytes, length: codes.length, bits, type };
  if (high - low < 2 ** width) {
    if (isBytes(codes) && width <= 8) packBits(codes, width, low, bytes);
    else writeBits(bytes, width, codes.length, (i) => codes[i] - low);
    return { ...shared, first: low };
  }
  // Codes with gaps, such as −1 and +1 at one bit.
  const symbols = [...new Set<number>(codes)].sort((a, b) => a - b);
  if (symbols.length > 2 ** width) throw new RangeError(`${symbols.length} different codes do not fit in ${bits} bits`);
  const numbers = new Map(symbols.map((symbol, number) => [symbol, number]));
  writeBits(bytes, width, codes.length, (i) => numbers.get(codes[i]) ?? 0);
  return { ...shared, first: 0, symbols };
}

function isBytes(codes: CodeArray): codes is Uint8Array | Int8Array {
  return codes.BYTES_PER_ELEMENT === 1;
}

function endsOf(codes: CodeArray): { low: number; high: number } {
  if (isBytes(codes)) {
    const { symbols } = countSymbolsFast(codes);
    return symbols.length === 0 ? { low: 0, high: 0 } : { low: symbols[0], high: symbols[symbols.length - 1] };
  }
  let low = codes.length === 0 ? 0 : codes[0];
  let high = low;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] < low) low = codes[i];
    else if (codes[i] > high) high = codes[i];
  }
  return { low, high };
}

/** The codes again, equal to what was packed. */
export function unpackCodes(packed: PackedCodes): CodeArray {
  const { bytes, length, bits, type, first, symbols } = packed;
  const codes = emptyCodes(type, length);
  if (isBytes(codes) && !symbols && bits <= 8) {
    unpackBits(bytes, Math.ceil(bits), first, codes);
    return codes;
  }
  readBits(bytes, Math.ceil(bits), length, (i, number) => (codes[i] = symbols ? symbols[number] : number + first));
  return codes;
}

function writeBits(bytes: Uint8Array, bits: number, length: number, numberAt: (i: number) => number): void {
  let held = 0;
  let heldBits = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    let number = numberAt(i);
    // Byte by byte, so that nothing passes 32 bits.
    for (let left = bits; left > 0; left -= 8) {
      const some = Math.min(8, left);
      held |= (number % 256) << heldBits;
      heldBits += some;
      number = Math.floor(number / 256);
      if (heldBits >= 8) {
        bytes[at++] = held;
        held >>>= 8;
        heldBits -= 8;
      }
    }
  }
  if (heldBits > 0) bytes[at] = held;
}

function readBits(bytes: Uint8Array, bits: number, length: number, put: (i: number, number: number) => void): void {
  let held = 0;
  let heldBits = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    let number = 0;
    for (let done = 0; done < bits; done += 8) {
      const some = Math.min(8, bits - done);
      if (heldBits < some) {
        held |= bytes[at++] << heldBits;
        heldBits += 8;
      }
      number += (held & ((1 << some) - 1)) * 2 ** done;
      held >>>= some;
      heldBits -= some;
    }
    put(i, number);
  }
}

/** One bit for each element, 1 where `keep` is not 0. */
export function packMask(keep: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(keep.length / 8));
  for (let i = 0; i < keep.length; i++) if (keep[i] !== 0) bytes[i >> 3] |= 1 << (i & 7);
  return bytes;
}

/** The `length` bytes, each 0 or 1, that `packMask` packed. */
export function unpackMask(bytes: Uint8Array, length: number): Uint8Array {
  const keep = new Uint8Array(length);
  for (let i = 0; i < length; i++) keep[i] = (bytes[i >> 3] >> (i & 7)) & 1;
  return keep;
}
