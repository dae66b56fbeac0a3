import { OptionError } from "../errors";
import type { CountedSymbols } from "../measure/entropy";
import { nearestOrAll } from "../options";
import type { Step } from "../tensor/step";
import type { ByteSource } from "./byte-source";
import type { ArrayType, ByteReader, ByteWriter, IntegerArray } from "./container/container";

/** A form in which integers are stored: `decode` gives back what `encode` took. Pure and synchronous. */
export interface SymbolForm<S extends Step = Step> {
  /** The byte that names the form in the container; no other form has it. */
  readonly id: number;
  /** Writes table and payload of at least one symbol, which occur as often as `counted` says; returns the bits of the payload alone. */
  encode(symbols: IntegerArray, step: S, writer: ByteWriter, counted: CountedSymbols): number;
  /** Reads `count` ≥ 1 symbols in order into the array that `create` makes of that length, which is called when the bytes are seen to hold
   *  them; leaves the reader at its end. */
  decode(reader: ByteReader, count: number, range: SymbolRange, create: () => IntegerArray): void;
}

/** A form in which the bytes of any array are stored. */
export interface ByteForm<S extends Step = Step> {
  /** The byte that names the form in the container; no other form has it. */
  readonly id: number;
  /** Writes the little-endian bytes of the elements of an array of that type, at least one; returns the bits of the payload alone. */
  encodeBytes(source: ByteSource, type: ArrayType, step: S, writer: ByteWriter, options: ByteOptions): number;
  /** Reads `length` bytes into the array that `create` makes, which is called when the stored bytes are seen to hold them; leaves the
   *  reader at its end. */
  decodeBytes(reader: ByteReader, length: number, create: () => Uint8Array, options: ByteOptions): void;
}

/** A form of either sort. */
export type Form<S extends Step = Step> = SymbolForm<S> | ByteForm<S>;

/** A lossless coder: the kind of its steps, and the forms in which it stores. */
export interface Coder<S extends Step = Step> {
  /** The kind of its steps: "huffman". */
  readonly kind: S["kind"];
  /** All of its forms, that with the lowest number first. */
  readonly forms: readonly Form<S>[];
  /** The form in which a step stores so many symbols. */
  formFor(step: S, count: number): Form<S>;
  /** "huffman", "rans 4 classes": what reports call the step. */
  label(step: S): string;
  /** Of a coder that takes the bytes of floats as they are: its step for floats of that dtype. Other coders get them plane by plane. */
  floatStep?(step: S, dtype: string): Step;
}

/** A coder that calls no other and so may code a byte plane. Each that a file of this room exports has its row in the table of coders; `planes`
 *  and `delta`, which call those of the table, are no `SymbolCoder`s. */
export type SymbolCoder<S extends Step = Step> = Coder<S>;

/** What a coder of bytes may need beside them. */
export interface ByteOptions {
  /** The bytes of the base, as many as those that are coded. */
  readonly base?: Uint8Array | undefined;
}

/** The symbols that the type of the array can hold. */
export interface SymbolRange {
  /** The least of them. */
  readonly minimum: number;
  /** The greatest of them. */
  readonly maximum: number;
}

/** How many symbols are worked on at a time. */
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

/** The coder of a step among `coders`; throws `OptionError` when its kind is none of theirs. */
export function coderIn(coders: readonly Coder[], step: Step): Coder {
  const found = coders.find(({ kind }) => kind === step.kind);
  if (found) return found;
  const kinds = coders.map(({ kind }) => kind);
  throw new OptionError(
    `encode(): "${String(step.kind)}" is no lossless coder; ${nearestOrAll(String(step.kind), kinds)}`,
  );
}

/** A form and the coder that stores in it. */
export interface FormOfCoder {
  /** The coder that stores in it. */
  readonly coder: Coder;
  /** One of the coder's forms. */
  readonly form: Form;
}

/** All forms of `coders` by the byte that names them, ascending. */
export function formsOf(coders: readonly Coder[]): ReadonlyMap<number, FormOfCoder> {
  const all = coders.flatMap((coder) => coder.forms.map((form) => ({ coder, form })));
  return new Map(all.sort((a, b) => a.form.id - b.form.id).map((one) => [one.form.id, one]));
}
