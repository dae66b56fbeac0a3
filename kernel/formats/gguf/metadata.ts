import { decodeUtf8, firstInvalidUtf8 } from "../../bytes/utf8";
import type { GgufCursor } from "./cursor";
import { quote } from "../json-reader";

/** The key–value pairs of a GGUF file. Values become plain JSON values: numbers, booleans, strings and lists of them; a 64-bit
 *  integer past ±2^53 becomes its decimal digits in a string. Lists stay packed until they are looked at (a vocabulary has some
 *  hundred thousand strings), but are checked when the file is opened. */

/** A chat template, the longest string of real files, has under 100 kB. */
export const maxStringBytes = 16 * 1024 * 1024;
/** Specification: keys have at most 2^16 − 1 bytes. */
export const maxKeyBytes = 65_535;
/** The largest vocabularies have some 300,000 tokens. */
export const maxArrayElements = 64 * 1024 * 1024;
/** Real files have under a hundred. */
export const maxKeys = 65_536;

/** Lists of up to this many elements are decoded at once. */
const eagerElements = 64;

interface ValueType {
  readonly name: GgufScalarName;
  readonly bytes: number;
  readonly decode: (view: DataView, at: number) => unknown;
}

/** The number of the type of texts in a GGUF file. */
export const stringType = 8;
/** The number of the type of lists. */
export const arrayType = 9;
const boolType = 7;

/** The names of the number types of a GGUF file. */
export type GgufScalarName =
  "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32" | "bool" | "uint64" | "int64" | "float64";

/** The types of single numbers by their number in a file: a name, a size in bytes, and how one is decoded. A 64-bit integer beyond 2^53 is
 *  decoded as its decimal text. */
export const scalarTypes: ReadonlyMap<number, ValueType> = new Map([
  [0, { name: "uint8", bytes: 1, decode: (view, at) => view.getUint8(at) }],
  [1, { name: "int8", bytes: 1, decode: (view, at) => view.getInt8(at) }],
  [2, { name: "uint16", bytes: 2, decode: (view, at) => view.getUint16(at, true) }],
  [3, { name: "int16", bytes: 2, decode: (view, at) => view.getInt16(at, true) }],
  [4, { name: "uint32", bytes: 4, decode: (view, at) => view.getUint32(at, true) }],
  [5, { name: "int32", bytes: 4, decode: (view, at) => view.getInt32(at, true) }],
  [6, { name: "float32", bytes: 4, decode: (view, at) => view.getFloat32(at, true) }],
  [boolType, { name: "bool", bytes: 1, decode: (view, at) => view.getUint8(at) === 1 }],
  [10, { name: "uint64", bytes: 8, decode: (view, at) => plainInteger(view.getBigUint64(at, true)) }],
  [11, { name: "int64", bytes: 8, decode: (view, at) => plainInteger(view.getBigInt64(at, true)) }],
  [12, { name: "float64", bytes: 8, decode: (view, at) => view.getFloat64(at, true) }],
] satisfies [number, ValueType][]);

function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** How a file stores the value of a key: a scalar's or a string's type, or the element type of a list. */
export interface GgufStoredType {
  readonly type: number;
  readonly isList: boolean;
}

const storedTypes = new WeakMap<object, ReadonlyMap<string, GgufStoredType>>();

/** The types of metadata that came from a GGUF file, keys in the order of the file; `undefined` for any other object. Values alone do
 *  not tell them (1 may be a uint8 or a float32), and a copy of the file needs them. */
export function ggufTypesOf(values: object): ReadonlyMap<string, GgufStoredType> | undefined {
  return storedTypes.get(values);
}

/** Metadata that were a GGUF file's and are read from elsewhere, with the types that they had there. Gives back the same object. */
export function withGgufTypes<Metadata extends object>(
  metadata: Metadata,
  types: ReadonlyMap<string, GgufStoredType>,
): Metadata {
  storedTypes.set(metadata, types);
  return metadata;
}

