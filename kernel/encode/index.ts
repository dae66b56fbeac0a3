/** Lossless coding of integers and text, for teaching, for tests and for `compress()`. The coders are registered here by kind. */
import { OptionError } from "../errors";
import { entropyOfCodes } from "../measure/entropy";
import { checkNumber, checkOptionNames, nearestWord } from "../options";
import type { Step } from "../tensor/step";
import type { Coder } from "./coder";
import { arrayTypes, ByteReader, ByteWriter, magic, type IntegerArray } from "./container";
import { hornerCoder } from "./horner";
import { huffmanCoder } from "./huffman";
import { ransCoder } from "./rans";

/** Every lossless coder by its `kind`. A coder here takes any step whose kind is its own. */
export const coders: ReadonlyMap<string, Coder> = new Map(
  ([huffmanCoder, hornerCoder, ransCoder] as unknown as Coder[]).map((coder) => [coder.kind, coder]),
);

/** The coder of a step; throws `OptionError` when its kind is none. */
export function coderOf(step: Step): Coder {
  const coder = coders.get(step.kind);
  if (coder) return coder;
  const kinds = [...coders.keys()];
  const guess = nearestWord(String(step.kind), kinds);
  throw new OptionError(
    `encode(): "${String(step.kind)}" is no lossless coder; ${guess ? `did you mean "${guess}"?` : `there are ${kinds.join(", ")}`}`,
  );
}

/** An array after lossless coding. */
export interface Encoded {
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
  /** Order-0 entropy of the symbols in bits per symbol: what no coder of single symbols beats. */
  readonly entropyBits: number;
}

/** Symbols that `decode` gives out at most unless told: what a few foreign bytes may ask for. */
export const defaultMaximumSymbols = 2 ** 28;

/** Codes integers or text without loss: `decode(encode(data, step))` has the same type and the same values. Throws `OptionError` for
 *  data of another type and for symbols that the coder cannot take. The data are not changed. */
export function encode(data: IntegerArray | string, step: Step): Encoded {
  const coder = coderOf(step);
  const tag = typeof data === "string" ? "string" : Object.prototype.toString.call(data).slice(8, -1);
  const type = arrayTypes.findIndex((entry) => entry.name === tag);
  if (type < 0)
    throw new OptionError(
      `encode(): it takes ${arrayTypes.map((entry) => entry.name).join(", ")}; quantize() gives such codes`,
    );
  const symbols = typeof data === "string" ? unitsOf(data) : data;
  const writer = new ByteWriter();
  for (const byte of magic) writer.byte(byte);
  writer.byte(coder.id);
  writer.byte(type);
  writer.varint(symbols.length);
  const payloadBits = symbols.length === 0 ? 0 : coder.encode(symbols, step, writer);
  const bytes = writer.finish();
  const bits = bytes.length * 8;
  return {
    step,
    label: coder.label(step),
    bytes,
    symbols: symbols.length,
    bits,
    payloadBits,
    bitsPerSymbol: symbols.length === 0 ? 0 : bits / symbols.length,
    entropyBits: entropyOfCodes(symbols),
  };
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < units.length; i++) units[i] = text.charCodeAt(i);
  return units;
}

/** Gives back what `encode` took, from its result or from the bytes alone. `name` is used in errors. Throws `FormatError` for bytes that
 *  are not exactly what `encode` writes, and for more than `maximumSymbols` (2^28 unless told) symbols. */
export function decode(
  encoded: Encoded | Uint8Array,
  options: { name?: string; maximumSymbols?: number } = {},
): IntegerArray | string {
  checkOptionNames("decode", options, ["name", "maximumSymbols"]);
  const limit = checkNumber("decode", "maximumSymbols", options.maximumSymbols ?? defaultMaximumSymbols, {
    minimum: 0,
    maximum: 2 ** 32,
    integer: true,
  });
  const reader = new ByteReader(ArrayBuffer.isView(encoded) ? encoded : encoded.bytes, options.name ?? "encoded data");
  const id = reader.byte();
  const coder = [...coders.values()].find((entry) => entry.id === id);
  if (!coder) return reader.fail(`coder ${id}`, "1 (huffman), 2 (horner) or 3 (rans)", 4);
  const type = arrayTypes[reader.byte()];
  if (!type) return reader.fail(`array type ${reader.bytes[5]}`, `0 to ${arrayTypes.length - 1}`, 5);
  const count = reader.varint("the number of symbols", limit);
  let values: IntegerArray | undefined;
  if (count > 0) {
    let at = 0;
    coder.decode(reader, count, type, (piece) => {
      // the coder has checked the count against the bytes by the time it hands on its first piece
      values ??= type.create(count);
      values.set(piece, at);
      at += piece.length;
    });
  }
  if (reader.offset !== reader.end)
    return reader.fail(`${reader.end - reader.offset} bytes are left over`, "the checksum");
  values ??= type.create(0);
  return type.name === "string" ? textOf(values) : values;
}

function textOf(units: IntegerArray): string {
  let text = "";
  for (let i = 0; i < units.length; i += 8192) text += String.fromCharCode(...units.subarray(i, i + 8192));
  return text;
}

/** A short text for a coding step: "huffman". */
export function coderLabel(step: Step): string {
  return coderOf(step).label(step);
}

export type { Coder } from "./coder";
export type { IntegerArray } from "./container";
export { horner, hornerCoder, hornerWord, type HornerOptions, type HornerStep } from "./horner";
export { huffman, huffmanCoder, type HuffmanOptions, type HuffmanStep } from "./huffman";
export { rans, ransCoder, type RansOptions, type RansStep } from "./rans";
export { pack, unpack, verify, type ArchiveOptions, type ArchiveSummary } from "./archive";
