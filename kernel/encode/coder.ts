import type { Step } from "../tensor/step";
import type { ByteReader, ByteWriter, IntegerArray } from "./container";

/** A lossless coder of integers: `decode` gives back what `encode` took. Pure and synchronous. */
export interface Coder<S extends Step = Step> {
  readonly kind: S["kind"];
  /** The byte that names the coder in the container. */
  readonly id: number;
  /** Writes table and payload of at least one symbol; gives the bits of the payload alone. */
  encode(symbols: IntegerArray, step: S, writer: ByteWriter): number;
  /** Reads `count` ≥ 1 symbols in order and hands them on in pieces; leaves the reader at its end. */
  decode(reader: ByteReader, count: number, range: SymbolRange, emit: (piece: Int32Array) => void): void;
  label(step: S): string;
}

/** The symbols that the type of the array can hold. */
export interface SymbolRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** Symbols that are decoded at a time. */
export const pieceLength = 16_384;

/** Hands on `count` times the same symbol. */
export function emitConstant(symbol: number, count: number, emit: (piece: Int32Array) => void): void {
  const piece = new Int32Array(Math.min(count, pieceLength)).fill(symbol);
  for (let left = count; left > 0; left -= pieceLength) emit(left < piece.length ? piece.subarray(0, left) : piece);
}
