import { isWellFormed } from "../../bytes/utf8";
import { OptionError } from "../../errors";
import { checkChoice } from "../../options";
import { ggufTypesOf, arrayType, scalarTypes, stringType } from "./metadata";
import type { GgufScalarName } from "./metadata";

/** The key–value pairs of a GGUF file, written. Layout: ggml, docs/gguf.md. */

/** The types of a metadata value by GGUF's names; of an array, those of its entries. */
export type GgufTypeName = GgufScalarName | "string";

/** A value with the type that it is stored as; made by `ggufValue`. */
export class GgufValue {
  constructor(
    /** Of a list, the type of its entries. */
    readonly type: GgufTypeName,
    /** Of a list, the list. 64-bit integers past ±2^53 are given as `bigint`, or as their decimal digits. */
    readonly value: unknown,
  ) {}
}

/** A value of GGUF metadata with its type: `ggufValue("float32", 10000)`, `ggufValue("uint8", [1, 2, 3])` for a list. Throws
 *  `OptionError` for a type that GGUF does not have; whether the value fits is checked when it is written. */
export function ggufValue(type: GgufTypeName, value: unknown): GgufValue {
  return new GgufValue(checkChoice("ggufValue", "type", type, typeNames), value);
}

/** Metadata to be written. Plain values get the type that gguf-py gives them in lists, and that llama.cpp expects of scalars: text a
 *  string, true and false a bool, numbers that llama.cpp reads as floats ("llama.rope.freq_base") float32, whole numbers uint32 (negative: int32; in lists int32 always; beyond: 64 bits), others float32.
 *  `ggufValue` names another. `undefined` leaves a key out. */
export type GgufMetadataInput = Readonly<Record<string, unknown>>;

const ids = new Map<GgufTypeName, number>([
  ...[...scalarTypes].map(([id, { name }]) => [name, id] as const),
  ["string", stringType],
]);
const typeNames: readonly GgufTypeName[] = [...ids.keys()];
const nameOfId = new Map([...ids].map(([name, id]) => [id, name]));

/** Metadata with their types, in the order in which they are written. */
export type GgufPairs = ReadonlyMap<string, GgufValue>;

/** The pairs of `metadata`, with the types of the file where it came from a GGUF file, then `changes`: a key that is there already
 *  keeps its place, new ones come last, and `undefined` takes one out. */
export function ggufPairs(metadata: Readonly<Record<string, unknown>>, changes: GgufMetadataInput): GgufPairs {
  const types = ggufTypesOf(metadata);
  const pairs = new Map<string, GgufValue>();
  for (const key of types?.keys() ?? Object.keys(metadata)) {
    const type = nameOfId.get(types?.get(key)?.type ?? -1);
    const value = metadata[key];
    if (value !== undefined) pairs.set(key, type ? new GgufValue(type, value) : typed(key, value));
  }
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) pairs.delete(key);
    else pairs.set(key, retyped(key, value, pairs.get(key)));
  }
  return pairs;
}

/** A value in place of another: a plain number keeps the type that was there. */
function retyped(key: string, value: unknown, before: GgufValue | undefined): GgufValue {
  if (value instanceof GgufValue || before === undefined || Array.isArray(value) !== Array.isArray(before.value))
    return typed(key, value);
  const isNumeric = before.type !== "string" && before.type !== "bool";
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return isNumeric && list.every((one) => typeof one === "number")
    ? new GgufValue(before.type, value)
    : typed(key, value);
}

/** Ends of keys that llama.cpp reads as float32, and as nothing else. Source: llama.cpp, src/llama-model.cpp. */
const floatKeys =
  /\.(rope\.(freq_base(_swa)?|scale_linear|scaling\.(factor|attn_factor|yarn_\w+))|(layer_norm|layer_norm_rms|group_norm)_epsilon|(logit|residual|embedding|attention)_?\.?scale|\w+_logit_softcapping|clamp_kqv|max_alibi_bias|expert_weights_scale)$/;

function typed(key: string, value: unknown): GgufValue {
  if (value instanceof GgufValue) return value;
  if (Array.isArray(value)) return new GgufValue(elementType(key, value), value);
  if (typeof value === "number" && floatKeys.test(key)) return new GgufValue("float32", value);
  const type = scalarType(value, "uint32");
  if (type) return new GgufValue(type, value);
  return refuse(
    key,
    `is ${describe(value)}`,
    "a string, a number, a boolean, a list of them, or ggufValue(type, value)",
  );
}

/** Whether GGUF can hold a plain value: texts, numbers, booleans, and lists of one of these. */
export function canBeWritten(key: string, value: unknown): boolean {
  try {
    encodePair(key, typed(key, value));
    return true;
  } catch {
    return false;
  }
}

function elementType(key: string, list: readonly unknown[]): GgufTypeName {
  const types = new Set(list.map((value) => scalarType(value, "int32")));
  // A list of numbers takes the widest type that one of them needs.
  for (const type of ["float32", "int64", "uint64"] as const)
    if (types.has(type) && list.every((value) => typeof value === "number" || typeof value === "bigint")) return type;
  const [type] = types;
  if (types.size === 1 && type) return type;
  return refuse(
    key,
    `is a list of ${list.length === 0 ? "nothing" : "different things"}`,
    "a list of one type, which ggufValue(type, list) names",
  );
}

