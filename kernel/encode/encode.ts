/** Lossless coding of arrays and text, for teaching, for tests and for `compress()`. */
import type { SpilledArray, SpillFile } from "../bytes/spill-file";
import { OptionError } from "../errors";
import { countSymbols, entropyOfCounts } from "../measure/entropy";
import { checkNumber, checkOptionNames } from "../options";
import type { Step, StepOf } from "../tensor/step";
import { layoutCodeOf, layoutOf } from "./byte-planes/block-layout";
import { sourceOfBytes, type ByteSource } from "./byte-source";
import { coderIn, formsOf, type Coder } from "./coder";
import { symbolCoders, type CodedStep } from "./coders";
import {
  arrayTypes,
  ByteReader,
  ByteWriter,
  magic,
  type ArrayType,
  type FloatArray,
  type IntegerArray,
} from "./container/container";
import { deltaCoder, planesCoder, splitIntoPlanes } from "./planes";

/** All coders, that with the lowest number of a form first. */
const table: readonly Coder[] = [...symbolCoders, planesCoder, deltaCoder].sort(
  (a, b) => a.forms[0].id - b.forms[0].id,
);

/** Every form in which coders store, by the byte that names it. */
const stored = formsOf(table);

/** Every lossless coder by its `kind`. */
export const coders: ReadonlyMap<string, Coder> = new Map(table.map((coder) => [coder.kind, coder]));

/** A step of any lossless coder; its `kind` tells of which. */
export type EncodeStep = CodedStep | StepOf<typeof planesCoder | typeof deltaCoder>;

/** The coder of a step; throws `OptionError` when its kind is none. */
export function coderOf(step: Step): Coder {
  return coderIn(table, step);
}

/** An array after lossless coding. */
export interface Encoded {
  /** The step that coded it. */
  readonly step: Step;
  /** "huffman". */
  readonly label: string;
  /** Everything that `decode` needs: header, table, payload, checksum. */
  readonly bytes: Uint8Array;
  /** How many symbols were coded: elements, or UTF-16 units of a string. */
  readonly symbols: number;
  /** 8 × the number of bytes. */
  readonly bits: number;
  /** Bits of the symbols' codes alone, without header, table, padding and checksum. */
  readonly payloadBits: number;
  /** bits / symbols; 0 for no symbols. */
  readonly bitsPerSymbol: number;
  /** Order-0 entropy of the symbols in bits per symbol: what no coder of single symbols beats. Of floats, the sum over their byte planes. */
  readonly entropyBits: number;
}

/** Options of `encode()`. */
export interface EncodeOptions {
  /** For `delta()`, which needs it: an array of as many bytes. */
  readonly base?: IntegerArray | FloatArray;
}

/** Options of `decode()`. */
export interface DecodeOptions extends EncodeOptions {
  /** What errors call the bytes; default "encoded data". */
  readonly name?: string;
  /** Symbols that the bytes may give out, 0 to 2^32; unless told, as many as the result of `encode` says, or, of bytes
   *  alone, 2^22 and 64 for each byte. */
  readonly maximumSymbols?: number;
}

/** Symbols that `decode` gives out at most unless told: what a few foreign bytes may ask for, and 64 more for each of them. */
const freeSymbols = 2 ** 22;
const symbolsPerByte = 64;

/** Codes integers, floats or text without loss: `decode(encode(data, step))` has the same type and the same bits. huffman, rans and horner
 *  take integers and text, planes, zstd and delta floats as well. Throws `OptionError` for data of another type and for symbols that the
 *  coder cannot take. The data are not changed. */
