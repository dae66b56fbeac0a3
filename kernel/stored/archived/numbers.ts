/** Whole numbers and floats of a stored tensor as bytes of a file: tables, codes, values. */
import { planes, rans } from "../../encode";
import { decodeValues } from "../../formats/values";
import { bitsFor } from "../../measure/bit-arithmetic";
import type { CodeArray, Table } from "../../quantize/quantizer";
import { loops } from "../../loops/loops";
import { packCodes, unpackCodes, type CodeType, type PackedCodes } from "../packed-codes";
import { archivedFloats, bytesOfFloat, narrowFloats, type ArchivedFloat } from "./float-type";
import type { PartEntry, PartReader, PartWriter } from "./parts";

/** Floats in a file, of the type that holds them to the last bit. */
export interface FloatsEntry {
  readonly type: ArchivedFloat;
  readonly length: number;
  readonly part: PartEntry;
}

/** Codes in a file, packed as in memory; where they take no whole number of bits (1.625), `perByte` digits of base `symbols.length` a byte. */
export interface PackedEntry extends Omit<PackedCodes, "bytes"> {
  readonly perByte?: number;
  readonly part: PartEntry;
}

/** A table of a quantizer in a file. */
export interface TableEntry extends Omit<Table, "data"> {
  readonly data: FloatsEntry | PackedEntry | { readonly words: number; readonly part: PartEntry };
}

const codeTypes: readonly string[] = ["Uint8Array", "Int8Array", "Uint16Array", "Int16Array", "Int32Array"];

/** Writes floats; with `isShort` coded by their byte planes where that is less. */
export function writeFloats(writer: PartWriter, values: Float32Array, isShort: boolean): FloatsEntry {
  const { type, bytes } = narrowFloats(values);
  return { type, length: values.length, part: writer.add(bytes, isShort ? [planes({ type }), rans()] : []) };
}

/** As many floats as `length` says. */
export function readFloats(reader: PartReader, entry: unknown, length: number): Float32Array {
  const { type, length: own, part } = Object(entry) as Partial<FloatsEntry>;
  if (type === undefined || !archivedFloats.includes(type))
    return reader.fail(`floats of type ${JSON.stringify(type) ?? "none"}`, archivedFloats.join(", "));
  if (own !== length) return reader.fail(`${String(own)} floats`, String(length));
  const bytes = reader.take(part, length * bytesOfFloat(type));
  const values = new Float32Array(length);
  decodeValues(bytes, type, values);
  return values;
}

/** Writes codes in the bits that they are counted at; with `isShort` coded where that is less. */
export function writePacked(writer: PartWriter, { bytes, ...packed }: PackedCodes, isShort = false): PackedEntry {
  const perByte = digitsPerByte(packed);
  if (perByte === undefined) return { ...packed, part: writer.add(bytes, isShort ? [rans()] : []) };
  const { symbols, first } = packed;
  const codes = unpackCodes({ bytes, ...packed });
  const base = radixOf(packed);
  const number = (code: number): number => (symbols ? symbols.indexOf(code) : code - first);
  const digits = new Uint8Array(Math.ceil(codes.length / perByte));
  for (let i = codes.length - 1; i >= 0; i--) {
    const at = Math.floor(i / perByte);
    digits[at] = digits[at] * base + number(codes[i]);
  }
  return { ...packed, perByte, part: writer.add(digits, isShort ? [rans()] : []) };
}