/** A copy of metadata, of a GGUF file or any other, without some keys and with some texts. Lists stay packed, and types are kept. */
export function changedMetadata(
  metadata: Readonly<Record<string, unknown>>,
  without: readonly string[],
  texts: Readonly<Record<string, string>> = {},
): Readonly<Record<string, unknown>> {
  const copy: Record<string, unknown> = Object.create(null);
  const gone = new Set([...without, ...Object.keys(texts)]);
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(metadata)))
    if (!gone.has(key)) Object.defineProperty(copy, key, property);
  for (const [key, text] of Object.entries(texts)) copy[key] = text;
  const types = ggufTypesOf(metadata);
  if (types) {
    const kept = [...types].filter(([key]) => !gone.has(key));
    const added = Object.keys(texts).map((key) => [key, { type: stringType, isList: false }] as const);
    storedTypes.set(copy, new Map([...kept, ...added]));
  }
  return copy;
}

/** What the key–value pairs of a GGUF file say. */
export interface GgufMetadata {
  readonly values: Readonly<Record<string, unknown>>;
  /** `general.alignment`, 32 when the file gives none. */
  readonly alignment: number;
  /** The file's byte where each key begins. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** The bytes of which every tensor begins at a multiple, where a file does not say. */
export const defaultAlignment = 32;
/** A megabyte: larger than any page, small enough that padding cannot run away. */
export const maxAlignment = 1024 * 1024;

/** Reads `count` key–value pairs at the cursor; lists are decoded when they are first asked for. `FormatError` with the byte for a pair that
 *  breaks a rule of the format. */
export async function readGgufMetadata(cursor: GgufCursor, count: number): Promise<GgufMetadata> {
  const values: Record<string, unknown> = Object.create(null);
  const types = new Map<string, GgufStoredType>();
  const offsets = new Map<string, number>();
  storedTypes.set(values, types);
  let alignment = defaultAlignment;
  for (let i = 0; i < count; i++) {
    const keyAt = cursor.offset;
    const key = await cursor.string(`key ${i}`, maxKeyBytes);
    if (key === "" || key.includes("\0")) cursor.fail(keyAt, `key ${i} is ${quote(key)}`, "a name without NUL");
    if (key === "__proto__") cursor.fail(keyAt, 'a key is "__proto__"', "a name that is safe as a key");
    if (key in values) cursor.fail(keyAt, `the key ${quote(key)} comes twice`, "each key once");
    const typeAt = cursor.offset;
    const type = await cursor.uint32(`the type of ${quote(key)}`);
    const [stored, value] = await readValue(cursor, quote(key), type, typeAt);
    types.set(key, stored);
    offsets.set(key, keyAt);
    if (key === "general.alignment") alignment = checkAlignment(cursor, type, typeAt, value());
    define(values, key, value);
  }
  return { values, alignment, offsets };
}

/** Metadata with whole numbers, or lists of them, changed or added: the other values stay as they are, undecoded lists too, with the
 *  types of their file. */
export function withGgufChanges(
  metadata: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const values = Object.defineProperties(Object.create(null), Object.getOwnPropertyDescriptors(metadata)) as Record<
    string,
    unknown
  >;
  const old = storedTypes.get(metadata);
  if (old) {
    const types = new Map(old);
    storedTypes.set(values, types);
    for (const [key, value] of Object.entries(changes))
      types.set(key, {
        type: Array.isArray(value) ? int32 : (old.get(key)?.type ?? uint32),
        isList: Array.isArray(value),
      });
  }
  for (const [key, value] of Object.entries(changes))
    Object.defineProperty(values, key, { enumerable: true, configurable: true, value });
  return values;
}

/** Types that llama.cpp takes for sizes: of the network, and in lists of one for each block (as gguf-py writes them). */
const uint32 = 4;
const int32 = 5;

/** A property that decodes its list when it is first looked at. */
function define(values: Record<string, unknown>, key: string, value: () => unknown): void {
  let decoded: unknown;
  let isDecoded = false;
  const get = (): unknown => {
    if (!isDecoded) decoded = value();
    isDecoded = true;
    return decoded;
  };
  Object.defineProperty(values, key, { enumerable: true, configurable: true, get });
}

function checkAlignment(cursor: GgufCursor, type: number, typeAt: number, value: unknown): number {
  if (type !== 4) cursor.fail(typeAt, "general.alignment is no uint32", "type 4, uint32");
  const alignment = Number(value);
  const powerOfTwo = alignment >= 8 && alignment <= maxAlignment && Number.isInteger(Math.log2(alignment));
  if (!powerOfTwo)
    cursor.fail(typeAt + 4, `general.alignment is ${alignment}`, `a power of two from 8 to ${maxAlignment}`);
  return alignment;
}

type TypedValue = readonly [stored: GgufStoredType, value: () => unknown];

async function readValue(cursor: GgufCursor, what: string, type: number, typeAt: number): Promise<TypedValue> {
  const stored = { type, isList: false };
  if (type === stringType) {
    const text = await cursor.string(what, maxStringBytes);
    return [stored, () => text];
  }
  if (type === arrayType) return readArray(cursor, what);
  const scalar = scalarTypes.get(type);
  if (!scalar) cursor.fail(typeAt, `the type of ${what} is ${type}`, "0 to 12");
  const bytes = await packedBytes(cursor, scalar, 1, what, type);
  const value = scalar.decode(viewOf(bytes), 0);
  return [stored, () => value];
}

async function readArray(cursor: GgufCursor, what: string): Promise<TypedValue> {
  const typeAt = cursor.offset;
  const type = await cursor.uint32(`the element type of ${what}`);
  if (type === arrayType) cursor.fail(typeAt, `${what} is a list of lists`, "a list of numbers, booleans or strings");
  const scalar = scalarTypes.get(type);
  if (!scalar && type !== stringType)
    cursor.fail(typeAt, `the element type of ${what} is ${type}`, "0 to 8 or 10 to 12");
  const count = await cursor.count(`the number of elements of ${what}`, scalar?.bytes ?? 8, maxArrayElements);
  const decode = scalar
    ? numberList(await packedBytes(cursor, scalar, count, what, type), scalar, count)
    : stringList(await stringPieces(cursor, count, what));
  const stored = { type, isList: true };
  if (count > eagerElements) return [stored, decode];
  const list = decode();
  return [stored, () => list];
}

async function packedBytes(
  cursor: GgufCursor,
  scalar: ValueType,
  count: number,
  what: string,
  type: number,
): Promise<Uint8Array> {
  const start = cursor.offset;
  await cursor.need(count * scalar.bytes, what);
  const bytes = cursor.take(count * scalar.bytes);
  const bad = type === boolType ? bytes.findIndex((byte) => byte > 1) : -1;
  if (bad >= 0) cursor.fail(start + bad, `${what} has the boolean ${bytes[bad]}`, "0 or 1");
  return count > eagerElements ? bytes.slice() : bytes;
}

function numberList(bytes: Uint8Array, scalar: ValueType, count: number): () => unknown[] {
  return () => {
    const view = viewOf(bytes);
    return Array.from({ length: count }, (_, i) => scalar.decode(view, i * scalar.bytes));
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Strings as they lie in the file, in runs: each run is a piece of the file that begins with a length. */
async function stringPieces(cursor: GgufCursor, count: number, what: string): Promise<Uint8Array[]> {
  const runs: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let runBytes = 0;
  const closeRun = (): void => {
    runs.push(Buffer.concat(run));
    run = [];
    runBytes = 0;
  };
  for (let i = 0; i < count; i++) {
    const lengthAt = cursor.offset;
    if (!cursor.holds(8)) await cursor.need(8, `the length of string ${i} of ${what}`);
    const length = cursor.peekUint64();
    const left = cursor.left - 8;
    if (length > maxStringBytes || Number(length) > left)
      cursor.fail(
        lengthAt,
        `string ${i} of ${what} has ${length} bytes`,
        `no more than the ${Math.min(left, maxStringBytes)} bytes that it may have`,
      );
    const size = Number(length);
    if (!cursor.holds(8 + size)) await cursor.need(8 + size, `string ${i} of ${what}`);
    const bytes = cursor.take(8 + size);
    const bad = firstInvalidUtf8(bytes, 8);
    if (bad >= 0) cursor.fail(lengthAt + bad, `string ${i} of ${what} is not UTF-8`, "UTF-8 text");
    run.push(bytes);
    runBytes += 8 + size;
    if (runBytes > 1 << 20) closeRun();
  }
  closeRun();
  return runs;
}

function stringList(runs: readonly Uint8Array[]): () => unknown[] {
  return () => {
    const list: string[] = [];
    for (const run of runs) {
      const view = viewOf(run);
      for (let at = 0; at < run.length;) {
        const end = at + 8 + Number(view.getBigUint64(at, true));
        list.push(decodeUtf8(run, at + 8, end));
        at = end;
      }
    }
    return list;
  };
}
