import type { CountedSymbols } from "../measure/entropy";
import type { Step } from "../tensor/step";
import type { ArrayType, ByteReader, ByteWriter, IntegerArray } from "./container/container";

/** A lossless coder of integers: `decode` gives back what `encode` took. Pure and synchronous. */
export interface Coder<S extends Step = Step> {
  readonly kind: S["kind"];
  /** The byte that names the coder in the container. */
  readonly id: number;
  /** Writes table and payload of at least one symbol, which occur as often as `counted` says; gives the bits of the payload alone. */
  encode(symbols: IntegerArray, step: S, writer: ByteWriter, counted: CountedSymbols): number;
  /** Reads `count` ≥ 1 symbols in order into the array that `create` makes of that length, which is called when the bytes are seen to hold
   *  them; leaves the reader at its end. */
  decode(reader: ByteReader, count: number, range: SymbolRange, create: () => IntegerArray): void;
  label(step: S): string;
}

/** A lossless coder of the bytes of any array. */
export interface ByteCoder<S extends Step = Step> {
  readonly kind: S["kind"];
  readonly id: number;
  /** Writes the little-endian bytes of the elements of an array of that type, at least one; gives the bits of the payload alone. */
  encodeBytes(bytes: Uint8Array, type: ArrayType, step: S, writer: ByteWriter, options: ByteOptions): number;
  /** Reads `length` bytes into the array that `create` makes, which is called when the stored bytes are seen to hold them; leaves the
   *  reader at its end. */
  decodeBytes(reader: ByteReader, length: number, create: () => Uint8Array, options: ByteOptions): void;
  label(step: S): string;
  /** Of a coder that takes the bytes of floats as they are: its step for floats of that dtype. Other coders get them plane by plane. */
  floatStep?(step: S, dtype: string): Step;
}

export interface ByteOptions {
  /** The bytes of the base, as many as those that are coded. */
  readonly base?: Uint8Array | undefined;
}

/** The symbols that the type of the array can hold. */
export interface SymbolRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** Symbols that are worked on at a time. */
export const pieceLength = 16_384;

/** out[from + i] = symbols[places[i]] for the first `size` places. Written as unsigned numbers of the array's width, so that the loops see
 *  few types of arrays. */
export function placeSymbols(
  symbols: ArrayLike<number>,
  places: Uint8Array | Uint16Array,
  size: number,
  out: IntegerArray,
  from: number,
): void {
  const { buffer, byteOffset, length } = out;
  if (out.BYTES_PER_ELEMENT === 1) {
    const table = Uint8Array.from(symbols);
    const bytes = new Uint8Array(buffer, byteOffset, length);
    for (let i = 0; i < size; i++) bytes[from + i] = table[places[i]];
  } else if (out.BYTES_PER_ELEMENT === 2) {
    const table = Uint16Array.from(symbols);
    const halves = new Uint16Array(buffer, byteOffset, length);
    for (let i = 0; i < size; i++) halves[from + i] = table[places[i]];
  } else {
    const table = Int32Array.from(symbols);
    for (let i = 0; i < size; i++) out[from + i] = table[places[i]];
  }
}