export function encode(data: IntegerArray | FloatArray | string, step: Step, options: EncodeOptions = {}): Encoded {
  const coder = coderOf(step);
  checkOptionNames("encode", options, ["base"]);
  const tag = typeof data === "string" ? "string" : Object.prototype.toString.call(data).slice(8, -1);
  const number = arrayTypes.findIndex((entry) => entry.name === tag);
  if (number < 0)
    throw new OptionError(
      `encode(): it takes ${arrayTypes.map((entry) => entry.name).join(", ")}; quantize() gives such codes`,
    );
  const type = arrayTypes[number];
  const array = typeof data === "string" ? unitsOf(data) : data;
  const form = coder.formFor(step, array.length);
  if (type.minimum === undefined && !("encodeBytes" in form))
    throw new OptionError(
      `encode(): ${coder.kind}() takes integers and text; planes({ coder: ${coder.kind}() }) takes a ${type.name}`,
    );
  const writer = new ByteWriter();
  writeHead(writer, form.id, number, array.length);
  const counted = countSymbols(type.minimum === undefined ? [] : array);
  let payloadBits = 0;
  if ("encodeBytes" in form) {
    const base = baseOf(options.base, array.byteLength);
    if (array.length > 0) payloadBits = form.encodeBytes(sourceOfBytes(bytesOf(array)), type, step, writer, { base });
  } else if (array.length > 0) payloadBits = form.encode(array as IntegerArray, step, writer, counted);
  const bytes = writer.finish();
  const bits = bytes.length * 8;
  return {
    step,
    label: coder.label(step),
    bytes,
    symbols: array.length,
    bits,
    payloadBits,
    bitsPerSymbol: array.length === 0 ? 0 : bits / array.length,
    entropyBits:
      type.minimum === undefined ? planeEntropyOf(bytesOf(array), type.width) : entropyOfCounts(counted.counts),
  };
}

/** What `encode(bytes, step).bytes` is of the bytes that the source gives, and the coder's memory does not grow with them; what it gives may
 *  lie at the beginning of a larger buffer. The step's coder takes bytes. */
export function encodeSource(source: ByteSource, step: Step): Uint8Array {
  // Bytes that do not get fewer take no more than a thousandth besides.
  const writer = new ByteWriter(source.length + Math.ceil(source.length / 1000) + 1024);
  writeSource(source, step, writer);
  return writer.finish();
}

/** The same, or what `encode` gives of integers in an array of the class `name`, their own unless told, at the end of a file. */
export function encodeToFile(
  data: IntegerArray | ByteSource,
  step: Step,
  file: SpillFile,
  name = data.constructor.name,
): SpilledArray {
  const writer = new ByteWriter(0, file);
  if (ArrayBuffer.isView(data)) writeIntegers(data, step, writer, name);
  else writeSource(data, step, writer);
  return writer.finishInFile(file);
}

function writeIntegers(data: IntegerArray, step: Step, writer: ByteWriter, name: string): void {
  const form = coderOf(step).formFor(step, data.length);
  const number = arrayTypes.findIndex((type) => type.name === name);
  const type = arrayTypes[number];
  writeHead(writer, form.id, number, data.length);
  if (data.length === 0) return;
  if ("encodeBytes" in form) form.encodeBytes(sourceOfIntegers(data, type), type, step, writer, {});
  else form.encode(data, step, writer, countSymbols(data));
}

/** The bytes of integers in an array of that type. */
function sourceOfIntegers(data: IntegerArray, type: ArrayType): ByteSource {
  if (type.name === data.constructor.name) return sourceOfBytes(bytesOf(data));
  const { width } = type;
  return {
    length: width * data.length,
    part(from, to) {
      const first = Math.floor(from / width);
      const own = type.create(Math.ceil(to / width) - first);
      own.set(data.subarray(first, first + own.length));
      return bytesOf(own).subarray(from - first * width, to - first * width);
    },
  };
}

function writeSource(source: ByteSource, step: Step, writer: ByteWriter): void {
  const form = coderOf(step).formFor(step, source.length);
  if (!("encodeBytes" in form)) throw new OptionError(`encode(): ${step.kind}() takes no bytes`);
  const number = arrayTypes.findIndex(({ name }) => name === "Uint8Array");
  writeHead(writer, form.id, number, source.length);
  if (source.length > 0) form.encodeBytes(source, arrayTypes[number], step, writer, {});
}

function writeHead(writer: ByteWriter, form: number, type: number, length: number): void {
  for (const byte of magic) writer.byte(byte);
  writer.byte(form);
  writer.byte(type);
  writer.varint(length);
}