function scalarType(value: unknown, whole: "uint32" | "int32"): GgufTypeName | undefined {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  if (typeof value === "number" && !Number.isSafeInteger(value)) return "float32";
  if (whole === "uint32" && value >= 0 && value < 2 ** 32) return "uint32";
  if (value >= -(2 ** 31) && value < 2 ** 31) return "int32";
  return value >= 2 ** 63 ? "uint64" : "int64";
}

function describe(value: unknown): string {
  return typeof value === "bigint" ? `${value}` : (JSON.stringify(value)?.slice(0, 60) ?? String(value));
}

function refuse(key: string, problem: string, expected: string): never {
  throw new OptionError(`saveGguf(): the value of ${JSON.stringify(key)} ${problem}; it takes ${expected}`);
}

/** Bytes of one pair: the key, the type, the value. */
export function encodePair(key: string, { type, value }: GgufValue): Uint8Array[] {
  if (key === "" || key === "__proto__" || key.includes("\0") || !isWellFormed(key) || Buffer.byteLength(key) > 65_535)
    throw new OptionError(`saveGguf(): ${JSON.stringify(key.slice(0, 80))} cannot be a key`);
  const id = ids.get(type) ?? stringType;
  if (!Array.isArray(value)) return [encodeText(key), uint32(id), ...encodeValues(key, type, [value])];
  const count = Buffer.alloc(8);
  count.writeBigUInt64LE(BigInt(value.length));
  return [encodeText(key), uint32(arrayType), uint32(id), count, ...encodeValues(key, type, value)];
}

function encodeValues(key: string, type: GgufTypeName, values: readonly unknown[]): Uint8Array[] {
  if (type === "string") {
    const texts = values.map((value) => {
      if (typeof value === "string" && isWellFormed(value)) return value;
      return refuse(key, `is ${describe(value)}`, "well-formed text");
    });
    return [encodeTexts(texts)];
  }
  const size = [...scalarTypes.values()].find(({ name }) => name === type)?.bytes ?? 0;
  const bytes = Buffer.alloc(size * values.length);
  if (type === "bool" || type === "float32" || type === "float64")
    values.forEach((value, i) => writeScalar(bytes, i * size, key, type, value));
  else writeIntegers(bytes, size, key, type, values);
  return [bytes];
}

function writeScalar(bytes: Buffer, at: number, key: string, type: "bool" | "float32" | "float64", value: unknown) {
  if (type === "bool") {
    if (typeof value !== "boolean") refuse(key, `is ${describe(value)}`, "true or false");
    bytes[at] = value ? 1 : 0;
    return;
  }
  if (typeof value !== "number") refuse(key, `is ${describe(value)}`, `a ${type}`);
  if (type === "float32") bytes.writeFloatLE(value, at);
  else bytes.writeDoubleLE(value, at);
}

type IntegerType = Exclude<GgufTypeName, "string" | "bool" | "float32" | "float64">;

/** The least and the greatest number of each type. */
const integerRanges: Readonly<Record<IntegerType, readonly [low: bigint, high: bigint]>> = {
  uint8: [0n, 0xffn],
  int8: [-0x80n, 0x7fn],
  uint16: [0n, 0xffffn],
  int16: [-0x8000n, 0x7fffn],
  uint32: [0n, 0xffffffffn],
  int32: [-0x80000000n, 0x7fffffffn],
  uint64: [0n, 2n ** 64n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** A tokenizer has a number for each of its tokens: those of up to 32 bits are written without a bigint. */
function writeIntegers(bytes: Buffer, size: number, key: string, type: IntegerType, values: readonly unknown[]): void {
  const [low, high] = integerRanges[type];
  const [least, greatest] = [Number(low), Number(high)];
  values.forEach((value, i) => {
    const at = i * size;
    if (size < 8 && typeof value === "number" && Number.isInteger(value) && value >= least && value <= greatest) {
      if (least < 0) bytes.writeIntLE(value, at, size);
      else bytes.writeUIntLE(value, at, size);
      return;
    }
    const integer = integerOf(value);
    if (integer === undefined || integer < low || integer > high)
      refuse(key, `is ${describe(value)}`, `a ${type}, from ${low} to ${high}`);
    if (size === 8) bytes.writeBigUInt64LE(BigInt.asUintN(64, integer), at);
    else if (least < 0) bytes.writeIntLE(Number(integer), at, size);
    else bytes.writeUIntLE(Number(integer), at, size);
  });
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

/** Text with its length in UTF-8 bytes, 64 bits, in front. */
export function encodeText(text: string): Uint8Array {
  return encodeTexts([text]);
}

/** Texts one after the other, such as a tokenizer's tokens, in one array. */
function encodeTexts(texts: readonly string[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + 8 + Buffer.byteLength(text), 0));
  let at = 0;
  for (const text of texts) {
    const size = bytes.write(text, at + 8);
    bytes.writeUInt32LE(size, at);
    bytes.writeUInt32LE(0, at + 4);
    at += 8 + size;
  }
  return bytes;
}

/** The 4 bytes of an unsigned integer, little-endian. */
export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