/** The codes again, as many as `length` says. */
export function readPacked(reader: PartReader, entry: unknown, length: number): PackedCodes {
  const { bits, length: own, type, first, symbols, perByte, part } = Object(entry) as Partial<PackedEntry>;
  if (own !== length) return reader.fail(`${String(own)} codes`, String(length));
  if (typeof bits !== "number" || !(bits > 0 && bits <= 32))
    return reader.fail(`codes of ${String(bits)} bits`, "1 to 32");
  if (typeof type !== "string" || !codeTypes.includes(type))
    return reader.fail(`codes of type ${JSON.stringify(type) ?? "none"}`, codeTypes.join(", "));
  const width = Math.ceil(bits);
  if (typeof first !== "number" || !Number.isSafeInteger(first))
    return reader.fail("codes have no first one", "a number");
  if (symbols !== undefined && !isList(symbols, 2 ** Math.min(width, 16)))
    return reader.fail("the list of symbols is none", `whole numbers, at most ${2 ** Math.min(width, 16)}`);
  const packed = { length, bits, type: type as CodeType, first, ...(symbols && { symbols }) };
  if (perByte === undefined) return { bytes: reader.take(part, Math.ceil((length * width) / 8)), ...packed };
  if (perByte !== digitsPerByte(packed))
    return reader.fail(`${perByte} codes in a byte`, String(digitsPerByte(packed)));
  const base = radixOf(packed);
  const digits = reader.take(part, Math.ceil(length / perByte));
  const numbers = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const at = Math.floor(i / perByte);
    numbers[i] = digits[at] % base;
    digits[at] = Math.floor(digits[at] / base);
  }
  return { bytes: loops.codes.pack(numbers, width, 0), ...packed };
}

function isList(symbols: unknown, most: number): symbols is readonly number[] {
  return Array.isArray(symbols) && symbols.length <= most && symbols.every((one) => Number.isSafeInteger(one));
}

/** Symbols that codes of a fraction of bits are of: the most that take no more bits. */
function radixOf({ bits }: Pick<PackedCodes, "bits">): number {
  return Math.floor(2 ** bits);
}

/** Codes that a byte holds, where they take a fraction of bits each: 5 of 1.625 bits, as digits of base 3. */
function digitsPerByte({ bits }: Pick<PackedCodes, "bits">): number | undefined {
  if (Number.isInteger(bits) || bits > 4) return undefined;
  const perByte = Math.floor(8 / Math.log2(radixOf({ bits })));
  return 8 / perByte <= bits ? perByte : undefined;
}

/** Writes a table: floats as their narrowest type, whole numbers in the bits of an entry. */
export function writeTable(writer: PartWriter, { data, name, shape, bitsPerEntry }: Table): TableEntry {
  const about = { name, shape, bitsPerEntry };
  if (data instanceof Float32Array) return { ...about, data: writeFloats(writer, data, true) };
  if (data instanceof Uint32Array) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { ...about, data: { words: data.length, part: writer.add(bytes, [rans()]) } };
  }
  return { ...about, data: writePacked(writer, packTable(data, bitsPerEntry), true) };
}

/** In the bits of an entry where they fit, else in those that they take. */
function packTable(data: CodeArray, bitsPerEntry: number): PackedCodes {
  const distinct = new Set<number>(data).size;
  return packCodes(data, Math.max(1, Math.ceil(bitsPerEntry), bitsFor(distinct)));
}

/** The table again, of at most so many entries. */
export function readTable(reader: PartReader, entry: unknown, most: number): Table {
  const { name, shape, bitsPerEntry, data } = Object(entry) as Partial<TableEntry>;
  if (typeof name !== "string" || typeof bitsPerEntry !== "number" || !isList(shape, 64))
    return reader.fail("a table has no name, shape or bits", "all three");
  const { length, words } = Object(data) as { length?: unknown; words?: unknown };
  const entries = typeof words === "number" ? words : length;
  if (typeof entries !== "number" || !Number.isSafeInteger(entries) || entries < 0 || entries > most)
    return reader.fail(`the table "${name}" has ${String(entries)} entries`, `at most ${most}`);
  const about = { name, shape: [...shape], bitsPerEntry };
  if (words !== undefined) {
    const bytes = reader.take((data as { part: unknown }).part, 4 * entries);
    return { ...about, data: new Uint32Array(bytes.buffer) };
  }
  if (archivedFloats.includes((data as FloatsEntry).type)) return { ...about, data: readFloats(reader, data, entries) };
  return { ...about, data: unpackCodes(readPacked(reader, data, entries)) };
}