const bytesOf = (array: IntegerArray | FloatArray): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function baseOf(base: unknown, byteLength: number): Uint8Array | undefined {
  if (base === undefined) return undefined;
  if (!ArrayBuffer.isView(base) || base.byteLength !== byteLength)
    throw new OptionError(
      `encode(): the base has ${ArrayBuffer.isView(base) ? `${base.byteLength} bytes` : "no bytes"}; it takes an array of the data's ${byteLength}`,
    );
  return new Uint8Array(base.buffer, base.byteOffset, base.byteLength);
}

/** Σ H over the byte planes of floats, in bits per element. */
function planeEntropyOf(bytes: Uint8Array, width: number): number {
  const layout = layoutOf(layoutCodeOf(width === 4 ? "F32" : "F64", bytes.length));
  return splitIntoPlanes(bytes, layout).reduce((sum, plane) => sum + entropyOfCounts(countSymbols(plane).counts), 0);
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < units.length; i++) units[i] = text.charCodeAt(i);
  return units;
}

/** Gives back what `encode` took, from its result or from the bytes alone. Throws `FormatError` for bytes that are not exactly what
 *  `encode` writes, for another base than the one that was used, and for more than `maximumSymbols` symbols. */
export function decode(encoded: Encoded | Uint8Array, options: DecodeOptions = {}): IntegerArray | FloatArray | string {
  checkOptionNames("decode", options, ["name", "maximumSymbols", "base"]);
  const bytes = ArrayBuffer.isView(encoded) ? encoded : encoded.bytes;
  const usual = ArrayBuffer.isView(encoded) ? freeSymbols + symbolsPerByte * bytes.length : encoded.symbols;
  const limit = checkNumber("decode", "maximumSymbols", options.maximumSymbols ?? Math.min(2 ** 32, usual), {
    minimum: 0,
    maximum: 2 ** 32,
    integer: true,
  });
  const reader = ByteReader.open(bytes, options.name ?? "encoded data");
  const found = stored.get(reader.byte());
  if (!found)
    return reader.fail(
      `coder ${reader.bytes[4]}`,
      [...stored].map(([id, { coder }]) => `${id} (${coder.kind})`).join(", "),
      4,
    );
  const { coder, form } = found;
  const type = arrayTypes[reader.byte()];
  if (!type) return reader.fail(`array type ${reader.bytes[5]}`, `0 to ${arrayTypes.length - 1}`, 5);
  const count = reader.varint("the number of symbols", limit);
  let values = type.create(0);
  // Called when the coder has seen that the bytes hold so many.
  const create = (): IntegerArray | FloatArray => (values = type.create(count));
  if ("decodeBytes" in form) {
    const base = options.base && bytesOf(options.base);
    if (count > 0) form.decodeBytes(reader, count * type.width, () => bytesOf(create()), { base });
  } else {
    const { minimum, maximum } = type;
    if (minimum === undefined || maximum === undefined)
      return reader.fail(`${type.name} by ${coder.kind}`, "an array of integers", 5);
    if (count > 0) form.decode(reader, count, { minimum, maximum }, () => create() as IntegerArray);
  }
  if (reader.left > 0) return reader.fail(`${reader.left} bytes are left over`, "the checksum");
  return type.name === "string" ? textOf(values as Uint16Array) : values;
}

/** How many symbols encoded bytes give out, by their head alone. `FormatError` for bytes that do not begin as `encode` writes them. */
export function encodedLength(bytes: Uint8Array, name: string): number {
  const reader = ByteReader.open(bytes, name);
  reader.byte();
  reader.byte();
  return reader.varint("the number of symbols", 2 ** 32);
}

function textOf(units: Uint16Array): string {
  let text = "";
  for (let i = 0; i < units.length; i += 8192) text += String.fromCharCode(...units.subarray(i, i + 8192));
  return text;
}

/** A short text for a coding step: "huffman". */
export function coderLabel(step: Step): string {
  return coderOf(step).label(step);
}
