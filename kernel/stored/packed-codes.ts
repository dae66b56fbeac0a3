/** Codes in the bits that they are counted at: code i takes bits [i·b, (i+1)·b), least significant first. A compressed model is held in
 *  memory in this form, so that it takes the room that its report says. */
import { typeOfCodes, type CodeType } from "../grid/arrays";
import type { CodeArray } from "../quantize/quantizer";
import { loops } from "../loops/loops";
import { countSymbols, type CountedSymbols } from "../measure/entropy";

/** An array of which only the number of elements is looked at. */
export interface Sized {
  /** Elements of the array. */
  readonly length: number;
}

/** Codes, each in so many bits. `Place`: as of `StoredTensor`. */
export interface PackedCodes<Place extends Sized = never> {
  readonly bytes: Uint8Array | Place;
  readonly length: number;
  /** Bits of a code in a file. Where that is no whole number (1.625 in TQ1_0) the bytes here have the next one. */
  readonly bits: number;
  /** Which array the codes unpack to. */
  readonly type: CodeType;
  /** The code that stands for symbol 0, 1, 2, … in ascending order: all whole numbers from `first`, or the list. */
  readonly first: number;
  readonly symbols?: readonly number[];
}

export { typeOfCodes, type CodeType };

const arrays = { Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array };

/** An array of that class with `length` zeros. */
export function emptyCodes(type: CodeType, length: number): CodeArray {
  return new arrays[type](length);
}

/** Packs codes of at most 2^bits different values, 1 ≤ bits ≤ 32. They must not change afterwards: see `countsOf`. They unpack to an array of
 *  their own class, unless another `type` is told that holds them too. */
export function packCodes(codes: CodeArray, bits: number, type = typeOfCodes(codes)): PackedCodes {
  return packCodesInto<never>(codes, { bits, type }, (size, pieces) => {
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      if (piece.length === size) return piece;
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  });
}

/** The same where `collect` puts so many bytes, which come in pieces. */
export function packCodesInto<Place extends Sized>(
  codes: CodeArray,
  { bits, type }: { readonly bits: number; readonly type: CodeType },
  collect: (size: number, pieces: Iterable<Uint8Array>) => Uint8Array | Place,
): PackedCodes<Place> {
  const { low, high } = endsOf(codes);
  const width = Math.ceil(bits);
  const size = Math.ceil((codes.length * width) / 8);
  const shared = { length: codes.length, bits, type };
  if (high - low < 2 ** width) return { bytes: collect(size, packed(codes, width, low)), ...shared, first: low };
  // Codes with gaps, such as −1 and +1 at one bit.
  const symbols = countsOf(codes).symbols;
  if (symbols.length > 2 ** width) throw new RangeError(`${symbols.length} different codes do not fit in ${bits} bits`);
  return { bytes: collect(size, packed(codes, width, 0, symbols)), ...shared, first: 0, symbols };
}

/** Codes that are packed at once: whole bytes at every width. */
const codesAtOnce = 2 ** 20;

/** The packed bytes, piece by piece; with `symbols`, of the places that the codes have in them. */
function* packed(codes: CodeArray, width: number, first: number, symbols?: readonly number[]): Generator<Uint8Array> {
  const numberOf = symbols && new Map(symbols.map((symbol, number) => [symbol, number]));
  for (let start = 0; start < codes.length; start += codesAtOnce) {
    const part = codes.subarray(start, start + codesAtOnce);
    yield loops.codes.pack(numberOf ? numbersOf(part, numberOf, width) : part, width, first);
  }
}

function numbersOf(codes: CodeArray, numberOf: ReadonlyMap<number, number>, width: number): Uint8Array | Int32Array {
  const numbers = emptyNumbers(codes.length, width);
  for (let i = 0; i < codes.length; i++) numbers[i] = numberOf.get(codes[i]) ?? 0;
  return numbers;
}

/** For numbers of symbols, of which there are fewer than 2^31. */
function emptyNumbers(length: number, width: number): Uint8Array | Int32Array {
  return width <= 8 ? new Uint8Array(length) : new Int32Array(length);
}

function endsOf(codes: CodeArray): { low: number; high: number } {
  if (codes.BYTES_PER_ELEMENT === 1) {
    const { symbols } = countsOf(codes);
    return symbols.length === 0 ? { low: 0, high: 0 } : { low: symbols[0], high: symbols[symbols.length - 1] };
  }
  return loops.codes.range(codes);
}

const counted = new WeakMap<CodeArray, CountedSymbols>();

/** How often each code of an array occurs that nobody changes: a layer's codes are counted once, for their entropy and for their packing. */
export function countsOf(codes: CodeArray): CountedSymbols {
  const known = counted.get(codes) ?? countSymbols(codes);
  counted.set(codes, known);
  return known;
}

/** The codes again, equal to what was packed. */
export function unpackCodes(packed: PackedCodes): CodeArray {
  const { bytes, length, bits, type, first, symbols } = packed;
  const codes = emptyCodes(type, length);
  const width = Math.ceil(bits);
  if (!symbols) {
    loops.codes.unpack(bytes, width, first, codes);
    return codes;
  }
  const numbers = emptyNumbers(length, width);
  loops.codes.unpack(bytes, width, 0, numbers);
  for (let i = 0; i < length; i++) codes[i] = symbols[numbers[i]];
  return codes;
}

/** One bit for each element, 1 where `keep` is not 0. */
export function packMask(keep: Uint8Array): Uint8Array {
  return loops.pruning.pack(keep);
}

/** The `length` bytes, each 0 or 1, that `packMask` packed. */
export function unpackMask(bytes: Uint8Array, length: number): Uint8Array {
  const keep = new Uint8Array(length);
  for (let i = 0; i < length; i++) keep[i] = (bytes[i >> 3] >> (i & 7)) & 1;
  return keep;
}
